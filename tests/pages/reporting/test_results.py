"""Verdicts, and their form in JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base import paths
from checker.base.verdict import Verdict, combine_checks
from checker.pages.reporting.results import BlockResult, Failure, PageResult, shorten_path

FAILURE = Failure(7, "ls", "The output differs.", 0, "a", "b", ("- a", "+ b"))


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([], "passed"),
        (["passed", "not-run"], "passed"),
        (["passed", "could-not-check"], "could-not-check"),
        (["could-not-check", "failed", "passed"], "failed"),
    ],
)
def test_the_verdict_of_a_whole(verdicts: list[str], verdict: str) -> None:
    assert combine_checks(verdicts) == verdict


def test_a_block_in_json() -> None:
    block = BlockResult("", 6, "console", Verdict.FAILED, 0.12345, FAILURE)
    assert block.as_json() == {
        "id": "line-6",
        "line": 6,
        "kind": "command",
        "verdict": "failed",
        "seconds": 0.123,
        "problem": "The output differs.",
        "expected": "a",
        "found": "b",
    }


def test_a_block_that_was_not_run_says_why() -> None:
    block = BlockResult("x", 6, "illustration", Verdict.NOT_RUN, reason="needs a cloud")
    assert (block.as_json()["id"], block.as_json()["found"]) == ("x", "needs a cloud")


def test_a_failure_without_output_has_its_problem_as_found() -> None:
    failure = Failure(7, "sleep 9", "It did not end within 1 s.")
    block = BlockResult("x", 6, "console", Verdict.FAILED, 1.0, failure)
    assert block.as_json()["found"] == "It did not end within 1 s."


def test_a_page_in_json_is_named_from_the_checkout() -> None:
    page = PageResult(paths.docs() / "a.md", (BlockResult("x", 1, "console", Verdict.PASSED),), 2.0)
    found = page.as_json()
    assert (found["path"], found["verdict"], len(found["blocks"])) == ("docs/a.md", "passed", 1)


def test_a_page_that_could_not_be_run_could_not_be_checked() -> None:
    assert PageResult(Path("a.md"), (), 0.0, trouble="no engine").verdict == "could-not-check"


def test_a_path_outside_is_shown_as_given(tmp_path: Path) -> None:
    assert shorten_path(tmp_path / "p.md") == str(tmp_path / "p.md")
