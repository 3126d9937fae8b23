"""Finds fenced blocks and headings in Markdown, by the rules of the site's SuperFences.

A fence may be indented (in a list, a hint, a tab); it is closed by the same mark with the same
indent (pymdownx.superfences, RE_NESTED_FENCE_START and eval_fence).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from checker.base.errors import CourseError

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
    given: Attributes
    content: str

    @property
    def id(self) -> str:
        return self.given.id

    @property
    def classes(self) -> tuple[str, ...]:
        return self.given.classes

    @property
    def attributes(self) -> dict[str, str]:
        return self.given.values

    def wrong(
        self, message: str, *, line: int = 0, expected: str = "", next_step: str = ""
    ) -> CourseError:
        """The error that names this place; `line` counts in the block's content, from 1."""
        where = f"{self.path}:{self.line + line}"
        return CourseError(f"{where}: {message}", expected=expected, next_step=next_step)


@dataclass(frozen=True)
class Heading:
    """A heading; `id` only where its braces give one."""

    line: int
    level: int
    title: str
    given: Attributes

    @property
    def id(self) -> str:
        return self.given.id


def scan(text: str, path: Path = Path("text")) -> tuple[list[Fence], list[Heading]]:
    """All fences and headings of a Markdown text.

    Args:
        text: The whole file, front matter included, so that lines are counted right.
        path: Named in errors.

    Raises:
        CourseError: A fence is not closed, stands in a quotation, or its braces are malformed.
    """
    lines = text.split("\n")
    fences: list[Fence] = []
    headings: list[Heading] = []
    at = front_matter_end(lines)
    while at < len(lines):
        opening = OPENING.fullmatch(lines[at])
        if opening and "`" not in opening["info"]:
            fence = _fence(path, lines, at, opening)
            fences.append(fence)
            at = fence.end
            continue
        _refuse_hidden(path, lines[at], at + 1)
        if heading := HEADING.fullmatch(lines[at]):
            given = attributes(heading["attributes"] or "", path, at + 1)
            headings.append(Heading(at + 1, len(heading["marks"]), heading["title"], given))
        at += 1
    return fences, headings


def front_matter_end(lines: list[str]) -> int:
    """How many lines the front matter takes, its marks included; 0 without one."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:], 2):
        if line.rstrip() == "---":
            return number
    return 0


def attributes(text: str, path: Path, line: int) -> Attributes:
    """Read what stands between braces.

    Raises:
        CourseError: It is not a list of `#id`, `.class` and `key="value"`, or says one twice.
    """
    names: list[str] = []
    classes: list[str] = []
    values: dict[str, str] = {}
    at, text = 0, text.rstrip()
    while at < len(text):
        match = ATTRIBUTE.match(text, at)
        if not match:
            raise _attribute_error(path, line, text[at:].strip())
        if match["key"] in values or (match["id"] and names):
            raise CourseError(f"{path}:{line}: {match[0].strip()} is given a second time.")
        if match["id"]:
            names.append(match["id"])
        elif match["cls"]:
            classes.append(match["cls"])
        else:
            values[match["key"]] = match["value"]
        at = match.end()
    return Attributes("".join(names), tuple(classes), values)


def _attribute_error(path: Path, line: int, found: str) -> CourseError:
    return CourseError(
        f"{path}:{line}: the braces are not understood.",
        expected='{ #id .class key="value" }, every value in double quotes',
        found=found,
    )


def _fence(path: Path, lines: list[str], at: int, opening: re.Match[str]) -> Fence:
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
    given = attributes(info["attributes"] or "", path, line)
    end = _closing(path, lines, at, prefix, opening["mark"])
    content = "\n".join(each[len(prefix) :] for each in lines[at + 1 : end])
    return Fence(path, line, end + 1, prefix, info["language"], given, content)


def _closing(path: Path, lines: list[str], at: int, prefix: str, mark: str) -> int:
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


def _refuse_hidden(path: Path, line: str, number: int) -> None:
    """What a reader takes for a block but the verifier would not see."""
    if IN_LIST.fullmatch(line):
        raise CourseError(
            f"{path}:{number}: a block cannot begin on the line of a list item.",
            next_step="Begin it on a line of its own, indented by four spaces.",
        )
