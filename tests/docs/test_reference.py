"""Each link of the reference pages leads to a block, and that block holds what the link says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from checker.cli.main import main
from checker.pages.parsing.fences import Page, parse_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = DOCS / "reference"
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<page>[^)#]+\.md)#(?P<block>[\w-]+)\)")
COMMAND = re.compile(r"^`(?P<command>[^`]+)`$")
LINKS = [
    (page.stem, link["text"], link["page"], link["block"])
    for page in sorted(REFERENCE.glob("*.md"))
    for link in LINK.finditer(page.read_text())
]


@cache
def page(path: Path) -> Page:
    return parse_page(path)


def typed(path: Path, block_id: str) -> str:
    """All commands of a block, and of the file blocks: their content."""
    for block in page(path).blocks:
        if block.id == block_id:
            statements = [each for top in block.statements for each in (top, *top.replies)]
            return "\n".join(each.text for each in statements) or block.content
    raise KeyError(f"{path.name} has no block {block_id!r}")


def holds(commands: str, command: str) -> bool:
    """Whether one command there has these words in this order; options may stand between."""
    words = r"\b.* ".join(re.escape(word) for word in command.split())
    lines = commands.replace("\\\n", " ")
    return re.search(rf"(?<![\w-]){words}(?![\w])", lines) is not None


@pytest.mark.parametrize(("source", "text", "target", "block"), LINKS)
def test_link_leads_to_a_block_that_holds_the_command(
    source: str, text: str, target: str, block: str
) -> None:
    commands = typed((REFERENCE / target).resolve(), block)
    if command := COMMAND.match(text):
        assert holds(commands, command["command"]), f"{target}#{block} runs:\n{commands}"


def test_every_docker_command_of_the_cheat_sheet_has_its_link() -> None:
    rows = [
        line
        for line in (REFERENCE / "cheat-sheet.md").read_text().splitlines()
        if line.startswith("| ") and "docker " in line.split("|")[1]
    ]
    assert len(rows) > 30
    assert [row for row in rows if not LINK.search(row.split("|")[1])] == []


def test_every_docker_command_that_pages_teach_is_on_the_cheat_sheet() -> None:
    """By its first words: what a page runs must be found by somebody who looks for it."""
    sheet = (REFERENCE / "cheat-sheet.md").read_text()
    taught: set[str] = set()
    for path in sorted((DOCS / "docker").glob("*.md")):
        for block in page(path).blocks:
            for statement in block.statements:
                taught |= set(re.findall(r"\bdocker ([a-z]+)\b", statement.text))
    grouped = {"container", "image", "volume", "network"}
    missing = {word for word in taught - grouped if f"docker {word}" not in sheet}
    assert missing == set()


def test_commands_of_the_course_on_the_cheat_sheet_exist() -> None:
    named = re.findall(r"`\./course (\w+)", (REFERENCE / "cheat-sheet.md").read_text())
    known = CliRunner().invoke(main, ["--help"]).output
    assert named
    assert [word for word in named if not re.search(rf"^  {word}\b", known, re.M)] == []


@pytest.mark.parametrize(
    ("commands", "command", "found"),
    [
        ("docker run -it --name desk debian", "docker run -it", True),
        ("docker run -i --rm x", "docker run -it", False),
        ("docker images", "docker image", False),
        ("docker container ls -a --filter x", "docker container ls -a", True),
        ("docker container ls -all", "docker container ls -a", False),
    ],
)
def test_a_command_is_found_only_as_a_whole(commands: str, command: str, found: bool) -> None:
    assert holds(commands, command) is found
