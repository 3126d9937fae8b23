"""What the pages for contributors name is there."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/contributing").glob("*.md"))
QUOTED = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:checker|docs|labs|tests|tools|benchmarks|\.github|\.ci)/[\w./-]*")
NAME = re.compile(r"checker(?:\.\w+)+")
ARCHITECTURE = ROOT / "docs/contributing/architecture.md"


def quoted(page: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    for text in QUOTED.findall(page.read_text()):
        if pattern.fullmatch(text):
            yield text


def resolve(name: str) -> object:
    """The module, class or function of a dotted name."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_files_that_are_named_exist(page: Path) -> None:
    missing = [path for path in quoted(page, PATH) if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_functions_that_are_named_exist(page: Path) -> None:
    for name in quoted(page, NAME):
        if not name.endswith((".py", ".md")):
            assert resolve(name) is not None


def test_the_walks_name_more_than_a_handful() -> None:
    assert len(set(quoted(ARCHITECTURE, NAME))) > 40
    assert len(set(quoted(ARCHITECTURE, PATH))) > 10


def test_a_name_that_is_gone_is_found() -> None:
    with pytest.raises(AttributeError):
        resolve("checker.pages.parsing.fences.no_such_function")
    with pytest.raises(ModuleNotFoundError):
        resolve("no_such_package.module")


def test_every_folder_of_the_package_stands_in_the_architecture() -> None:
    folders = {f"checker/{each.name}/" for each in (ROOT / "checker").iterdir() if each.is_dir()}
    assert folders - {"checker/__pycache__/"} <= set(quoted(ARCHITECTURE, PATH))


def test_dependencies_are_renewed_as_the_page_says() -> None:
    """The options that the page names are those that the pinned files were made with."""
    text = (ROOT / "requirements.txt").read_text()
    assert "--hash=sha256:" in text
    assert "sys_platform ==" in text
    assert "--index-url" not in text
    page = (ROOT / "docs/contributing/dependencies.md").read_text()
    for option in ("--generate-hashes", "--universal", "--no-emit-index-url"):
        assert option in page
