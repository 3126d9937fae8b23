"""A new lab keeps the rules from its first minute."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from checker.base.errors import CourseError
from checker.cli.main import main
from checker.devtools.new_lab import new_lab
from checker.labs.lab import load_lab
from checker.labs.lint import lint_lab


def test_new_lab_keeps_all_rules(root) -> None:
    result = CliRunner().invoke(main, ["new", "lab", "docker/first-volume"])
    assert result.exit_code == 0
    assert "./course verify labs/docker/first-volume" in result.output
    assert lint_lab("docker/first-volume") == []
    assert load_lab("docker/first-volume").chapter == "docker/first"


def test_chapter_of_the_same_name_is_taken(root) -> None:
    (root / "docs/docker/volumes.md").touch()
    new_lab("docker/volumes")
    assert load_lab("docker/volumes").chapter == "docker/volumes"


def test_track_without_pages_is_linted_for_it(root) -> None:
    new_lab("compose/first-file")
    assert [each.message for each in lint_lab("compose/first-file")] == [
        "there is no chapter docs/compose/first-file.md"
    ]


@pytest.mark.parametrize("name", ["first", "docker/First", "nowhere/first", "docker/a/b", "../a/b"])
def test_name_that_is_none_is_refused(root, name: str) -> None:
    with pytest.raises(CourseError, match="is not a name for a lab"):
        new_lab(name)


def test_taken_name_is_refused_and_nothing_is_overwritten(make_lab) -> None:
    before = (make_lab() / "lab.md").read_text()
    with pytest.raises(CourseError, match="already"):
        new_lab("docker/first")
    assert load_lab("docker/first").source.read_text() == before
