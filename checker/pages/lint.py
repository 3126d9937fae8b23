"""The rules that every page keeps, found without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from checker.base import course
from checker.base.errors import CourseError
from checker.formats.compose_practice import find_bad_practice
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.reporting.results import shorten_path
from checker.pages.running.validate import COMPOSE_FILE

FIRST_SECTION = "What you will be able to do"
LAST_SECTIONS = ("Clean up", "What next")
REQUIRED = ("title", "engine", "minutes")
OLD_COMPOSE = re.compile(r"(^|[;&|(])\s*(sudo\s+)?docker-compose\s")
"""The first Compose, as a command; not a file or a package of that name."""


WORDS_A_MINUTE = 150
MINUTES_A_COMMAND = 0.5
"""To type it, to wait for it, and to look at what it printed."""

MINUTES_A_QUIZ = 1.0
MINUTES_A_PREDICTION = 0.5
PREDICTION = re.compile(r"\bPredict\b")
STEP_MINUTES = 5


@dataclass(frozen=True)
class Finding:
    """A rule that is not kept, and where."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{shorten_path(self.path)}:{self.line}: {self.message}"


@dataclass(frozen=True)
class AssertionCount:
    """How many commands a page has, and how many of them could be found wrong by their output."""

    commands: int
    asserting: int


def lint_page(path: Path) -> list[Finding]:
    """Return what is wrong with a page; nothing if it keeps the rules."""
    try:
        page = parse_page(path)
    except CourseError as error:
        # The error's own place, where its message begins with one.
        text = str(error)
        place = re.match(rf"{re.escape(str(path))}:(\d+): ", text)
        line, message = (int(place[1]), text[place.end() :]) if place else (1, text)
        return [Finding(path, line, message)]
    findings: list[Finding] = []
    counted = count_assertions(page)
    if counted.commands and not counted.asserting:
        first = next(block.line for block in page.blocks if block.statements)
        message = "the blocks of this page assert nothing: every output is '...' or '[..]'."
        findings.append(Finding(path, first, message))
    findings += [*lint_front_matter(page), *lint_surroundings(page), *lint_compose(page)]
    if course.is_chapter(path):
        findings += [*lint_headings(page), *lint_minutes(page)]
    return sorted(findings, key=lambda finding: finding.line)


def count_assertions(page: Page) -> AssertionCount:
    """Count how much a page asserts, replies in dialogs included."""
    statements = [each for top in page.statements() for each in (top, *top.replies)]
    return AssertionCount(len(statements), sum(each.asserts_output() for each in statements))


def count_minutes(page: Page) -> int:
    """Return how long a page takes a learner who types along, in steps of five minutes."""
    lines = page.text.split("\n")
    for block in page.blocks:
        lines[block.line - 1 : block.fence.end] = [""] * (block.fence.end - block.line + 1)
    prose = "\n".join(lines)
    quizzes = sum(block.kind == "quiz" for block in page.blocks)
    minutes = (
        len(prose.split()) / WORDS_A_MINUTE
        + count_assertions(page).commands * MINUTES_A_COMMAND
        + quizzes * MINUTES_A_QUIZ
        + len(PREDICTION.findall(prose)) * MINUTES_A_PREDICTION
    )
    return max(1, round(minutes / STEP_MINUTES)) * STEP_MINUTES


def lint_minutes(page: Page) -> Iterator[Finding]:
    """Find a chapter that says another time than its words and commands take."""
    minutes = count_minutes(page)
    if page.front_matter.minutes != minutes:
        line = page.front_matter.lines.get("minutes", 1)
        found = page.front_matter.minutes
        message = f"minutes: {found}, but by its words and commands it takes {minutes}."
        yield Finding(page.path, line, message)


def lint_front_matter(page: Page) -> Iterator[Finding]:
    """Find a lab that does not exist, and what a chapter does not say of itself."""
    lab = page.front_matter.lab
    if lab and lab not in course.list_labs():
        yield Finding(page.path, page.front_matter.lines["lab"], f"there is no lab {lab!r}.")
    for name in REQUIRED if course.is_chapter(page.path) else ():
        if name not in page.front_matter.lines:
            yield Finding(page.path, 1, f"the front matter of a chapter must say its {name}.")


def lint_surroundings(page: Page) -> Iterator[Finding]:
    """Find blocks that Markdown takes for a part of the paragraph next to them."""
    lines = page.text.split("\n")
    ends = {block.fence.end for block in page.blocks}
    for block in page.blocks:
        before, after = lines[block.line - 2 : block.line - 1], lines[block.fence.end :][:1]
        # A line indented less begins what the block is in: an admonition, a tab, a list item.
        opened = before and (
            len(before[0]) - len(before[0].lstrip()) < len(block.fence.indent)
            or before[0].rstrip() == "---"
        )
        # A block may stand right below another.
        if before and before[0].strip() and not opened and block.line - 1 not in ends:
            yield Finding(page.path, block.line, "there must be an empty line before a block.")
        if after and after[0].strip() and after[0].startswith(block.fence.indent):
            yield Finding(page.path, block.fence.end, "there must be an empty line after a block.")


def lint_compose(page: Page) -> Iterator[Finding]:
    """Find bad practice; it may be shown in files of other names, such as old.yaml."""
    for block in page.blocks:
        for statement in block.statements:
            if OLD_COMPOSE.search(statement.text):
                message = "`docker-compose` is the first Compose; say `docker compose`."
                yield Finding(page.path, statement.line, message)
        if block.title and COMPOSE_FILE.fullmatch(PurePosixPath(block.title).name):
            try:
                documents = list(yaml.safe_load_all(block.content))
            except yaml.YAMLError:
                continue  # an illustration of a mistake; files are refused where they are read
            for document in documents:
                for message in find_bad_practice(document) if isinstance(document, dict) else ():
                    yield Finding(page.path, block.line, f"{block.title}: {message}")


def lint_headings(page: Page) -> Iterator[Finding]:
    """Find what a chapter lacks: its title as a heading, the fixed sections, lessons."""
    titles = [heading for heading in page.headings if heading.level == 1]
    if len(titles) != 1:
        line = titles[1].line if titles else 1
        yield Finding(page.path, line, "a chapter has exactly one heading of the first level.")
    elif titles[0].title != page.front_matter.title:
        message = f"the heading {titles[0].title!r} must be the title {page.front_matter.title!r}."
        yield Finding(page.path, titles[0].line, message)

    sections = [heading for heading in page.headings if heading.level == 2]
    names = [heading.title for heading in sections]
    for name in (FIRST_SECTION, *LAST_SECTIONS):
        if names.count(name) != 1:
            yield Finding(page.path, 1, f"a chapter has one section {name!r}.")
    if not set(names) >= {FIRST_SECTION, *LAST_SECTIONS}:
        return
    first, last = sections[0].line, sections[-1].line
    if names[0] != FIRST_SECTION:
        yield Finding(page.path, first, f"{FIRST_SECTION!r} must be the first section.")
    if tuple(names[-2:]) != LAST_SECTIONS:
        yield Finding(page.path, last, "'Clean up' and 'What next' must be the last.")
    if len(names) == 1 + len(LAST_SECTIONS):
        yield Finding(page.path, first, "there is no lesson between the fixed sections.")
