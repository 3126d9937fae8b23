"""Writes found output into a page in place of what it expected."""

from __future__ import annotations

from collections.abc import Iterable

from checker.base.errors import CourseError
from checker.pages.comparing.match import split_lines
from checker.pages.parsing.blocks import Block
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.parsing.transcript import Statement

Edit = tuple[Block, Statement, list[str]]


def rewrite_page(page: Page, edits: Iterable[Edit]) -> str:
    """Put new expected lines into a page's text; everything else stays as it is.

    Args:
        page: The page that was run.
        edits: A block of it, a statement of the block, and the lines that it printed.

    Raises:
        CourseError: The new text would not be a page any more: a capture is gone, say.
    """
    lines = page.text.split("\n")
    for block, statement, new in sorted(edits, key=lambda edit: -edit[1].first - edit[0].line):
        first = block.line + statement.first
        count = len(split_lines("\n".join(statement.expected)))
        indent = block.fence.indent
        lines[first : first + count] = [f"{indent}{line}".rstrip() for line in new]
    text = "\n".join(lines)
    try:
        parse_page(page.path, text)
    except CourseError as error:
        message = f"What was found cannot be written into {page.path}."
        raise CourseError(message, found=str(error), next_step="Change the page by hand.") from None
    return text
