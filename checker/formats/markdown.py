"""Finds fenced blocks and headings in Markdown, by the rules of the site's SuperFences.

A fence may be indented (in a list, a hint, a tab); it is closed by the same mark with the same
indent (pymdownx.superfences, RE_NESTED_FENCE_START and eval_fence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from checker.base.errors import CourseError
from checker.formats.front_matter import count_front_matter_lines

OPENING = re.compile(r"(?P<prefix>[> \t]*)(?P<mark>`{3,}|~{3,})(?P<info>.*)")
INFO = re.compile(r"\s*(?P<language>[\w#.+-]*)\s*(?:\{(?P<attributes>.*)\})?\s*")
HEADING = re.compile(
    r"(?P<marks>#{1,6})\s+(?P<title>.*?)(?:\s+#+)?\s*(?:\{:?(?P<attributes>[^{}]*)\})?\s*"
)
ATTRIBUTE = re.compile(
    r"\s*(?:#(?P<id>[A-Za-z][\w-]*)|\.(?P<cls>[A-Za-z][\w-]*)"
    r'|(?P<key>[A-Za-z][\w-]*)="(?P<value>[^"]*)")(?=\s|$)'
)
IN_LIST = re.compile(r"\s*(?:[-*+]|\d+\.)\s+(?:`{3,}|~{3,})\s*\w*(?:\s*\{.*\})?\s*")


@dataclass(frozen=True)
class Attributes:
    """What stands in braces: `{ #id .class key="value" }`."""

    id: str = ""
    classes: tuple[str, ...] = ()
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fence:
    """A fenced block; `line` and `end` are those of its marks, `content` is without its indent."""

    path: Path
    line: int
    end: int
    indent: str
    language: str
    braces: Attributes
    content: str

    @property
    def id(self) -> str:
        return self.braces.id

    @property
    def classes(self) -> tuple[str, ...]:
        return self.braces.classes

    @property
    def attributes(self) -> dict[str, str]:
        return self.braces.values

    def make_error(
        self, message: str, *, line: int = 0, expected: str = "", next_step: str = ""
    ) -> CourseError:
        """Return the error that names this place; `line` counts in the block's content, from 1."""
        where = f"{self.path}:{self.line + line}"
        return CourseError(f"{where}: {message}", expected=expected, next_step=next_step)


@dataclass(frozen=True)
class Heading:
    """A heading; `id` only where its braces give one."""

    line: int
    level: int
    title: str
    braces: Attributes

    @property
    def id(self) -> str:
        return self.braces.id


def scan_markdown(text: str, path: Path = Path("text")) -> tuple[list[Fence], list[Heading]]:
    """Return all fences and headings of a Markdown text.

    It is the whole file, front matter included, so that lines are counted right.

    Raises:
        CourseError: A fence is not closed, stands in a quotation, or its braces are malformed.
    """
    lines = text.split("\n")
    fences: list[Fence] = []
    headings: list[Heading] = []
    at = count_front_matter_lines(lines)
    while at < len(lines):
        opening = OPENING.fullmatch(lines[at])
        if opening and "`" not in opening["info"]:
            fence = read_fence(path, lines, at, opening)
            fences.append(fence)
            at = fence.end
            continue
        if IN_LIST.fullmatch(lines[at]):  # a reader would take it for a block that is run
            raise CourseError(
                f"{path}:{at + 1}: a block cannot begin on the line of a list item.",
                next_step="Begin it on a line of its own, indented by four spaces.",
            )
        if heading := HEADING.fullmatch(lines[at]):
            braces = parse_attributes(heading["attributes"] or "", path, at + 1)
            headings.append(Heading(at + 1, len(heading["marks"]), heading["title"], braces))
        at += 1
    return fences, headings


def parse_attributes(text: str, path: Path, line: int) -> Attributes:
    """Read what stands between braces.

    Raises:
        CourseError: It is not a list of `#id`, `.class` and `key="value"`, or says one twice.
    """
    identity, classes, values = "", list[str](), dict[str, str]()
    at, text = 0, text.rstrip()
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        if not match:
            raise CourseError(
                f"{path}:{line}: the braces are not understood.",
                expected='{ #id .class key="value" }, every value in double quotes',
                found=text[at:].strip(),
            )
        if match["key"] in values or (match["id"] and identity):
            raise CourseError(f"{path}:{line}: {match[0].strip()} is given a second time.")
        if match["id"]:
            identity = match["id"]
        elif match["cls"]:
            classes.append(match["cls"])
        else:
            values[match["key"]] = match["value"]
        at = match.end()
    return Attributes(identity, tuple(classes), values)


def read_fence(path: Path, lines: list[str], at: int, opening: re.Match[str]) -> Fence:
    """Read the fence that opens on a line, the first being line 0.

    Raises:
        CourseError: It is not closed, stands in a quotation, or its first line is malformed.
    """
    line, prefix = at + 1, opening["prefix"]
    if ">" in prefix:
        raise CourseError(
            f"{path}:{line}: a block in a quotation is not run.",
            next_step="Take it out of the quotation, or indent it in an admonition (!!! note).",
        )
    info = INFO.fullmatch(opening["info"])
    if not info:
        raise CourseError(
            f"{path}:{line}: the first line of this block is not understood.",
            expected='``` language { #id key="value" }',
            found=lines[at].strip(),
        )
    braces = parse_attributes(info["attributes"] or "", path, line)
    end = find_closing(path, lines, at, prefix, opening["mark"])
    content = "\n".join(each[len(prefix) :] for each in lines[at + 1 : end])
    return Fence(path, line, end + 1, prefix, info["language"], braces, content)


def find_closing(path: Path, lines: list[str], at: int, prefix: str, mark: str) -> int:
    """Find the line that closes the fence that opens on line AT, the first being line 0."""
    for number in range(at + 1, len(lines)):
        line = lines[number].rstrip()
        if line == prefix + mark:
            return number
        if line and not line.startswith(prefix):
            raise CourseError(
                f"{path}:{number + 1}: this line is indented less than its block.",
                found=line,
                next_step=f"The block began on line {at + 1}; indent all of it alike, or close it.",
            )
    raise CourseError(
        f"{path}:{at + 1}: this block is never closed.",
        expected=f"a line {mark} with the same indent",
        next_step="Close it with exactly the mark that opened it.",
    )
