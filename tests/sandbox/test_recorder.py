"""What the engine's events tell is journalled; how a run ends decides what becomes of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import connection, journal
from checker.docker.journal import Entry
from checker.sandbox import recorder, session
from checker.sandbox.recorder import Recorder
from tests.engine_fakes import Client

Event = dict[str, Any]


class Engine(Client):
    """A client whose volumes make events, and whose stream can break."""

    def __init__(self) -> None:
        super().__init__()
        self.streams: list[queue.Queue[Event | None]] = []
        self.silent = False
        self.subscribed = threading.Event()
        self.api.events = self._events
        self.volumes = SimpleNamespace(create=self._mark)

    def tell(self, kind: str, action: str, identity: str, **attributes: str) -> None:
        actor = {"ID": identity, "Attributes": attributes}
        for stream in self.streams:
            stream.put({"Type": kind, "Action": action, "Actor": actor, "time": 17})

    def break_streams(self) -> None:
        streams, self.streams = self.streams, []
        self.subscribed.clear()
        for stream in streams:
            stream.put(None)

    def _mark(self, name: str, labels: dict[str, str]) -> SimpleNamespace:
        self._refuse(name)
        if not self.silent:
            self.tell("volume", "create", name)
        return SimpleNamespace(remove=lambda: None)

    def _events(self, decode: bool, since: int | None) -> Any:
        stream: queue.Queue[Event | None] = queue.Queue()
        self.streams.append(stream)
        self.subscribed.set()

        def follow() -> Iterator[Event]:
            while (event := stream.get(timeout=10)) is not None:
                yield event

        return SimpleNamespaceStream(follow(), stream)


class SimpleNamespaceStream:
    """What the SDK gives: an iterator that another thread can close."""

    def __init__(self, events: Iterator[Event], stream: queue.Queue[Event | None]) -> None:
        self.events, self.stream = events, stream

    def __iter__(self) -> Iterator[Event]:
        return self.events

    def close(self) -> None:
        self.stream.put(None)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()
    monkeypatch.setattr(connection, "open_client", lambda timeout=60: made)
    return made


def test_each_kind_is_recorded_and_removed(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.things = {"container": {"c"}, "network": {"n"}, "volume": {"v"}}
        engine.tags["app:latest"] = "sha256:a"
        engine.tell("container", "create", "c")
        engine.tell("container", "start", "c")
        engine.tell("network", "create", "n")
        engine.tell("volume", "create", "v")
        engine.tell("image", "tag", "sha256:a", name="app")
        assert made.remove() == []
    assert engine.removed == ["c", "n", "v", "app:latest"]
    assert journal.list_runs() == []


def test_volume_that_was_there_before_is_not_recorded(engine: Engine) -> None:
    engine.things["volume"] = {"own"}
    with Recorder(Run("run")) as made:
        engine.tell("volume", "create", "own")
        made.remove()
    assert engine.things["volume"] == {"own"}


def test_markers_of_other_runs_are_not_recorded(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.tell("volume", "create", "course-marker-of-another")
    assert made.entries == []


def test_nodes_of_the_cluster_are_nobodys_run(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.tell("container", "create", "node", **{"io.x-k8s.kind.cluster": "course"})
        engine.tell("container", "create", "other", **{"io.x-k8s.kind.cluster": "own"})
        made.catch_up()
        assert made.entries == [Entry("container", "other")]


def test_what_is_made_apart_is_not_the_runs(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.tell("container", "create", "mine")
        with made.pause():
            engine.tell("volume", "create", "of-a-node")
            engine.tags["node:1"] = "sha256:node"
        engine.tell("container", "create", "mine-too")
        made.record_rest()
        assert made.entries == [Entry("container", "mine"), Entry("container", "mine-too")]


def test_run_without_removal_leaves_its_journal_on_purpose(engine: Engine) -> None:
    with Recorder(Run("lab")):
        engine.things["container"] = {"c"}
        engine.tell("container", "create", "c")
    assert journal.list_killed_runs() == []
    assert Recorder(Run("lab")).entries == [Entry("container", "c")]
    assert Recorder(Run("lab")).remove() == []
    assert engine.removed == ["c"]


def test_left_over_of_a_killed_run_is_removed(engine: Engine) -> None:
    engine.things["container"] = {"c"}
    killed = journal.Journal(Run("killed"))
    killed.open()
    killed.add_entry(Entry("container", "c"))
    assert killed._file
    killed._file.close()
    assert journal.list_killed_runs() == [Run("killed")]
    assert Recorder(Run("killed")).remove() == []
    assert engine.removed == ["c"]
    assert journal.list_runs() == []


def test_everything_includes_what_was_left_on_purpose(engine: Engine) -> None:
    with Recorder(Run("lab")):
        engine.things["container"] = {"c"}
        engine.tell("container", "create", "c")
    assert session.remove_everything() == []
    assert engine.removed == ["c"]


def test_what_the_engine_refuses_stays_in_the_journal(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.things["network"] = {"n"}
        engine.refuses = {"n"}
        engine.tell("network", "create", "n")
        assert made.remove() == ["network n: it is in use"]
    assert Recorder(Run("run")).entries == [Entry("network", "n")]


def test_image_without_an_event_is_found_at_the_end(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.untagged.add("sha256:b")
        made.remove()
    assert engine.removed == ["sha256:b"]


def test_broken_stream_is_taken_up_again(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.break_streams()
        assert engine.subscribed.wait(5)
        engine.tell("container", "create", "c")
    assert made.entries == [Entry("container", "c")]


def test_engine_that_sends_no_events_is_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "MARKER_SECONDS", 0.1)
    engine.silent = True
    with pytest.raises(CouldNotFindOut, match="sends no events"):
        Recorder(Run("run")).__enter__()


def test_engine_that_goes_away_in_the_middle_keeps_the_journal(engine: Engine) -> None:
    with Recorder(Run("run")) as made:
        engine.tell("container", "create", "c")
        made.catch_up()
        engine.fails = ConnectionError("gone")
        with pytest.raises(CouldNotFindOut, match="went away"):
            made.remove()
    assert Recorder(Run("run")).entries == [Entry("container", "c")]


def test_failure_inside_the_run_is_not_hidden(engine: Engine) -> None:
    with pytest.raises(KeyError), Recorder(Run("run")):
        raise KeyError("the run's own")
