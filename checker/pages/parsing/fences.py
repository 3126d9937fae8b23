"""A page as its author wrote it: front matter, headings and blocks, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown.extensions.toc import slugify

from checker.base.errors import CourseError
from checker.formats.markdown import Heading, scan_markdown
from checker.pages.comparing.match import CAPTURE, REUSE, TYPES
from checker.pages.parsing import page_front_matter
from checker.pages.parsing.blocks import Block, parse_block
from checker.pages.parsing.page_front_matter import FrontMatter
from checker.pages.parsing.transcript import Statement

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
    front_matter: FrontMatter
    headings: tuple[Heading, ...]
    blocks: tuple[Block, ...]

    @property
    def engine(self) -> str:
        """The engine it needs; a page that does not say it needs Docker where it names it."""
        if self.front_matter.engine:
            return self.front_matter.engine
        return "docker" if any("docker" in each.text for each in self.statements()) else "none"

    def statements(self) -> Iterator[Statement]:
        """Return all that is run, tty replies left out."""
        return (statement for block in self.blocks for statement in block.statements)

    def numbered_lines(self) -> Iterator[tuple[int, str]]:
        """Yield every line of commands and outputs with its number."""
        for block in self.blocks:
            if block.statements:
                yield from enumerate(block.content.split("\n"), block.line + 1)


def parse_page(path: Path, text: str | None = None) -> Page:
    """Read a page from its file, or from its text where that is at hand.

    Raises:
        CourseError: Something in it is malformed; file and line are named.
    """
    try:
        content = path.read_text(encoding="utf-8") if text is None else text
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read.", found=str(error)) from None
    front = page_front_matter.read_front_matter(path, content)
    fences, headings = scan_markdown(content, path)
    page = Page(path, content, front, tuple(headings), tuple(parse_block(each) for each in fences))
    validate_ids(page)
    validate_captures(page)
    validate_files(page)
    return page


def validate_ids(page: Page) -> None:
    """Refuse ids that are given twice: they become the HTML's, where headings have some already."""
    seen: dict[str, int] = {}
    for heading in page.headings:
        seen.setdefault(heading.id or slugify(heading.title, "-"), heading.line)
    for each in page.blocks:
        if each.id in seen:
            message = f"the id {each.id!r} is taken already, on line {seen[each.id]}."
            raise each.fence.make_error(message, next_step="Give this block an id of its own.")
        if each.id:
            seen[each.id] = each.line


def validate_captures(page: Page) -> None:
    """Refuse names that are used before they are captured, and captures of an unknown type."""
    first: dict[str, int] = {}
    for line, text in page.numbered_lines():
        for capture in CAPTURE.finditer(text):
            if capture["type"] not in TYPES:
                message = f"{page.path}:{line}: {capture[0]} captures an unknown type."
                raise CourseError(message, expected=", ".join(TYPES))
            first.setdefault(capture["name"], line)
    for line, text in page.numbered_lines():
        # Words in angle brackets that are captured nowhere are just text.
        for use in REUSE.finditer(text):
            if line < first.get(use["name"], 0):
                message = f"{page.path}:{line}: {use[0]} is used before it is captured."
                raise CourseError(message, found=f"it is captured on line {first[use['name']]}")


def validate_files(page: Page) -> None:
    """Refuse a file that no later command uses: it proves nothing."""
    for each in page.blocks:
        if each.kind == "file" and not is_used(page, each):
            raise each.fence.make_error(
                f"no later command on this page uses {each.title}.",
                next_step="Use it, or make the block an illustration with its reason.",
            )


def is_used(page: Page, file: Block) -> bool:
    """Tell whether a later command names a file, or takes the whole folder."""
    name = Path(file.title).name
    # Python names a module without its ending.
    stem = Path(file.title).stem if file.title.endswith(".py") else name
    later = (each.text for each in page.statements() if each.line > file.line)
    return any(name in text or stem in text or USES_FOLDER.search(text) for text in later)
