"""What a run makes in the engine, written down as it happens, so that exactly that is removed.

The engine's events are followed live, because it replays only its last 256. A journal is held
locked while its run lives; the kernel frees the lock however the run ends, and then the next run
removes what the journal names.
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine, journal
from checker.docker.journal import Entry, Journal
from checker.docker.removal import remove_all
from checker.orchestrators.kind import cluster_nodes
from checker.sandbox.engine_snapshot import Snapshot

STREAM_SECONDS = 24 * 60 * 60
MARKER_SECONDS = 30.0
OWNER = "course.owner"
MADE = ("container", "network", "service", "secret", "config")
IMAGE_ACTIONS = ("tag", "pull", "load", "import", "build", "create")


class Recorder:
    """Records what is made in the engine while the context is open.

    Args:
        name: Names the journal; an unfinished journal of the same name is continued.
    """

    def __init__(self, name: str) -> None:
        self._journal = Journal(name)
        self._before = Snapshot()
        self._stream: Any = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._seen: dict[str, threading.Event] = {}
        self._since: int | None = None

    @classmethod
    def adopt(cls, name: str) -> Recorder:
        """The recorder of an earlier run, to remove what it made or to go on recording."""
        return cls(name)

    @property
    def entries(self) -> list[Entry]:
        """What was made, in the order in which it was made."""
        return self._journal.entries

    def __enter__(self) -> Recorder:
        self._journal.open()
        try:
            self._client = docker_engine.client()
            self._before = Snapshot.take(self._client)
            self._closing.clear()
            self._thread = threading.Thread(target=self._follow, daemon=True)
            self._thread.start()
            self._catch_up()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(CouldNotFindOut):
            self._finish()
        self._stop()
        self._journal.close()

    @contextlib.contextmanager
    def apart(self) -> Iterator[None]:
        """What is made inside is not the run's, such as a cluster in the place of a broken one."""
        self._finish()
        before = list(self.entries)
        yield
        self._catch_up()
        self._before = Snapshot.take(self._client)
        self._journal.replace(before)

    def remove(self) -> list[str]:
        """Remove what was recorded, containers first; what is gone already is fine.

        Returns:
            A line for each thing that the engine refused to remove; these stay in the journal.

        Raises:
            CouldNotFindOut: The engine is away; the journal is kept.
        """
        if self._thread:
            self._finish()
        with contextlib.closing(docker_engine.client()) as client:
            refused = remove_all(client, self._journal.entries)
        self._journal.replace(list(refused))
        return list(refused.values())

    def _finish(self) -> None:
        """Take in the events so far, and the images of which the engine tells no event."""
        self._catch_up()
        for entry in self._before.made_since(self._client):
            self._journal.add(entry)

    def _catch_up(self) -> None:
        """Wait until the stream has delivered all events so far, by one event of our own."""
        name = f"course-marker-{uuid.uuid4().hex[:12]}"
        seen = self._seen.setdefault(name, threading.Event())
        from docker.errors import DockerException

        try:
            self._mark(name, seen)
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
        finally:
            del self._seen[name]

    def _mark(self, name: str, seen: threading.Event) -> None:
        """Volumes are cheap; again and again, since the first may come before the stream is on."""
        for _ in range(int(MARKER_SECONDS * 10)):
            volume = self._client.volumes.create(name, labels={OWNER: "recorder"})
            volume.remove()
            if seen.wait(0.1):
                return
        raise CouldNotFindOut("The Docker Engine sends no events.")

    def _follow(self) -> None:
        """The reader's thread; subscribes again where the engine was restarted."""
        while not self._closing.is_set():
            with contextlib.suppress(Exception):
                self._read()
            self._closing.wait(0.2)

    def _read(self) -> None:
        with contextlib.closing(docker_engine.client(timeout=STREAM_SECONDS)) as client:
            self._stream = client.api.events(decode=True, since=self._since)
            for event in self._stream:
                if self._closing.is_set():
                    return
                self._take(event)
                self._since = int(event.get("time", 0)) or None

    def _take(self, event: dict[str, Any]) -> None:
        kind, action = event.get("Type"), event.get("Action")
        actor = event.get("Actor", {})
        identity = actor.get("ID", "")
        if identity in self._seen:
            self._seen[identity].set()
        elif action == "create" and kind in MADE and not _is_node(actor.get("Attributes", {})):
            self._journal.add(Entry(kind, identity))
        elif action == "create" and kind == "volume" and not identity.startswith("course-marker-"):
            self._take_volume(identity)
        elif kind == "image" and action in IMAGE_ACTIONS:
            for entry in self._before.entries(
                identity, actor.get("Attributes", {}).get("name", "")
            ):
                self._journal.add(entry)

    def _take_volume(self, name: str) -> None:
        """An event also tells of a volume that was there and is only used."""
        if name not in self._before.volumes:
            self._journal.add(Entry("volume", name))

    def _stop(self) -> None:
        self._closing.set()
        if self._stream is not None:
            with contextlib.suppress(Exception):
                self._stream.close()
        if self._thread:
            self._thread.join(5)
        self._thread = None


def _is_node(labels: dict[str, str]) -> bool:
    """Whether it is a machine of the course's cluster, which another command may make meanwhile."""
    label, _, value = cluster_nodes.NODES.partition("=")
    return labels.get(label) == value


def remove_everything() -> list[str]:
    """Remove what every journal names, also of runs that left something on purpose."""
    return [line for name in journal.names() for line in Recorder.adopt(name).remove()]
