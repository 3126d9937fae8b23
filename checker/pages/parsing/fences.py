"""A page as its author wrote it: front matter, headings and blocks, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown.extensions.toc import slugify

from checker.base.errors import CourseError
from checker.formats.markdown import Fence, Heading, scan
from checker.pages.comparing.match import CAPTURE, REUSE, TYPES
from checker.pages.parsing import page_front_matter
from checker.pages.parsing.blocks import Block, block
from checker.pages.parsing.page_front_matter import FrontMatter
from checker.pages.parsing.transcript import Statement

__all__ = ["Block", "Fence", "Heading", "Page", "Statement", "parse", "scan"]

USES_FOLDER = re.compile(
    r"docker( image| buildx| builder)? build\b|docker compose\b"
    r"|\$\{?PWD\b|\$\(pwd\)|(?:\s|=)\.(?:/|:|\s|,|$)"
)
"""Commands that take the workspace as a whole, so that every file in it is used."""


@dataclass(frozen=True)
class Page:
    """A page, in the order of its lines."""

    path: Path
    text: str
    matter: FrontMatter
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]

    @property
    def engine(self) -> str:
        """The engine it needs; a page that does not say it needs Docker where it names it."""
        if self.matter.engine:
            return self.matter.engine
        return "docker" if any("docker" in each.text for each in self.statements()) else "none"

    def statements(self) -> Iterator[Statement]:
        """All that is run, tty replies left out."""
        return (statement for block in self.blocks for statement in block.statements)


def parse(path: Path, text: str | None = None) -> Page:
    """Read a page.

    Args:
        path: The Markdown file.
        text: Its content, where it need not be read from the file.

    Raises:
        CourseError: Something in it is malformed; file and line are named.
    """
    content = _read(path) if text is None else text
    front = page_front_matter.read(path, content)
    fences, headings = scan(content, path)
    page = Page(path, content, front, tuple(headings), tuple(block(each) for each in fences))
    _judge_ids(page)
    _judge_captures(page)
    _judge_files(page)
    return page


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read.", found=str(error)) from None


def _judge_ids(page: Page) -> None:
    """Ids become the HTML's, where headings have some already."""
    seen: dict[str, int] = {}
    for heading in page.headings:
        seen.setdefault(heading.id or slugify(heading.title, "-"), heading.line)
    for each in page.blocks:
        if each.id in seen:
            raise each.fence.wrong(
                f"the id {each.id!r} is taken already, on line {seen[each.id]}.",
                next_step="Give this block an id of its own.",
            )
        if each.id:
            seen[each.id] = each.line


def _judge_captures(page: Page) -> None:
    """Names are captured before they are used; other words in angle brackets are just text."""
    first: dict[str, int] = {}
    for line, text in _places(page):
        for capture in CAPTURE.finditer(text):
            _judge_type(page, line, capture)
            first.setdefault(capture["name"], line)
    for line, text in _places(page):
        for use in REUSE.finditer(text):
            if line < first.get(use["name"], 0):
                raise CourseError(
                    f"{page.path}:{line}: {use[0]} is used before it is captured.",
                    found=f"it is captured on line {first[use['name']]}",
                )


def _judge_type(page: Page, line: int, capture: re.Match[str]) -> None:
    if capture["type"] not in TYPES:
        raise CourseError(
            f"{page.path}:{line}: {capture[0]} captures an unknown type.",
            expected=", ".join(TYPES),
        )


def _places(page: Page) -> Iterator[tuple[int, str]]:
    """Every line of commands and outputs with its number."""
    for each in page.blocks:
        if each.statements:
            yield from enumerate(each.content.split("\n"), each.line + 1)


def _judge_files(page: Page) -> None:
    """A file that no later command uses proves nothing."""
    for each in page.blocks:
        if each.kind == "file" and not _is_used(page, each):
            raise each.fence.wrong(
                f"no later command on this page uses {each.title}.",
                next_step="Use it, or make the block an illustration with its reason.",
            )


def _is_used(page: Page, file: Block) -> bool:
    name = Path(file.title).name
    stem = Path(file.title).stem if file.title.endswith(".py") else name
    later = (each for each in page.statements() if each.line > file.line)
    return any(
        name in each.text or stem in each.text or USES_FOLDER.search(each.text) for each in later
    )
