"""What was reached stays, whatever happens to the file or to the next check."""

from __future__ import annotations

import json
import threading

import pytest

from checker.labs import progress


def report(word: str = "failed", count: str = "skipped") -> dict:
    tasks = []
    for name, verdict, points in (("word", word, 1), ("count", count, 2)):
        checks = [{"name": "c", "verdict": verdict, "found": "no", "next_step": "Do it."}]
        got = points if verdict == "passed" else 0
        tasks.append({"id": name, "verdict": verdict, "points": got, "checks": checks})
    overall = "passed" if {word, count} == {"passed"} else "failed"
    return {"lab": "docker/first", "verdict": overall, "tasks": tasks}


@pytest.fixture(autouse=True)
def lab(make_lab) -> None:
    make_lab()


def known() -> dict:
    return progress.read()["labs"]["docker/first"]


def test_without_a_file_there_is_no_progress() -> None:
    assert progress.read() == {"schema": 1, "labs": {}}


def test_points_stay_when_a_later_check_fails() -> None:
    progress.record(report("passed", "passed"))
    assert known()["points"] == 3
    progress.record(report("failed"))
    assert (known()["points"], known()["verdict"]) == (3, "failed")
    assert known()["tasks"]["word"]["passed"] is True
    assert known()["tasks"]["word"]["verdict"] == "failed"


def test_highest_points_are_those_of_the_lab_also_after_a_single_task() -> None:
    single = report("passed")
    single["tasks"] = single["tasks"][:1]
    progress.record(single)
    assert (known()["points"], known()["max_points"]) == (1, 3)


def test_last_finding_is_what_failed_and_nothing_once_it_passes() -> None:
    progress.record(report("failed"))
    assert progress.last_finding("docker/first", "word") == {"found": "no", "next_step": "Do it."}
    progress.record(report("passed"))
    assert progress.last_finding("docker/first", "word") == {}
    assert progress.last_finding("docker/other", "word") == {}


def test_hints_are_counted_and_forgotten_when_a_lab_begins_again() -> None:
    progress.record(report("passed"))
    progress.take_hint("docker/first", "word", 2)
    assert progress.hints_taken("docker/first", "word") == 2
    progress.forget("docker/first")
    assert progress.hints_taken("docker/first", "word") == 0
    assert known()["tasks"]["word"]["passed"] is True


@pytest.mark.parametrize("broken", ["{", "[]", '{"labs": 3}', "\xff\x00"])
def test_broken_file_is_kept_and_progress_begins_anew(broken: str, capsys) -> None:
    progress.file().write_text(broken, encoding="latin-1")
    assert progress.read() == {"schema": 1, "labs": {}}
    kept = list(progress.file().parent.glob("progress.unreadable-*.json"))
    assert [each.read_text(encoding="latin-1") for each in kept] == [broken]
    assert "could not be read; it is kept as" in capsys.readouterr().err
    progress.record(report("passed"))
    assert known()["points"] == 1
    kept[0].unlink()


def test_many_at_once_lose_nothing() -> None:
    def take(number: int) -> None:
        progress.take_hint("docker/first", f"task-{number}", number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known()["hints"] == {f"task-{number}": number for number in range(1, 9)}
    json.loads(progress.file().read_text())
