"""Every page: no trouble, no request elsewhere, nothing that axe-core finds wrong."""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from checker.server import site
from tests.browser.visit import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

PHONE = {"width": 390, "height": 844}
BRIEF = {"resultTypes": ["violations"], "preload": False}
"""axe-core need not describe thousands of elements that are as they should be: half its time."""


def addresses() -> list[str]:
    """Every page of the built site, the page for what is not there included."""
    folder = site.build_site()
    found = [page.relative_to(folder).parent for page in folder.rglob("index.html")]
    return sorted("/course/" if str(page) == "." else f"/course/{page}/" for page in found)


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core finds wrong by these of its rules; without any, by all of them."""
    chosen = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found = Axe().run(page, options={**BRIEF, **chosen}).response["violations"]
    return [
        f"{page.url}: {each['id']}: {node['html'][:200]}"
        for each in found
        for node in each["nodes"]
    ]


def test_no_page_has_an_accessibility_violation(visit: Visit) -> None:
    page = visit.open()
    wrong: list[str] = []
    for address in addresses():
        page.goto(visit.course.at(address), wait_until="load")
        wrong += violations(page)
    assert wrong == []


@pytest.mark.parametrize("visit", ["dark"], indirect=True)
def test_in_the_dark_every_page_has_enough_contrast(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator("body")).to_have_attribute("data-md-color-scheme", "slate")
    wrong: list[str] = []
    for address in addresses():
        page.goto(visit.course.at(address), wait_until="load")
        wrong += violations(page, "color-contrast", "link-in-text-block")
    assert wrong == []


def test_on_a_phone_nothing_is_cut_off_or_out_of_reach(visit: Visit) -> None:
    page = visit.open()
    page.set_viewport_size(PHONE)
    wrong: list[str] = []
    for address in addresses():
        page.goto(visit.course.at(address), wait_until="load")
        wrong += violations(page, "scrollable-region-focusable")
        width = page.evaluate("document.documentElement.scrollWidth")
        wrong += [f"{address} is {width} pixels wide"] if width > PHONE["width"] else []
    assert wrong == []


def test_a_page_that_is_not_there_leads_back_home(visit: Visit) -> None:
    page = visit.open("/course/nowhere/")
    expect(page.get_by_role("heading", name="404 - Not found")).to_be_visible()
    assert violations(page) == []
    page.locator("header .md-logo").click()
    expect(page).to_have_url(visit.course.at("/course/"))
    visit.troubles.clear()  # the browser itself notes that a page is not there


def test_the_search_finds_a_page_without_asking_anybody(visit: Visit) -> None:
    page = visit.open()
    box = page.get_by_role("textbox", name="Search")
    result = page.locator(".md-search-result__item a").first
    # the search looks when a key goes up, which `fill` does not do
    box.press_sequentially("what survives", delay=20)
    expect(result).to_be_visible()
    result.press("Enter")
    expect(page.locator("article h1")).to_be_visible()


def test_copy_takes_the_commands_without_prompts_and_output(visit: Visit) -> None:
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visit.open("/course/docker/everyday-commands/")
    block = page.locator(".block-console").first
    wanted = block.locator("[data-command]:not(.block-reply)").evaluate_all(
        "all => all.map(each => each.dataset.command).join('\\n')"
    )
    button = block.get_by_role("button", name="Copy")
    button.focus()
    page.keyboard.press("Enter")
    expect(block.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == wanted
    assert wanted


def test_a_quiz_is_answered_by_keyboard_and_says_why(visit: Visit) -> None:
    page = visit.open("/course/docker/everyday-commands/")
    quiz = page.locator("form[data-quiz=one]").first
    check = quiz.get_by_role("button", name="Check")
    check.press("Enter")
    expect(quiz.get_by_role("status")).to_have_text("Choose an answer first.")
    wrong = quiz.locator("[data-correct=false]").first
    wrong.get_by_role("radio").press("Space")
    check.press("Enter")
    expect(quiz.get_by_role("status")).to_have_text("Not quite. Try again.")
    expect(wrong.locator("[data-quiz-why]")).to_be_visible()
    quiz.locator("[data-correct=true]").get_by_role("radio").press("Space")
    expect(wrong.locator("[data-quiz-why]")).to_be_hidden()
    check.press("Enter")
    expect(quiz.get_by_role("status")).to_have_text("Right.")
    assert violations(page) == []


def test_light_and_dark_can_be_chosen_and_are_kept(visit: Visit) -> None:
    page = visit.open()
    body = page.locator("body")
    expect(body).to_have_attribute("data-md-color-scheme", "default")
    page.get_by_title("Colours: as the system. Change to light").click()
    page.get_by_title("Colours: light. Change to dark").click()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")
    page.reload()
    expect(body).to_have_attribute("data-md-color-scheme", "slate")


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[str]:
    """The address of a copy of the site on a web server that knows nothing of the course."""
    site.write_site(tmp_path / "course")
    serve = functools.partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/course/"
        server.shutdown()


def test_a_copy_without_the_server_says_how_to_start_the_course(
    browser: Browser, copy: str
) -> None:
    page = browser.new_page()
    troubles: list[str] = []
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.goto(copy, wait_until="networkidle")
    expect(page.locator("[data-course-overall]")).to_contain_text("./course up")
    page.goto(f"{copy}labs/docker/image-and-container/", wait_until="networkidle")
    expect(page.locator(".course-lab")).to_contain_text("./course start docker/image-and-container")
    expect(page.get_by_role("button", name=re.compile("Check|Open|hint"))).to_have_count(0)
    assert troubles == []
    page.close()
