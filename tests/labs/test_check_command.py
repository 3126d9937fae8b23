"""`./course check` says to people and programs what was found, and ends accordingly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from checker.cli.main import main
from tests.json_schemas import validate
from tests.lab_fakes import CHECKS


def course(*words: str) -> Result:
    return CliRunner().invoke(main, ["check", *words])


def test_learner_reads_what_was_expected_and_found_and_what_is_next(make_lab, workspace) -> None:
    make_lab()
    (workspace / "word.txt").write_text("no\n")
    result = course("first")
    assert result.exit_code == 1
    assert result.output.split("\n")[:9] == [
        "✘ Write a word (0/1)",
        "  ✘ word.txt says yes.",
        "    expected  yes",
        "       found  no",
        "        next  Write yes, nothing else.",
        "✘ Count the letters (0/2)",
        "    First finish: Write a word.",
        "  ✘ count.txt is a number.",
        "    expected  a file count.txt",
    ]
    assert "docker/first: not yet, 0 of 3 points" in result.output


def test_all_passed_ends_with_0(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "word.txt").write_text("yes")
    (workspace / "count.txt").write_text("3")
    result = course("first")
    assert result.exit_code == 0
    assert "passed, 3 of 3 points" in result.output


def test_what_could_not_be_checked_ends_with_3(make_lab, workspace: Path) -> None:
    make_lab(checks=CHECKS.replace("workspace.file", "nowhere"))
    result = course("first")
    assert result.exit_code == 3
    assert "could not be checked, 0 of 3 points" in result.output
    assert "fault of the lab" in result.output


def test_json_is_one_object_and_nothing_else(make_lab, workspace: Path) -> None:
    make_lab()
    result = course("first", "word", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    validate("check", report)
    assert [task["id"] for task in report["tasks"]] == ["word"]
    assert set(report) == {
        *("schema", "lab", "verdict", "points", "max_points", "seconds", "engine", "tasks")
    }


@pytest.mark.parametrize("checks", [CHECKS, CHECKS.replace("workspace.file", "nowhere")])
def test_json_is_as_its_schema_whatever_the_verdict(make_lab, workspace: Path, checks: str) -> None:
    make_lab(checks=checks)
    for word in ("no", "yes"):
        (workspace / "word.txt").write_text(word)
        validate("check", json.loads(course("first", "--json").stdout))


def test_other_folder_is_judged(make_lab, tmp_path: Path) -> None:
    make_lab()
    (tmp_path / "word.txt").write_text("yes")
    assert course("first", "word", "--workspace", str(tmp_path)).exit_code == 0


def test_found_text_is_never_taken_for_markup(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "word.txt").write_text("[red]no[/red]\nmore")
    result = course("first", "word")
    assert "found  [red]no[/red]\n              more" in result.output


def test_bad_names_end_with_2(make_lab, workspace: Path) -> None:
    make_lab()
    assert course("frist").exit_code == 2
    assert course("first", "nothing").exit_code == 2
