"""What failed is told in few lines, from what pytest and verify write."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from checker.base.verdict import Verdict
from checker.formats import junit


def test_of_pytest_the_asserted_facts_are_told(tmp_path: Path) -> None:
    test = tmp_path / "test_it.py"
    test.write_text("def test_good(): pass\n\ndef test_bad():\n    assert 1 == 2, 'odd'\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml"]
    subprocess.run([*command, test.name], cwd=tmp_path, capture_output=True, timeout=60)
    lines = list(junit.list_failures(tmp_path / "r.xml"))
    assert lines == ["test_it: test_bad", "    AssertionError: odd", "    assert 1 == 2"]


def test_of_verify_the_problem_and_the_difference_are_told(tmp_path: Path) -> None:
    bad = junit.Case("12: ps", Verdict.FAILED, 1.0, "Other output.", "page.md:12\n$ ps\n- a\n+ b")
    unknown = junit.Case("page", Verdict.COULD_NOT_CHECK, message="No engine.")
    cases = [
        junit.Case("10: run", Verdict.PASSED),
        bad,
        junit.Case("14: rm", Verdict.NOT_RUN),
        unknown,
    ]
    (tmp_path / "r.xml").write_text(junit.format_suites([("docs/page.md", cases)]))
    assert list(junit.list_failures(tmp_path / "r.xml")) == [
        "docs/page.md: 12: ps",
        *("    Other output.", "    page.md:12", "    $ ps", "    - a", "    + b"),
        "docs/page.md: page",
        "    No engine.",
    ]


def test_long_failure_is_cut_and_says_so(tmp_path: Path) -> None:
    text = "\n".join(map(str, range(40)))
    case = junit.Case("long", Verdict.FAILED, message="Much.", text=text)
    (tmp_path / "r.xml").write_text(junit.format_suites([("x", [case])]))
    lines = list(junit.list_failures(tmp_path / "r.xml"))
    assert lines[-1] == f"    ... and {41 - junit.MOST_LINES} more lines"
    assert len(lines) == junit.MOST_LINES + 2


def test_nothing_is_told_of_a_file_that_is_missing_or_cut_off(tmp_path: Path) -> None:
    assert list(junit.list_failures(tmp_path / "none.xml")) == []
    (tmp_path / "r.xml").write_text("<testsuites><testsuite")
    assert list(junit.list_failures(tmp_path / "r.xml")) == []
