"""Watching judges again after a change, and says only what changed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.labs import watch, work
from checker.labs.check import check
from checker.labs.lab import load


def test_file_that_changes_is_noticed_within_a_second(make_lab, workspace: Path) -> None:
    make_lab()
    seen = watch.changes(load("first"), workspace)
    next(seen)
    timer = threading.Timer(0.4, (workspace / "word.txt").write_text, ["yes"])
    timer.start()
    noticed = threading.Event()
    threading.Thread(target=lambda: (next(seen), noticed.set()), daemon=True).start()
    assert not noticed.wait(0.2)
    assert noticed.wait(1.4)


def test_notebook_that_saves_itself_is_no_change(tmp_path: Path) -> None:
    before = watch._state(tmp_path)
    (tmp_path / "lab.ipynb").touch()
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints/a.txt").touch()
    assert watch._state(tmp_path) == before
    (tmp_path / "a.txt").touch()
    assert watch._state(tmp_path) != before


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
    assert watch._change(event) == action


def test_commands_that_checks_run_are_forgotten_and_others_kept() -> None:
    events: queue.Queue[str] = queue.Queue()
    for action in ("exec_die", "start", "exec_die"):
        events.put(action)
    watch._drain(events, ("exec_die",))
    assert list(events.queue) == ["start"]
    watch._drain(events, None)
    assert events.empty()


def test_first_report_is_told_as_a_whole_and_then_only_what_changed(
    make_lab, workspace: Path, capsys
) -> None:
    make_lab()
    first = check("first")
    watch.tell(first, {})
    assert "Write a word" in capsys.readouterr().out
    watch.tell(check("first"), first)
    assert capsys.readouterr().out == ""
    (workspace / "count.txt").write_text("4")
    second = check("first")
    watch.tell(second, first)
    out = capsys.readouterr().out
    assert "Count the letters" in out
    assert "Write a word (" not in out
    (workspace / "word.txt").write_text("yes")
    watch.tell(check("first"), second)
    out = capsys.readouterr().out
    assert "Write a word" in out
    assert "Count the letters" in out
    assert "1 of 3 points" in out


def test_watch_follows_the_lab_that_was_started_last(make_lab, monkeypatch, capsys) -> None:
    make_lab()
    make_lab(name="cloud-native/second-lab")
    work.prepare("first")
    work.prepare("second-lab")
    monkeypatch.setattr(watch, "changes", lambda lab, folder: iter([None]))
    watch.watch(None)
    captured = capsys.readouterr()
    assert "Watching cloud-native/second-lab" in captured.err
    assert "cloud-native/second-lab: not yet" in captured.out.replace("\n", " ")


def test_watch_of_a_lab_that_was_not_started_is_refused(make_lab) -> None:
    make_lab()
    with pytest.raises(CourseError, match="No lab was started"):
        watch.watch(None)
    with pytest.raises(CourseError, match="was not started"):
        watch.watch("first")


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

    monkeypatch.setattr("checker.docker.docker_engine.client", client)
    events: queue.Queue[str] = queue.Queue()
    watch._follow(events, over)
    assert len(asked) == 2
    assert events.empty()
    over.clear()
    engine = Engine()
    monkeypatch.setattr("checker.docker.docker_engine.client", lambda timeout: engine)
    monkeypatch.setattr(Engine, "events", lambda self, decode: _one_then_over(over))
    watch._follow(events, over)
    assert list(events.queue) == ["start"]


def _one_then_over(over: threading.Event):
    yield {"Action": "start", "Actor": {}}
    over.set()
    yield {"Action": "stop", "Actor": {}}


class Cluster:
    """A cluster in which one thing happens, and then nothing more."""

    def __init__(self, path: Path) -> None:
        self.closed = False

    def get(self, path: str, limit: int) -> dict:
        return {"metadata": {"resourceVersion": "7"}}

    def watch(self, path: str, seconds: float, resourceVersion: str) -> Iterator[dict]:
        assert resourceVersion == "7"
        yield {"type": "ADDED", "object": {}}
        raise CouldNotFindOut("The cluster does not answer.")

    def close(self) -> None:
        self.closed = True


def test_what_changes_in_the_cluster_is_noticed_also_after_it_went_away(monkeypatch) -> None:
    monkeypatch.setattr("checker.orchestrators.kind.kube_api.Api", Cluster)
    monkeypatch.setattr(
        "checker.orchestrators.kind.kind_cluster.kubeconfig", lambda: Path("config")
    )
    monkeypatch.setattr(watch, "AGAIN_SECONDS", 0.01)
    events: queue.Queue[str] = queue.Queue()
    over = threading.Event()
    arguments = ("/api/v1/pods", events, over)
    thread = threading.Thread(target=watch._follow_cluster, args=arguments, daemon=True)
    thread.start()
    assert [events.get(timeout=2) for _ in range(2)] == ["/api/v1/pods ADDED"] * 2
    over.set()
    thread.join(2)
    assert not thread.is_alive()


def test_what_is_new_in_the_emulator_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    from checker.orchestrators.ecs import local_ecs

    found = iter([["cluster a"], ["cluster a"], ["cluster a", "service a/web"]])
    over = threading.Event()
    events: queue.Queue[str] = queue.Queue()

    def contents() -> list[str]:
        now = next(found, None)
        if now is None:
            over.set()
        return now or ["cluster a", "service a/web"]

    monkeypatch.setattr(local_ecs, "contents", contents)
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.001)
    watch._look_at_ecs(events, over)
    assert events.get_nowait() == "ecs"
    assert events.empty()
