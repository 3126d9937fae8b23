"""The rules that every page keeps, found without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from checker.base import course
from checker.base.errors import CourseError
from checker.formats import compose_practice
from checker.formats.markdown import Heading
from checker.pages.parsing.fences import Page, parse
from checker.pages.reporting.results import shown
from checker.pages.running.validate import COMPOSE_FILE

FIRST_SECTION = "What you will be able to do"
LAST_SECTIONS = ("Clean up", "What next")
REQUIRED = ("title", "engine", "minutes")
OLD_COMPOSE = re.compile(r"(^|[;&|(])\s*(sudo\s+)?docker-compose\s")
"""The first Compose, as a command; not a file or a package of that name."""


@dataclass(frozen=True)
class Finding:
    """A rule that is not kept, and where."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Count:
    """How many commands a page has, and how many of them could be found wrong by their output."""

    commands: int
    asserting: int


def lint(path: Path) -> list[Finding]:
    """What is wrong with a page; nothing if it keeps the rules."""
    try:
        page = parse(path)
    except CourseError as error:
        return [_malformed(path, error)]
    findings = [*_asserts(page), *_lab(page), *_surroundings(page), *_compose(page)]
    if course.is_chapter(path):
        findings += [*_front_matter(page), *_title(page), *_sections(page)]
    return sorted(findings, key=lambda finding: finding.line)


def count(page: Page) -> Count:
    """How much a page asserts."""
    statements = [
        each for block in page.blocks for top in block.statements for each in (top, *top.replies)
    ]
    return Count(len(statements), sum(each.asserts() for each in statements))


def _malformed(path: Path, error: CourseError) -> Finding:
    """The error's own place, where its message begins with one."""
    text = str(error)
    place = re.match(rf"{re.escape(str(path))}:(\d+): ", text)
    return Finding(path, int(place[1]) if place else 1, text[place.end() :] if place else text)


def _asserts(page: Page) -> Iterator[Finding]:
    found = count(page)
    if found.commands and not found.asserting:
        yield Finding(
            page.path,
            next(block.line for block in page.blocks if block.statements),
            "the blocks of this page assert nothing: every output is '...' or '[..]'.",
        )


def _lab(page: Page) -> Iterator[Finding]:
    lab = page.matter.lab
    if lab and lab not in course.labs():
        yield Finding(page.path, page.matter.lines["lab"], f"there is no lab {lab!r}.")


def _surroundings(page: Page) -> Iterator[Finding]:
    """Without empty lines Markdown takes a block for a part of the paragraph beside it."""
    lines = page.text.split("\n")
    ends = {block.fence.end for block in page.blocks}
    for block in page.blocks:
        before, after = lines[block.line - 2 : block.line - 1], lines[block.fence.end :][:1]
        opened = before and _opens(before[0], block.fence.indent)
        if before and before[0].strip() and not opened and block.line - 1 not in ends:
            yield Finding(page.path, block.line, "an empty line must stand before a block.")
        if after and after[0].strip() and after[0].startswith(block.fence.indent):
            yield Finding(page.path, block.fence.end, "an empty line must stand after a block.")


def _opens(line: str, indent: str) -> bool:
    """Whether the line begins what the block is indented in: an admonition, a tab, a list item."""
    return len(line) - len(line.lstrip()) < len(indent) or line.rstrip() == "---"


def _compose(page: Page) -> Iterator[Finding]:
    """Bad practice is shown in files of other names, such as old.yaml, that say so in the text."""
    for block in page.blocks:
        for statement in block.statements:
            if OLD_COMPOSE.search(statement.text):
                message = "`docker-compose` is the first Compose; say `docker compose`."
                yield Finding(page.path, statement.line, message)
        if block.title and COMPOSE_FILE.fullmatch(PurePosixPath(block.title).name):
            for message in _practice(block.content):
                yield Finding(page.path, block.line, f"{block.title}: {message}")


def _practice(text: str) -> list[str]:
    try:
        documents = [each for each in yaml.safe_load_all(text) if isinstance(each, dict)]
    except yaml.YAMLError:
        return []  # an illustration of a mistake; the syntax of files is judged where they are read
    return [message for each in documents for message in compose_practice.findings(each)]


def _front_matter(page: Page) -> Iterator[Finding]:
    for name in REQUIRED:
        if name not in page.matter.lines:
            yield Finding(page.path, 1, f"the front matter of a chapter must say its {name}.")


def _title(page: Page) -> Iterator[Finding]:
    titles = [heading for heading in page.headings if heading.level == 1]
    if len(titles) != 1:
        line = titles[1].line if titles else 1
        yield Finding(page.path, line, "a chapter has exactly one heading of the first level.")
    elif titles[0].title != page.matter.title:
        message = f"the heading {titles[0].title!r} must be the title {page.matter.title!r}."
        yield Finding(page.path, titles[0].line, message)


def _sections(page: Page) -> Iterator[Finding]:
    sections = [heading for heading in page.headings if heading.level == 2]
    names = [heading.title for heading in sections]
    for name in (FIRST_SECTION, *LAST_SECTIONS):
        if names.count(name) != 1:
            yield Finding(page.path, 1, f"a chapter has one section {name!r}.")
    if set(names) >= {FIRST_SECTION, *LAST_SECTIONS}:
        yield from _order(page, sections)


def _order(page: Page, sections: list[Heading]) -> Iterator[Finding]:
    names = [heading.title for heading in sections]
    if names[0] != FIRST_SECTION:
        yield Finding(page.path, sections[0].line, f"{FIRST_SECTION!r} must be the first section.")
    if tuple(names[-2:]) != LAST_SECTIONS:
        yield Finding(page.path, sections[-1].line, "'Clean up' and 'What next' must be the last.")
    if len(names) == 1 + len(LAST_SECTIONS):
        yield Finding(page.path, sections[0].line, "there is no lesson between the fixed sections.")
