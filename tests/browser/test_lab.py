"""From the home page to a lab, a failed check, its hint, the fix, and full points."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from checker.labs.lab import Lab, load_lab
from tests.browser.visit import Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FIRST = "docker/image-and-container"
SECONDS = 1000


def panel(page: Page, task: str) -> Locator:
    return page.locator(f".course-task[data-task={task}]")


class Notebook:
    """A notebook in JupyterLab, worked as a learner works it: by keyboard, cell by cell."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.codes = page.locator(".jp-Notebook .jp-CodeCell")
        self.codes.first.wait_for(timeout=60 * SECONDS)
        expect(page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_attached(
            timeout=60 * SECONDS
        )

    def run(self, number: int, text: str | None = None) -> Locator:
        """Run a code cell, with TEXT typed into it first; returns the cell once it is done."""
        cell = self.codes.nth(number)
        cell.locator(".cm-content").click()
        if text is not None:
            self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+Enter")
        done = cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]"))
        done.wait_for(timeout=90 * SECONDS)
        return cell


@pytest.fixture
def lab() -> Lab:
    return load_lab(FIRST)


@pytest.fixture
def roomy(visit: Visit) -> Visit:
    """JupyterLab needs room to show a notebook."""
    visit.context.on("page", lambda page: page.set_viewport_size({"width": 1400, "height": 1000}))
    return visit


def test_from_the_home_page_to_full_points(roomy: Visit, lab: Lab) -> None:
    page = roomy.open()
    total = lab.max_points
    row = page.locator(f"[data-course-points='{FIRST}']")
    expect(row).to_have_text(f"0 of {total} points")

    page.get_by_role("link", name="Start with the first page").click()
    page.get_by_role("link", name="What a container is").last.click()
    page.locator(".course-about").get_by_role("link", name="lab").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(lab.title))

    with roomy.context.expect_page() as opened:
        page.get_by_role("button", name="Open the lab").click()
    notebook = Notebook(opened.value)

    first = panel(page, lab.tasks[0].id)
    first.get_by_role("button", name="Check this task").click()
    result = first.locator(".course-result")
    expect(result).to_contain_text("Not yet: 0 of", timeout=30 * SECONDS)
    for word in ("Expected", "Found", "Next step"):
        expect(result).to_contain_text(word)

    first.focus()
    page.keyboard.press("h")
    expect(first.locator(".course-hints li").first).to_be_visible()
    assert Axe().run(page).violations_count == 0

    for number, task in enumerate(lab.tasks):
        notebook.run(2 * number, "\n".join(code.text for code in task.solution))
    own = notebook.run(1)
    expect(own.locator(".jp-OutputArea")).to_contain_text(lab.tasks[0].title)
    expect(own.locator(".jp-OutputArea")).to_contain_text(f"{lab.tasks[0].points}/")

    first.focus()
    page.keyboard.press("c")
    expect(first.locator(".course-result")).to_contain_text("Passed", timeout=30 * SECONDS)
    page.get_by_role("button", name="Check all tasks").click()
    overall = page.locator(".course-lab .course-result")
    expect(overall).to_contain_text(f"Passed: {total} of {total}", timeout=60 * SECONDS)
    assert Axe().run(page).violations_count == 0

    page.reload(wait_until="networkidle")
    expect(first).to_contain_text("You have passed this task before.")
    page.goto(roomy.course.at("/course/"), wait_until="networkidle")
    expect(row).to_have_text(f"✓ {total} of {total} points")
    expect(page.locator("[data-course-overall]")).to_contain_text(f"You have {total} of")
    expect(page.locator("[data-course-overall]")).to_contain_text("1 of ")


def test_a_lab_that_cannot_be_checked_says_why_and_what_to_do(visit: Visit) -> None:
    page = visit.open(f"/course/labs/{FIRST}/")
    away = {"message": "No engine.", "expected": "", "found": "away", "next_step": "Type up."}
    visit.context.route(
        re.compile("/check$"), lambda route: route.fulfill(status=503, json={"error": away})
    )
    page.get_by_role("button", name="Check all tasks").click()
    result = page.locator(".course-lab .course-result")
    for text in ("Could not check", "No engine.", "away", "Type up."):
        expect(result).to_contain_text(text)
    assert Axe().run(page).violations_count == 0
    visit.troubles.clear()  # the browser itself notes every answer of 503


def test_a_server_that_went_away_is_told_with_what_to_type(visit: Visit) -> None:
    page = visit.open(f"/course/labs/{FIRST}/")
    visit.context.route(re.compile("/course/api/"), lambda route: route.abort())
    page.get_by_role("button", name="Check all tasks").click()
    expect(page.locator(".course-lab")).to_contain_text("./course up")
    visit.troubles.clear()  # the browser itself notes a request without an answer
