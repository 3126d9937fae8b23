"""A verdict has one word for programs, one for people, and its place in one file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import checker
from checker.base.verdict import Verdict, combine_tasks

PACKAGE = Path(checker.__file__).parent


def test_the_word_stands_in_one_file() -> None:
    found = [path for path in PACKAGE.rglob("*.py") if "could-not-check" in path.read_text()]
    assert found == [PACKAGE / "base/verdict.py"]


def test_in_json_it_is_its_word() -> None:
    assert json.dumps(list(Verdict)) == (
        '["passed", "failed", "could-not-check", "skipped", "not-run"]'
    )


@pytest.mark.parametrize(("word", "status"), [("passed", 0), ("failed", 1), ("could-not-check", 3)])
def test_a_command_ends_with_the_status_of_its_verdict(word: str, status: int) -> None:
    assert Verdict(word).exit_status == status


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "skipped"], "failed"),
        (["failed", "could-not-check", "passed"], "could-not-check"),
    ],
)
def test_a_lab_with_anything_unknown_is_open(verdicts: list[str], verdict: str) -> None:
    assert combine_tasks(verdicts) == verdict
