"""The command judges all that it can, reports, and ends with the status that CI needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.base.verdict import Verdict
from checker.grading import grade as module
from checker.grading.grade import grade_submissions
from checker.grading.report import FailedCell, GradeReport, NotebookRun, SubmissionFacts
from checker.labs.report import EngineVersion


@pytest.fixture
def judged(course: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Judging takes its verdict from the submission's name; the names that were judged."""
    names: list[str] = []

    def judge(submission) -> GradeReport:
        names.append(submission.name)
        words = {"ok": Verdict.PASSED, "no": Verdict.FAILED, "away": Verdict.COULD_NOT_CHECK}
        verdict = Verdict.COULD_NOT_CHECK if submission.trouble else words[submission.name]
        facts = SubmissionFacts(
            name=submission.name,
            path=str(submission.path),
            kind=submission.kind,
            graded_at="now",
            seconds=1.0,
            trouble=submission.trouble,
            bad_input=bool(submission.trouble),
            notebook=NotebookRun("a.ipynb", (FailedCell(2, "x", "y"),)),
            left_behind=("volume data: in use",),
        )
        points = int(verdict == Verdict.PASSED)
        return GradeReport(submission.lab, verdict, points, 1, 0.1, EngineVersion(), (), facts)

    monkeypatch.setattr(module, "grade_submission", judge)
    return names


def folders(tmp_path: Path, *names: str) -> list[Path]:
    for name in names:
        (tmp_path / "in" / name).mkdir(parents=True)
    return [tmp_path / "in" / name for name in names]


@pytest.mark.parametrize(
    ("names", "status"),
    [(["ok"], 0), (["ok", "no"], 1), (["ok", "no", "away"], 3)],
)
def test_exit_status_is_that_of_the_worst(
    tmp_path: Path, judged: list[str], names: list[str], status: int
) -> None:
    assert grade_submissions(folders(tmp_path, *names), "first", tmp_path / "out") == status
    assert judged == names


def test_submission_without_a_lab_does_not_stop_the_others(
    tmp_path: Path, judged: list[str], notebook: Callable[..., Path]
) -> None:
    good = notebook("ok.ipynb")
    assert grade_submissions([*folders(tmp_path, "stray"), good], None, tmp_path / "out") == 2
    assert judged == ["stray", "ok"]
    assert (tmp_path / "out/ok.json").exists()


def test_nothing_is_judged_where_nothing_can_be(tmp_path: Path, judged: list[str]) -> None:
    with pytest.raises(CourseError, match="does not say which lab"):
        grade_submissions(folders(tmp_path, "one", "two"), None, tmp_path / "out")
    assert judged == []
    assert not (tmp_path / "out").exists()


def test_grader_is_told_that_submissions_must_be_trusted(
    tmp_path: Path, judged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    grade_submissions(folders(tmp_path, "ok"), "first", tmp_path / "out")
    assert "Grade only submissions that you trust" in capsys.readouterr().err
    assert "Grade only submissions that you trust" in (tmp_path / "out/index.html").read_text()


def test_output_names_points_remarks_and_the_report(
    tmp_path: Path, judged: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    grade_submissions(folders(tmp_path, "ok", "no"), "first", tmp_path / "out")
    captured = capsys.readouterr()
    assert "(1/2) ok" in captured.err
    for words in ("1 of 1   ok", "0 of 1   no", "could not be removed: volume data: in use"):
        assert words in captured.out
    assert "cells that ended with an error: 2" in captured.out
    assert str(tmp_path / "out/index.html") in captured.out


def test_report_goes_to_grades_where_no_folder_is_named(
    tmp_path: Path, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    grade_submissions(folders(tmp_path, "ok"), "first", None)
    assert {each.name for each in (tmp_path / "grades").iterdir()} == {
        "ok.json",
        "junit.xml",
        "summary.csv",
        "index.html",
    }


def test_folder_that_cannot_be_written_is_found_before_any_work(
    tmp_path: Path, judged: list[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CourseError, match="cannot be written"):
        grade_submissions(folders(tmp_path, "ok"), "first", tmp_path / "out")
    assert judged == []
