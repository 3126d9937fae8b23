"""What was reached stays, whatever happens to the file or to the next check."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from checker.base.verdict import Verdict, combine_tasks
from checker.labs import progress
from checker.labs.report import CheckResult, EngineVersion, LabReport, TaskReport


def report(word: str = "failed", count: str = "skipped") -> LabReport:
    tasks = []
    for name, verdict, points in (("word", Verdict(word), 1), ("count", Verdict(count), 2)):
        checks = (CheckResult("c", verdict, found="no", next_step="Do it."),)
        got = points if verdict == "passed" else 0
        tasks.append(TaskReport(name, name, verdict, got, points, checks))
    overall = combine_tasks(task.verdict for task in tasks)
    return LabReport("docker/first", overall, 0, 3, 0.1, EngineVersion(), tuple(tasks))


@pytest.fixture(autouse=True)
def lab(make_lab) -> None:
    make_lab()


def known() -> dict:
    return progress.read_progress()["labs"]["docker/first"]


def test_without_a_file_there_is_no_progress() -> None:
    assert progress.read_progress() == {"schema": 1, "labs": {}}


def test_points_stay_when_a_later_check_fails() -> None:
    progress.record_report(report("passed", "passed"))
    assert known()["points"] == 3
    progress.record_report(report("failed"))
    assert (known()["points"], known()["verdict"]) == (3, "failed")
    assert known()["tasks"]["word"]["passed"] is True
    assert known()["tasks"]["word"]["verdict"] == "failed"


def test_highest_points_are_those_of_the_lab_also_after_a_single_task() -> None:
    both = report("passed")
    progress.record_report(replace(both, tasks=both.tasks[:1]))
    assert (known()["points"], known()["max_points"]) == (1, 3)


def test_last_finding_is_what_failed_and_nothing_once_it_passes() -> None:
    progress.record_report(report("failed"))
    assert progress.get_last_finding("docker/first", "word") == {
        "found": "no",
        "next_step": "Do it.",
    }
    progress.record_report(report("passed"))
    assert progress.get_last_finding("docker/first", "word") == {}
    assert progress.get_last_finding("docker/other", "word") == {}


def test_hints_are_counted_and_forgotten_when_a_lab_begins_again() -> None:
    progress.record_report(report("passed"))
    progress.record_hint("docker/first", "word", 2)
    assert progress.count_hints_taken("docker/first", "word") == 2
    progress.forget_findings("docker/first")
    assert progress.count_hints_taken("docker/first", "word") == 0
    assert known()["tasks"]["word"]["passed"] is True


@pytest.mark.parametrize("broken", ["{", "[]", '{"labs": 3}', "\xff\x00"])
def test_broken_file_is_kept_and_progress_begins_anew(broken: str, capsys) -> None:
    progress.locate_progress().write_text(broken, encoding="latin-1")
    assert progress.read_progress() == {"schema": 1, "labs": {}}
    kept = list(progress.locate_progress().parent.glob("progress.unreadable-*.json"))
    assert [each.read_text(encoding="latin-1") for each in kept] == [broken]
    assert "starts again from zero; it is kept as" in capsys.readouterr().err
    progress.record_report(report("passed"))
    assert known()["points"] == 1
    kept[0].unlink()


def test_many_at_once_lose_nothing() -> None:
    def take(number: int) -> None:
        progress.record_hint("docker/first", f"task-{number}", number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known()["hints"] == {f"task-{number}": number for number in range(1, 9)}
    json.loads(progress.locate_progress().read_text())
