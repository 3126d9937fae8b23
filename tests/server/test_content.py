"""The course's own site: every page can be reached, and every link leads somewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

from checker.base import course, paths
from checker.server import site

BASE = "http://127.0.0.1:8888/course/"


class Page(HTMLParser):
    """What a built page holds: ids, links, and what a browser would fetch for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.fetched: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon"):
            self.fetched.add(given["href"])
        elif "src" in given:
            self.fetched.add(given["src"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    made = tmp_path_factory.mktemp("built")
    site.write_site(made, site.API)
    return made


@pytest.fixture(scope="module")
def built(folder: Path) -> dict[str, Page]:
    """Every page by its address."""
    return {_address(file, folder): Page(file.read_text()) for file in folder.rglob("*.html")}


def _address(file: Path, folder: Path) -> str:
    return urljoin(BASE, str(file.relative_to(folder)).removesuffix("index.html"))


def test_every_page_and_lab_is_in_the_navigation() -> None:
    nav = re.findall(r"[\w/.-]+\.md$", (paths.root() / "mkdocs.yml").read_text(), re.M)
    pages = [str(page.relative_to(paths.docs())) for page in course.list_pages()]
    assert sorted(nav) == sorted([*pages, *(f"labs/{name}.md" for name in course.list_labs())])


def test_every_link_within_the_course_leads_to_something(
    built: dict[str, Page], folder: Path
) -> None:
    schemas = {_address(file, folder) for file in folder.rglob("*.schema.json")}
    dead = []
    for address, page in built.items():
        for link in page.links:
            target, _, fragment = urljoin(address, link).partition("#")
            if not target.startswith(BASE) or not link or target in schemas:
                continue
            there = built.get(target)
            if there is None or (fragment and unquote(fragment) not in there.ids):
                dead.append(f"{address} -> {link}")
    assert sorted(dead) == []


def test_no_page_fetches_anything_from_another_host(built: dict[str, Page]) -> None:
    assert all(page.fetched for page in built.values())
    hosts = {
        urlsplit(urljoin(BASE, each)).netloc for page in built.values() for each in page.fetched
    }
    assert hosts == {"127.0.0.1:8888"}


def test_the_map_on_the_home_page_leads_to_every_chapter_and_lab(built: dict[str, Page]) -> None:
    linked = {urljoin(BASE, link) for link in built[BASE].links}
    chapters = [page for page in course.list_pages() if course.is_chapter(page)]
    wanted = [str(page.relative_to(paths.docs()).with_suffix("")) for page in chapters]
    assert wanted
    for name in (*wanted, *(f"labs/{lab}" for lab in course.list_labs())):
        assert f"{BASE}{name}/" in linked
