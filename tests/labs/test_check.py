"""A workspace is judged by checks in a process of their own, whatever the checks do."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.judging.request import Request
from checker.labs import check as module
from checker.labs import progress
from checker.labs.check import check_and_record, check_workspace
from checker.labs.report import CheckResult, EngineVersion, LabReport


def verdicts(report: LabReport) -> dict[str, str]:
    return {task.id: task.verdict for task in report.tasks}


def first_check(report: LabReport) -> CheckResult:
    return report.tasks[0].checks[0]


def test_untouched_workspace_fails_and_says_what_to_do(make_lab, workspace: Path) -> None:
    make_lab()
    report = check_workspace("first")
    assert report.verdict == "failed"
    assert (report.points, report.max_points) == (0, 3)
    assert report.engine == EngineVersion("none")
    done = asdict(first_check(report))
    assert done.pop("seconds") >= 0
    assert done == {
        "name": "word.txt says yes.",
        "verdict": "failed",
        "expected": "a file word.txt",
        "found": "no such file",
        "next_step": "Make the file word.txt in this lab's folder.",
    }


def test_solved_workspace_gets_all_points(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "word.txt").write_text("yes\n")
    (workspace / "count.txt").write_text("3\n")
    report = check_workspace("docker/first")
    assert report.verdict == "passed"
    assert report.points == 3
    assert verdicts(report) == {"word": "passed", "count": "passed"}


def test_check_is_skipped_while_what_it_requires_is_not_passed(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "count.txt").write_text("3\n")
    report = check_workspace("first")
    assert verdicts(report) == {"word": "failed", "count": "skipped"}
    skipped = report.tasks[1].checks[0]
    assert skipped.verdict == "skipped"
    assert skipped.next_step == "First finish: Write a word."


def test_prerequisites_can_be_left_out_of_account(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "count.txt").write_text("3\n")
    assert verdicts(check_workspace("first", all_checks=True)) == {
        "word": "failed",
        "count": "passed",
    }


def test_single_task_is_reported_alone_but_its_prerequisite_counts(make_lab, workspace) -> None:
    make_lab()
    (workspace / "count.txt").write_text("3\n")
    report = check_workspace("first", "count")
    assert verdicts(report) == {"count": "skipped"}
    assert report.max_points == 2
    (workspace / "word.txt").write_text("yes")
    assert check_workspace("first", "count").points == 2


def test_another_folder_can_be_judged_and_leaves_no_progress(make_lab, workspace, tmp_path) -> None:
    make_lab()
    other = tmp_path / "other"
    other.mkdir()
    (other / "word.txt").write_text("yes")
    assert verdicts(check_workspace("first", workspace=other))["word"] == "passed"
    assert progress.read_progress()["labs"] == {}


def test_own_workspace_leaves_progress(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "word.txt").write_text("yes")
    check_workspace("first", "word")
    assert progress.read_progress()["labs"] == {}
    check_and_record("first", "word")
    lab = progress.read_progress()["labs"]["docker/first"]
    assert (lab["points"], lab["max_points"]) == (1, 3)


@pytest.mark.parametrize(
    ("lab", "task", "said"),
    [("frist", None, "no lab 'frist'"), ("first", "nothing", "no task 'nothing'")],
)
def test_unknown_names_are_refused(make_lab, workspace, lab, task, said) -> None:
    make_lab()
    with pytest.raises(CourseError, match=said):
        check_workspace(lab, task)


def test_lab_that_was_not_started_is_refused_with_the_command(make_lab) -> None:
    make_lab()
    with pytest.raises(CourseError, match="There is no folder") as caught:
        check_workspace("first")
    assert "./course start docker/first" in caught.value.next_step


def test_lab_without_checks_is_refused(make_lab, workspace: Path) -> None:
    (make_lab() / "checks.py").unlink()
    with pytest.raises(CourseError, match=r"checks\.py is not there"):
        check_workspace("first")


CASES = {
    "undecorated": ("def test_a(): pass\n", "test_a belongs to no task; decorate it"),
    "unknown task": ('@task("nowhere")\ndef test_a(): pass\n', "unknown task 'nowhere'"),
    "unknown prerequisite": (
        '@task("word", requires="nowhere")\ndef test_a(): pass\n',
        "unknown task 'nowhere'",
    ),
    "uncovered": ('@task("word")\ndef test_a(): pass\n', "no check covers task 'count'"),
}


@pytest.mark.parametrize("case", CASES)
def test_checks_that_do_not_fit_the_tasks_are_refused(make_lab, workspace, case: str) -> None:
    code, said = CASES[case]
    make_lab(checks=f"from checker.checks import task\n{code}")
    with pytest.raises(CourseError, match=said) as caught:
        check_workspace("first")
    assert "docker/first/checks.py:2: " in str(caught.value) or case == "uncovered"


BODY = """
from checker.checks import task
import os, sys, time
{top}

@task("word")
def test_word(workspace):
    {body}

@task("count")
def test_count():
    pass
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("nowhere", "checks.py:8: NameError: name 'nowhere' is not defined"),
        ("assert False", "checks.py:8: AssertionError"),
        ("sys.exit(1)", "checks.py:8: SystemExit: 1"),
        ("workspace.file('../x').text", "checks.py:8: ValueError: '../x' is not a name inside"),
        ("raise ConnectionError('gone')", "ConnectionError: gone"),
        ("raise TimeoutError", "TimeoutError: no words"),
        ("import pytest; pytest.skip('no')", "checks.py:8: Skipped: no"),
    ],
)
def test_check_that_cannot_find_out_never_fails_a_learner(make_lab, workspace, body, said) -> None:
    make_lab(checks=BODY.format(top="", body=body))
    report = check_workspace("first")
    assert report.verdict == "could-not-check"
    assert verdicts(report) == {"word": "could-not-check", "count": "passed"}
    assert said in first_check(report).found


