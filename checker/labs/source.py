"""The parts of a lab.md in their order: text, headings, fences, hints."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.formats.markdown import Fence, Heading, scan_markdown

HINT = re.compile(r"\?\?\?\+? hint\b.*")


@dataclass(frozen=True)
class Part:
    """Some lines of the file: a heading, a fence, a hint, or mere text.

    `text` is what the lines say: a hint without its mark and indent, all else as it is written.
    """

    line: int
    text: str
    heading: Heading | None = None
    fence: Fence | None = None
    hint: bool = False


def split_parts(path: Path, text: str, first_line: int) -> Iterator[Part]:
    """Yield the parts of a lab.md from FIRST_LINE on, after its front matter.

    Raises:
        CourseError: A fence is not closed, or what stands in braces is malformed.
    """
    fences, headings = scan_markdown(text, path)
    fence_at = {fence.line: fence for fence in fences}
    heading_at = {heading.line: heading for heading in headings}
    lines = text.split("\n")
    number = first_line
    while number <= len(lines):
        end = find_part_end(lines, number, fence_at)
        raw = "\n".join(lines[number - 1 : end])
        if HINT.fullmatch(lines[number - 1]):
            hint = textwrap.dedent(raw.partition("\n")[2]).strip()
            yield Part(number, hint, hint=True)
        else:
            yield Part(number, raw, heading_at.get(number), fence_at.get(number))
        number = end + 1


def find_part_end(lines: list[str], number: int, fence_at: dict[int, Fence]) -> int:
    """Return the last line of the part that begins on line NUMBER.

    A hint takes all that is indented.
    """
    if number in fence_at:
        return fence_at[number].end
    if not HINT.fullmatch(lines[number - 1]):
        return number
    end = number
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith("    ")):
        end += 1
    return end
