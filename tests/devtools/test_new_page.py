"""A new page keeps the rules from the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.devtools.new_page import new_page
from checker.pages.lint import lint_page


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    return tmp_path


def test_a_new_page_keeps_the_rules(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new_page("docker/my-first-page")
    path = course / "docs/docker/my-first-page.md"
    assert path.read_text().startswith("---\ntitle: My first page\n")
    assert lint_page(path) == []
    assert "./course verify docs/docker/my-first-page.md" in capsys.readouterr().out


def test_a_page_that_is_there_is_never_overwritten(course: Path) -> None:
    new_page("docker/page")
    path = course / "docs/docker/page.md"
    path.write_text("mine")
    with pytest.raises(CourseError, match="is there already"):
        new_page("docker/page")
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["page", "docker/", "docker/My Page", "nowhere/page", "docker/a/b"]
)
def test_an_odd_name_is_refused(name: str) -> None:
    with pytest.raises(CourseError, match="is not a name for a page"):
        new_page(name)