@pytest.mark.parametrize(
    ("top", "said"),
    [
        ("def x(:", "checks.py:4: SyntaxError"),
        ("nowhere", "checks.py:4: NameError"),
        ("import no_such_module", "checks.py:4: ModuleNotFoundError"),
        ("raise ZeroDivisionError('boom')", "checks.py:4: ZeroDivisionError: boom"),
        ("sys.exit(3)", "checks.py:4: SystemExit: 3"),
    ],
)
def test_checks_that_cannot_be_loaded_are_named_with_their_line(
    make_lab, workspace, top: str, said: str
) -> None:
    make_lab(checks=BODY.format(top=top, body="pass"))
    report = check_workspace("first")
    assert report.verdict == "could-not-check"
    assert set(verdicts(report).values()) == {"could-not-check"}
    assert said in first_check(report).found
    assert "fault of the lab" in first_check(report).next_step


def test_check_that_hangs_is_ended_and_the_others_keep_their_verdict(make_lab, workspace) -> None:
    hangs = '@task("count", timeout=0.5)\ndef test_hangs():\n    time.sleep(60)\n'
    make_lab(
        checks="import time\nfrom checker.checks import task\n"
        '@task("word")\ndef test_word():\n    pass\n'
        f'{hangs}@task("count")\ndef test_after():\n    pass\n'
    )
    started = time.monotonic()
    report = check_workspace("first")
    assert time.monotonic() - started < 15
    assert verdicts(report) == {"word": "passed", "count": "could-not-check"}
    hung, after = report.tasks[1].checks
    assert hung.found == "it took longer than 0.5 s"
    assert after.found == "not run: an earlier check did not end (it took longer than 0.5 s)"


def test_checks_that_hang_while_loading_are_ended(make_lab, workspace, monkeypatch) -> None:
    monkeypatch.setattr(module, "COLLECT_SECONDS", 0.5)
    make_lab(checks=BODY.format(top="time.sleep(60)", body="pass"))
    assert first_check(check_workspace("first")).found == "it took longer than 0.5 s"


def test_check_that_kills_its_process_loses_nothing_of_what_was_found(make_lab, workspace) -> None:
    make_lab(
        checks=BODY.format(top="", body="pass").replace("():\n    pass", "():\n    os._exit(0)")
    )
    report = check_workspace("first")
    assert verdicts(report) == {"word": "passed", "count": "could-not-check"}
    assert report.tasks[1].checks[0].found == "the check process ended before it was done"


def test_hung_check_leaves_no_process_behind(make_lab, workspace: Path) -> None:
    body = "os.system(f'echo $$ > {workspace.path}/pid; sleep 60')"
    make_lab(checks=BODY.format(top="", body=body).replace('"word")', '"word", timeout=1)'))
    check_workspace("first")
    pid = (workspace / "pid").read_text().strip()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_files_of_the_learner_are_never_imported(make_lab, workspace: Path, monkeypatch) -> None:
    make_lab(checks=BODY.format(top="", body="import sys; sys.modules.get('evil') and 1 / 0"))
    for name in ("conftest.py", "checks.py", "evil.py", "sitecustomize.py", "pytest.py", "time.py"):
        (workspace / name).write_text("import pathlib; pathlib.Path('/tmp/x').touch(); 1 / 0")
    (workspace / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("PYTHONPATH", str(workspace))
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "evil")
    assert check_workspace("first").verdict == "passed"


def test_conftest_beside_the_checks_is_not_loaded(make_lab, workspace: Path) -> None:
    (make_lab() / "conftest.py").write_text("1 / 0")
    assert check_workspace("first").verdict == "failed"


def test_checks_do_not_run_in_the_workspace(make_lab, workspace: Path, monkeypatch) -> None:
    monkeypatch.chdir(workspace)
    make_lab(checks=BODY.format(top="", body="assert os.listdir() == []"))
    assert check_workspace("first").verdict == "passed"


def test_what_checks_print_is_lost_and_breaks_nothing(make_lab, workspace: Path, capfd) -> None:
    make_lab(checks=BODY.format(top="print('loud')", body="os.system('echo loud; echo loud >&2')"))
    assert check_workspace("first").verdict == "passed"
    assert "loud" not in capfd.readouterr().out


def test_checks_folder_stays_clean(make_lab, workspace: Path) -> None:
    folder = make_lab()
    check_workspace("first")
    assert not (folder / "__pycache__").exists()


def test_engine_that_is_away_leaves_the_verdict_open(make_lab, workspace: Path) -> None:
    text = (make_lab() / "lab.md").read_text().replace("engine: none", "engine: docker")
    make_lab(text, BODY.format(top="", body="pass").replace("(workspace)", "(docker)"))
    report = check_workspace("first")
    assert report.verdict == "could-not-check"
    assert "No Docker Engine answers" in first_check(report).found
    assert report.engine == EngineVersion("docker")


def test_report_is_plain_json(make_lab, workspace: Path) -> None:
    make_lab()
    assert json.loads(json.dumps(check_workspace("first").as_json()))["schema"] == 1


def test_connection_that_breaks_leaves_the_verdict_open(make_lab, workspace, monkeypatch) -> None:
    make_lab()

    def break_it(request: Request) -> bytes:
        raise OSError("broken")

    monkeypatch.setattr(Request, "to_bytes", break_it)
    assert "could not be asked: broken" in first_check(check_workspace("first")).found
