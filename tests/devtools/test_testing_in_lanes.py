"""Test files as jobs for lanes: what their marks say, and what is shown of those that failed."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from checker.base import course, paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import IMPORT_ROOT
from checker.base.verdict import Verdict
from checker.devtools import results, testing_in_lanes
from checker.devtools.proof_file import write_result
from checker.labs.proof_record import read_record
from checker.lanes.schedule import Job, JobResult
from checker.pages.reporting.results import BlockResult, PageResult


@pytest.fixture
def write_tests(root: Path):
    def write(name: str, *marks: str, folder: str = "live") -> None:
        file = root / "tests" / folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        words = ", ".join(f"pytest.mark.{mark}" for mark in ("live", *marks))
        file.write_text(f"import pytest\n\npytestmark = [{words}]\n")

    return write


def jobs_by_name(folder: str = "live") -> dict[str, Job]:
    return {job.name: job for job in testing_in_lanes.build_test_jobs(folder)}


def test_each_file_of_tests_is_a_job_of_its_own(write_tests, root: Path) -> None:
    for name in ("test_b.py", "test_a.py", "conftest.py", "commands.py"):
        write_tests(name)
    write_tests("test_site.py", folder="browser")
    jobs = jobs_by_name()
    assert list(jobs) == ["tests/live/test_a.py", "tests/live/test_b.py"]
    job = jobs["tests/live/test_a.py"]
    assert job.folder == paths.root() == root
    assert job.argv[-3:] == ("-m", testing_in_lanes.MARKS, str(root / "tests/live/test_a.py"))
    assert job.argv[job.argv.index("--junitxml") + 1] == str(results.results_file("live-a"))
    assert job.env == {
        "PYTHONPATH": str(IMPORT_ROOT),
        "COVERAGE_FILE": str(results.coverage_file("live-a")),
    }
    assert list(jobs_by_name("browser")) == ["tests/browser/test_site.py"]


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ((), set()),
        (("kind",), {"wants_cluster"}),
        (("measures",), {"measures"}),
        (("builds",), {"builds"}),
        (("kind", "measures"), {"wants_cluster", "measures"}),
    ],
)
def test_marks_of_a_file_say_what_it_needs(write_tests, marks: Any, found: set[str]) -> None:
    write_tests("test_a.py", *marks)
    [job] = jobs_by_name().values()
    flags = ("wants_cluster", "measures", "builds")
    assert {name for name in flags if getattr(job, name)} == found


@pytest.mark.parametrize("marks", [("fresh",), ("fresh", "timeout(900)")])
def test_files_for_a_fresh_machine_are_left_out(write_tests, marks: Any) -> None:
    write_tests("test_machine.py", *marks)
    write_tests("test_other.py")
    assert list(jobs_by_name()) == ["tests/live/test_other.py"]


def test_steps_have_results_and_coverage_apart(write_tests) -> None:
    write_tests("test_lab.py")
    write_tests("test_lab.py", folder="browser")
    jobs = [*jobs_by_name().values(), *jobs_by_name("browser").values()]
    assert len({job.env["COVERAGE_FILE"] for job in jobs}) == 2
    assert len({job.argv[job.argv.index("--junitxml") + 1] for job in jobs}) == 2


def result(name: str, status: int | None, output: str = "", seconds: float = 1.0) -> JobResult:
    return JobResult(Job(name, ("pytest",), Path("/")), status, output, seconds, 0)


def test_files_that_passed_are_a_line(capsys) -> None:
    done = testing_in_lanes.collect_tests("live tests", [result("a", 0, "dots", 2.0)] * 2)
    assert (done.name, done.passed, done.seconds) == ("live tests: 2 files", True, 4.0)
    assert capsys.readouterr().out == ""


def test_files_that_failed_are_shown(capsys) -> None:
    every = [
        result("tests/live/test_a.py", 0, "all is well"),
        result("tests/live/test_b.py", 1, "assert [1] == 2\n"),
        result("tests/live/test_c.py", None, "It was not run: No lane."),
    ]
    done = testing_in_lanes.collect_tests("live tests", every)
    assert not done.passed
    out = capsys.readouterr().out
    assert "all is well" not in out
    assert "tests/live/test_b.py" in out
    assert "assert [1] == 2\n" in out
    assert "It was not run: No lane.\n" in out


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch, root: Path, write_tests) -> list[str]:
    """A course with a page, two files of tests, and two lanes; what fails in them."""
    fails: list[str] = []

    def run_jobs(jobs: list[Job], count: int) -> list[JobResult]:
        assert count == 2
        for job in jobs:
            if job.name.startswith("docs/"):
                verdict = Verdict.FAILED if job.name in fails else Verdict.PASSED
                blocks = (BlockResult("x", 3, "console", verdict, 0.5),)
                page = PageResult(Path(job.argv[5]), blocks, 0.5, versions={"Docker": "26.1.5"})
                write_result(Path(job.argv[6]), page)
        return [JobResult(job, int(job.name in fails), "told", 2.0, 0) for job in jobs]

    monkeypatch.setattr(testing_in_lanes, "run_jobs", run_jobs)
    monkeypatch.setattr(testing_in_lanes, "choose_lane_count", lambda: 2)
    write_tests("test_a.py")
    write_tests("test_site.py", folder="browser")
    return fails


def test_tests_and_proofs_are_run_together_and_told_apart(lanes: list[str], capsys) -> None:
    found = testing_in_lanes.run_in_lanes()
    assert [(each.name, each.passed, each.seconds) for each in found] == [
        ("live tests: 1 files", True, 2.0),
        ("browser tests: 1 files", True, 2.0),
        ("pages and labs are proven", True, 2.0),
    ]
    assert len(course.list_pages()) == 1
    assert "passed: 1 pages, 0 labs, 2 s\n" in capsys.readouterr().out
    suites = ElementTree.parse(results.results_file("verify")).getroot()
    assert [suite.get("name") for suite in suites] == ["docs/docker/first.md"]
    assert list(read_record(results.record_file())) == ["docs/docker/first.md"]


@pytest.mark.parametrize(
    ("name", "passed"),
    [
        ("tests/live/test_a.py", [False, True, True]),
        ("tests/browser/test_site.py", [True, False, True]),
        ("docs/docker/first.md", [True, True, False]),
    ],
)
def test_what_failed_fails_its_own_step(lanes: list[str], name: str, passed: list[bool]) -> None:
    lanes.append(name)
    assert [each.passed for each in testing_in_lanes.run_in_lanes()] == passed


def test_without_any_lane_the_error_goes_on(lanes: list[str], monkeypatch) -> None:
    def fail(jobs: list[Job], count: int) -> list[JobResult]:
        raise CouldNotFindOut("No lane can be had.")

    monkeypatch.setattr(testing_in_lanes, "run_jobs", fail)
    with pytest.raises(CouldNotFindOut, match="No lane can be had"):
        testing_in_lanes.run_in_lanes()
