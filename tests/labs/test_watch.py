"""Watching judges again after a change, and says only what changed."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.labs import watch, work
from checker.labs.check import check_workspace
from checker.labs.lab import load_lab


def test_file_that_changes_is_noticed_within_a_second(make_lab, workspace: Path) -> None:
    make_lab()
    seen = watch.watch_changes(load_lab("first"), workspace)
    next(seen)
    timer = threading.Timer(0.4, (workspace / "word.txt").write_text, ["yes"])
    timer.start()
    noticed = threading.Event()
    threading.Thread(target=lambda: (next(seen), noticed.set()), daemon=True).start()
    assert not noticed.wait(0.2)
    assert noticed.wait(1.4)


def test_notebook_that_saves_itself_is_no_change(tmp_path: Path) -> None:
    before = watch.snapshot_files(tmp_path)
    (tmp_path / "lab.ipynb").touch()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints/a.txt").touch()
    assert watch.snapshot_files(tmp_path) == before
    (tmp_path / "a.txt").touch()
    assert watch.snapshot_files(tmp_path) != before


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ({"Action": "start", "Actor": {"Attributes": {"name": "web"}}}, "start"),
        ({"Action": "exec_die", "Actor": {"Attributes": {"name": "web"}}}, "exec_die"),
        ({"Action": "health_status: healthy", "Actor": {}}, "health_status"),
        ({"Action": "exec_start: cat /x", "Actor": {"Attributes": {}}}, ""),
        ({"Action": "archive-path", "Actor": {}}, ""),
        ({"Action": "start", "Actor": {"Attributes": {"course.owner": "check"}}}, ""),
        ({"Action": "create", "Actor": {"Attributes": {"name": "course-check/a"}}}, ""),
        ({}, ""),
    ],
)
def test_only_what_may_change_a_verdict_is_a_change(event: dict, action: str) -> None:
    assert watch.extract_action(event) == action


def test_commands_that_checks_run_are_forgotten_and_others_kept() -> None:
    events: queue.Queue[str] = queue.Queue()
    for action in ("exec_die", "start", "exec_die"):
        events.put(action)
    watch.forget_events(events, ("exec_die",))
    assert list(events.queue) == ["start"]
    watch.forget_events(events, None)
    assert events.empty()


def test_first_report_is_told_as_a_whole_and_then_only_what_changed(
    make_lab, workspace: Path, capsys
) -> None:
    make_lab()
    first = check_workspace("first")
    watch.show_changes(first, None)
    assert "Write a word" in capsys.readouterr().out
    watch.show_changes(check_workspace("first"), first)
    assert capsys.readouterr().out == ""
    (workspace / "count.txt").write_text("4")
    second = check_workspace("first")
    watch.show_changes(second, first)
    out = capsys.readouterr().out
    assert "Count the letters" in out
    assert "Write a word (" not in out
    (workspace / "word.txt").write_text("yes")
    watch.show_changes(check_workspace("first"), second)
    out = capsys.readouterr().out
    assert "Write a word" in out
    assert "Count the letters" in out
    assert "1 of 3 points" in out


def test_watch_follows_the_lab_that_was_started_last(make_lab, monkeypatch, capsys) -> None:
    make_lab()
    make_lab(name="cloud-native/second-lab")
    work.prepare_lab("first")
    work.prepare_lab("second-lab")
    monkeypatch.setattr(watch, "watch_changes", lambda lab, folder: iter([None]))
    watch.watch_lab(None)
    captured = capsys.readouterr()
    assert "Watching cloud-native/second-lab" in captured.err
    assert "cloud-native/second-lab: not yet" in captured.out.replace("\n", " ")


def test_watch_of_a_lab_that_was_not_started_is_refused(make_lab) -> None:
    make_lab()
    with pytest.raises(CourseError, match="No lab was started"):
        watch.watch_lab(None)
    with pytest.raises(CourseError, match="was not started"):
        watch.watch_lab("first")


def test_engine_that_goes_away_is_asked_again(make_lab, monkeypatch) -> None:
    monkeypatch.setattr(watch, "AGAIN_SECONDS", 0.01)
    over, asked = threading.Event(), []

    class Engine:
        api = property(lambda self: self)

        def events(self, decode: bool) -> list[dict]:
            return [{"Action": "start", "Actor": {}}]

        def close(self) -> None:
            pass

    def client(timeout: int) -> Engine:
        asked.append(timeout)
        if len(asked) == 1:
            raise ConnectionError
        over.set()
        return Engine()

    monkeypatch.setattr("checker.docker.connection.open_client", client)
    events: queue.Queue[str] = queue.Queue()
    watch.keep_following(watch.follow_engine, events, over)
    assert len(asked) == 2
    assert events.empty()
    over.clear()
    engine = Engine()
    monkeypatch.setattr("checker.docker.connection.open_client", lambda timeout: engine)
    monkeypatch.setattr(Engine, "events", lambda self, decode: _one_then_over(over))
    watch.keep_following(watch.follow_engine, events, over)
    assert list(events.queue) == ["start"]


def _one_then_over(over: threading.Event):
    yield {"Action": "start", "Actor": {}}
    over.set()
    yield {"Action": "stop", "Actor": {}}
