"""The parts of a lab.md in their order: text, headings, fences, hints."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from checker.errors import CourseError

FENCE = re.compile(r"(?P<indent> *)(?P<mark>`{3,}|~{3,})\s*(?P<info>.*)")
HEADING = re.compile(r"(?P<level>#{1,6}) +(?P<title>.*?)\s*(?:\{(?P<attributes>[^{}]*)\})?\s*")
WORD = re.compile(r'#(?P<id>[\w-]+)|\.(?P<cls>[\w-]+)|(?P<key>[\w-]+)="(?P<value>[^"]*)"')
HINT = re.compile(r"\?\?\?\+? hint\b.*")


@dataclass(frozen=True)
class Text:
    """A line that is nothing else."""

    raw: str
    line: int


@dataclass(frozen=True)
class Heading:
    """A heading with what stands in its braces."""

    raw: str
    line: int
    level: int
    title: str
    id: str
    attributes: dict[str, str]


@dataclass(frozen=True)
class Fence:
    """A fenced block; `raw` includes its marks."""

    raw: str
    line: int
    kind: str
    classes: tuple[str, ...]
    content: str


@dataclass(frozen=True)
class Hint:
    """A `??? hint` with its indented text."""

    line: int
    text: str


def split(path: Path, body: str, first_line: int) -> list[Text | Heading | Fence | Hint]:
    """The parts of BODY, which begins at FIRST_LINE of the file at PATH.

    Raises:
        CourseError: A fence is not closed, or braces hold something else than `#id .class k="v"`.
    """
    lines = body.split("\n")
    parts: list[Text | Heading | Fence | Hint] = []
    at = 0
    while at < len(lines):
        part, used = _part(path, lines, at, first_line + at)
        parts.append(part)
        at += used
    return parts


def _part(
    path: Path, lines: list[str], at: int, number: int
) -> tuple[Text | Heading | Fence | Hint, int]:
    line = lines[at]
    if match := FENCE.fullmatch(line):
        return _fence(path, match, lines, at, number)
    if HINT.fullmatch(line):
        return _hint(lines, at, number)
    if match := HEADING.fullmatch(line):
        name, _, attributes = _attributes(path, number, match["attributes"] or "")
        return Heading(line, number, len(match["level"]), match["title"], name, attributes), 1
    return Text(line, number), 1


def _fence(
    path: Path, match: re.Match[str], lines: list[str], at: int, number: int
) -> tuple[Fence, int]:
    for end in range(at + 1, len(lines)):
        closing = lines[end].strip()
        if closing.startswith(match["mark"]) and not closing.strip(match["mark"][0]):
            kind, _, braces = match["info"].partition("{")
            _, classes, _ = _attributes(path, number, braces.rstrip().removesuffix("}"))
            raw = "\n".join(lines[at : end + 1])
            content = "\n".join(lines[at + 1 : end])
            return Fence(raw, number, kind.strip(), classes, content), end + 1 - at
    raise CourseError(f"{path}:{number}: this fence is never closed.")


def _hint(lines: list[str], at: int, number: int) -> tuple[Hint, int]:
    end = at + 1
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith("    ")):
        end += 1
    return Hint(number, textwrap.dedent("\n".join(lines[at + 1 : end])).strip()), end - at


def _attributes(
    path: Path, number: int, braces: str
) -> tuple[str, tuple[str, ...], dict[str, str]]:
    rest = WORD.sub("", braces).strip()
    if rest:
        raise CourseError(
            f"{path}:{number}: {rest!r} is not understood.",
            expected='{ #id .class name="value" }',
        )
    words = list(WORD.finditer(braces))
    name = next((word["id"] for word in words if word["id"]), "")
    classes = tuple(word["cls"] for word in words if word["cls"])
    return name, classes, {word["key"]: word["value"] for word in words if word["key"]}
