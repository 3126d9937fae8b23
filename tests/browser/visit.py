"""What a browser test holds in its hands."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page


@dataclass
class Course:
    """A running course: its address with the token, and the environment it was started in."""

    url: str
    environment: dict[str, str]

    def at(self, path: str) -> str:
        """The address of a page, or of anything else on the server."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{path}"


@dataclass
class Visit:
    """A browser window with all that went on in it."""

    context: BrowserContext
    course: Course
    asked: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def open(self, path: str = "/course/") -> Page:
        page = self.context.new_page()
        page.goto(self.course.at(path), wait_until="networkidle")
        return page

    def elsewhere(self) -> list[str]:
        """What was asked of another host than this machine."""
        return [url for url in self.asked if urlsplit(url).hostname != "127.0.0.1"]
