"""JUnit XML as CI systems read it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from checker.base.verdict import Verdict
from checker.formats.junit import format_suites
from checker.pages.reporting import junit
from checker.pages.reporting.results import BlockResult, Failure, PageResult

FAILURE = Failure(7, "seq 2", "The output differs.", 0, "1", "2", ("- 1", "+ 2\x1b"))
PAGE = PageResult(
    Path("p.md"),
    (
        BlockResult("a", 3, "console", Verdict.PASSED, 0.5),
        BlockResult("", 6, "console", Verdict.FAILED, 1.0, FAILURE),
        BlockResult("c", 9, "console", Verdict.NOT_RUN, reason="an earlier block failed"),
        BlockResult("d", 12, "console", Verdict.COULD_NOT_CHECK, 0.1, FAILURE),
    ),
    2.0,
)


def suite(page: PageResult) -> ElementTree.Element:
    found = ElementTree.fromstring(format_suites([junit.build_suite(page)])).find("testsuite")
    assert found is not None
    return found


def test_each_block_is_a_case_and_counted_by_its_verdict() -> None:
    found = suite(PAGE)
    assert {
        name: found.get(name) for name in ("name", "tests", "failures", "errors", "skipped")
    } == {
        "name": "p.md",
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
    }
    assert [case.get("name") for case in found] == ["3: a", "6: console", "9: c", "12: d"]
    assert [[child.tag for child in case] for case in found] == [
        [],
        ["failure"],
        ["skipped"],
        ["error"],
    ]


def test_a_failure_carries_its_place_command_and_difference() -> None:
    failure = suite(PAGE)[1][0]
    assert failure.get("message") == "The output differs."
    assert failure.text is not None
    assert failure.text.splitlines()[:5] == ["p.md:7", "$ seq 2", "- 1", "+ 2", "exit status 0"]


def test_a_page_that_could_not_be_run_is_an_error() -> None:
    case = suite(PageResult(Path("p.md"), (), 0.0, trouble="No engine."))[0]
    assert case[0].tag == "error"
    assert case[0].get("message") == "No engine."
