"""Writes found output into a page in place of what it expected."""

from __future__ import annotations

from collections.abc import Iterable

from checker.base.errors import CourseError
from checker.pages.comparing.match import lines_of
from checker.pages.parsing.blocks import Block
from checker.pages.parsing.fences import Page, parse
from checker.pages.parsing.transcript import Statement

Edit = tuple[Block, Statement, list[str]]


def rewrite(page: Page, edits: Iterable[Edit]) -> str:
    """The page's text with new expected lines; everything else stays as it is.

    Raises:
        CourseError: The new text would not be a page any more: a capture is gone, say.
    """
    lines = page.text.split("\n")
    for block, statement, new in sorted(edits, key=lambda edit: -edit[1].first - edit[0].line):
        first = block.line + statement.first
        count = len(lines_of("\n".join(statement.expected)))
        indent = block.fence.indent
        lines[first : first + count] = [f"{indent}{line}".rstrip() for line in new]
    text = "\n".join(lines)
    try:
        parse(page.path, text)
    except CourseError as error:
        raise CourseError(
            f"What was found cannot be written into {page.path}.",
            found=str(error),
            next_step="Change the page by hand.",
        ) from None
    return text
