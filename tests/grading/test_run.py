"""A submission is judged in a copy, from a clean state, and whatever its notebook does."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.grading import run as module
from checker.grading.report import GradeReport, NotebookRun
from checker.grading.run import grade_submission
from checker.grading.submission import find_submissions
from checker.labs import progress
from tests.json_schemas import validate

pytestmark = pytest.mark.usefixtures("course")


def graded(path: Path, lab: str | None = None, **options: int) -> GradeReport:
    report = grade_submission(find_submissions([path], lab)[0], **options)
    validate("grade", json.loads(json.dumps(report.as_json())))
    return report


def verdicts(report: GradeReport) -> dict[str, str]:
    return {task.id: task.verdict for task in report.tasks}


def test_solved_notebook_gets_full_points(notebook: Callable[..., Path]) -> None:
    report = graded(notebook("ana.ipynb", "echo yes > word.txt", "echo 3 > count.txt"))
    assert (report.verdict, report.points, report.max_points) == ("passed", 3, 3)
    assert report.lab == "docker/first"
    assert report.submission.notebook == NotebookRun("ana.ipynb")
    assert (report.submission.trouble, report.submission.bad_input) == ("", False)


def test_notebook_in_python_runs_in_python(notebook: Callable[..., Path]) -> None:
    cell = "from pathlib import Path\nPath('word.txt').write_text('yes')\n!course check second"
    report = graded(notebook("ana.ipynb", cell, lab="docker/second"))
    assert verdicts(report) == {"word": "passed", "count": "failed"}


def test_untouched_notebook_gets_nothing(notebook: Callable[..., Path]) -> None:
    report = graded(notebook("ana.ipynb", "", "course check docker/first word"))
    assert (report.verdict, report.points) == ("failed", 0)
    assert verdicts(report) == {"word": "failed", "count": "skipped"}


def test_wrong_answer_is_told_what_was_expected(notebook: Callable[..., Path]) -> None:
    report = graded(notebook("ana.ipynb", "echo no > word.txt"))
    check = report.tasks[0].checks[0]
    assert check.next_step == "Write yes, nothing else."
    assert "no" in check.found


def test_cell_that_fails_is_reported_and_the_rest_counts(notebook: Callable[..., Path]) -> None:
    report = graded(notebook("ana.ipynb", "no-such-command", "echo yes > word.txt"))
    assert verdicts(report) == {"word": "passed", "count": "failed"}
    failed = report.submission.notebook.failed
    assert [(each.cell, each.source) for each in failed] == [(1, "no-such-command")]
    assert "exit status 127" in failed[0].said


def test_cell_that_hangs_is_reported_and_what_was_done_counts(
    notebook: Callable[..., Path],
) -> None:
    path = notebook("ana.ipynb", "echo yes > word.txt", "sleep 60", "echo 3 > count.txt")
    report = graded(path, cell_seconds=1)
    assert verdicts(report) == {"word": "passed", "count": "failed"}
    assert report.submission.notebook.stopped == (
        "Cell 2 took longer than 1 s; none after it was run."
    )


def test_kernel_that_dies_leaves_the_submission_open(
    notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object, **options: object) -> None:
        raise CouldNotFindOut("The notebook's kernel died.", found="Kernel died")

    monkeypatch.setattr(module, "execute_notebook", die)
    report = graded(notebook("ana.ipynb", "echo yes > word.txt"))
    assert report.verdict == "could-not-check"
    assert "ana.ipynb, cell 0: The notebook's kernel died" in report.submission.trouble
    assert verdicts(report) == {"word": "could-not-check", "count": "could-not-check"}


def test_broken_notebook_is_reported_and_the_files_are_judged(tmp_path: Path) -> None:
    folder = tmp_path / "ana"
    folder.mkdir()
    (folder / "word.txt").write_text("yes")
    (folder / "first.ipynb").write_text('{"cells": [')
    report = graded(folder, "first")
    assert verdicts(report) == {"word": "passed", "count": "failed"}
    assert "first.ipynb is not a notebook" in report.submission.notebook.stopped


def test_folder_without_notebook_is_judged_by_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "ana"
    folder.mkdir()
    (folder / "word.txt").write_text("yes")
    (folder / "count.txt").write_text("3\n")
    report = graded(folder, "first")
    assert (report.verdict, report.points) == ("passed", 3)
    assert report.submission.notebook is None


def test_submission_itself_is_never_written_to(notebook: Callable[..., Path]) -> None:
    path = notebook("ana/first.ipynb", "echo yes > word.txt", "rm -f first.ipynb")
    before = path.read_bytes()
    assert graded(path.parent).points == 1
    assert [each.name for each in path.parent.iterdir()] == ["first.ipynb"]
    assert path.read_bytes() == before


def test_read_only_and_binary_files_are_taken_as_they_are(
    course: Path, notebook: Callable[..., Path]
) -> None:
    starter = course / "labs/docker/first/starter"
    starter.mkdir()
    (starter / "word.txt").write_text("unsolved")
    (starter / "word.txt").chmod(stat.S_IRUSR)
    folder = notebook("ana/first.ipynb", "cat blob.bin > copy.bin").parent
    (folder / "blob.bin").write_bytes(bytes(range(256)))
    (folder / "word.txt").write_text("yes")
    (folder / "word.txt").chmod(stat.S_IRUSR)
    report = graded(folder)
    assert verdicts(report)["word"] == "passed"
    assert report.submission.notebook.failed == ()


def test_progress_and_settings_of_the_grader_stay_as_they_are(
    notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.record_hint("docker/first", "word", 1)
    before = progress.read_progress()
    environment, runtime = dict(os.environ), paths.runtime()
    path = notebook("ana.ipynb", 'echo "$COURSE_STATE $COURSE_WORK" > word.txt')
    found = graded(path).tasks[0].checks[0].found
    assert str(paths.state()) not in found
    assert str(paths.work()) not in found
    assert (progress.read_progress(), dict(os.environ), paths.runtime()) == (
        before,
        environment,
        runtime,
    )


def test_settings_that_were_not_there_are_gone_again(
    notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COURSE_WORK")
    graded(notebook("ana.ipynb", ""))
    assert "COURSE_WORK" not in os.environ


def test_nothing_of_one_submission_reaches_the_next(notebook: Callable[..., Path]) -> None:
    first = notebook("ana.ipynb", "echo yes > word.txt; echo secret > $COURSE_STATE/left")
    second = notebook("ben.ipynb", 'test -e word.txt || test -e "$COURSE_STATE/left"')
    assert graded(first).points == 1
    report = graded(second)
    assert report.points == 0
    assert [each.cell for each in report.submission.notebook.failed] == [1]


def test_setup_that_fails_leaves_the_submission_open_and_names_the_line(
    course: Path, notebook: Callable[..., Path]
) -> None:
    lab = course / "labs/docker/first/lab.md"
    lab.write_text(lab.read_text().replace("echo made by setup > ready.txt", "false"))
    report = graded(notebook("ana.ipynb", "true"))
    assert report.verdict == "could-not-check"
    assert "lab.md:12: the setup failed" in report.submission.trouble
    assert report.max_points == 3


def test_file_that_cannot_be_copied_leaves_the_submission_open(
    notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied", "word.txt")

    monkeypatch.setattr(module.stage, "overlay_files", refuse)
    report = graded(notebook("ana/first.ipynb").parent)
    assert report.verdict == "could-not-check"
    assert "Permission denied" in report.submission.trouble


def test_what_is_no_submission_is_reported_without_being_run(tmp_path: Path) -> None:
    (tmp_path / "ana").mkdir()
    report = graded(tmp_path / "ana")
    assert (report.verdict, report.tasks, report.max_points) == ("could-not-check", (), 0)
    assert report.submission.bad_input is True
