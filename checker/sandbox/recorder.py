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
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.base.settings import with_settings
from checker.docker import connection
from checker.docker.journal import Entry, Journal
from checker.docker.labels import OWNER
from checker.docker.removal import remove_entries
from checker.orchestrators.kind import cluster_nodes
from checker.sandbox.engine_snapshot import Snapshot

STREAM_SECONDS = 24 * 60 * 60
MARKER_SECONDS = 30.0
RECORDED = ("container", "network", "service", "secret", "config")
IMAGE_ACTIONS = ("tag", "pull", "load", "import", "build", "create")


class Recorder:
    """Records what is made in the engine while the context is open.

    Without being opened it removes what an earlier run of the same name made, whose journal it
    reads.
    """

    def __init__(self, run: Run) -> None:
        self._journal = Journal(run)
        self._before = Snapshot()
        self._stream: Any = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._seen: dict[str, threading.Event] = {}
        self._since: int | None = None

    @property
    def entries(self) -> list[Entry]:
        """What was made, in the order in which it was made."""
        return self._journal.entries

    def __enter__(self) -> Recorder:
        self._journal.open()
        try:
            self._client = connection.open_client()
            self._before = Snapshot.take(self._client)
            self._closing.clear()
            self._thread = threading.Thread(target=with_settings(self._follow_events), daemon=True)
            self._thread.start()
            self.catch_up()
        except BaseException:
            self._stop_thread()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(CouldNotFindOut):
            self.record_rest()
        self._stop_thread()
        self._journal.close()

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Take no note of what is made inside, such as a cluster in the place of a broken one."""
        self.record_rest()
        before = list(self.entries)
        yield
        self.catch_up()
        self._before = Snapshot.take(self._client)
        self._journal.replace_entries(before)

    def remove(self) -> list[str]:
        """Remove what was recorded, containers first; what is gone already is fine.

        Returns:
            A line for each thing that the engine refused to remove; these stay in the journal.

        Raises:
            CouldNotFindOut: The engine is away; the journal is kept.
        """
        if self._thread:
            self.record_rest()
        with contextlib.closing(connection.open_client()) as client:
            refused = remove_entries(client, self._journal.entries)
        self._journal.replace_entries(list(refused))
        return list(refused.values())

    def record_rest(self) -> None:
        """Record what the events so far tell, and the images of which there is no event.

        Raises:
            CouldNotFindOut: The engine went away.
        """
        self.catch_up()
        for entry in self._before.find_new_images(self._client):
            self._journal.add_entry(entry)

    def catch_up(self) -> None:
        """Wait until the stream has delivered all events so far, by one event of our own.

        Raises:
            CouldNotFindOut: The engine went away, or sends no events.
        """
        name = f"course-marker-{uuid.uuid4().hex[:12]}"
        seen = self._seen.setdefault(name, threading.Event())
        from docker.errors import DockerException

        try:
            # a volume is cheap; the first may come before the stream is on, so there are more
            for _ in range(int(MARKER_SECONDS * 10)):
                self._client.volumes.create(name, labels={OWNER: "recorder"}).remove()
                if seen.wait(0.1):
                    return
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
        finally:
            del self._seen[name]
        raise CouldNotFindOut("The Docker Engine sends no events.")

    def _follow_events(self) -> None:
        """Read in a thread of its own; subscribe again where the engine was restarted."""
        while not self._closing.is_set():
            with (
                contextlib.suppress(Exception),
                contextlib.closing(connection.open_client(timeout=STREAM_SECONDS)) as client,
            ):
                self._stream = client.api.events(decode=True, since=self._since)
                for event in self._stream:
                    if self._closing.is_set():
                        return
                    self._record_event(event)
                    self._since = int(event.get("time", 0)) or None
            self._closing.wait(0.2)

    def _record_event(self, event: dict[str, Any]) -> None:
        kind, action = event.get("Type"), event.get("Action")
        actor = event.get("Actor", {})
        identity = actor.get("ID", "")
        if identity in self._seen:
            self._seen[identity].set()
        elif action == "create" and kind in RECORDED:
            # another command may make a node of the course's cluster meanwhile
            label, _, value = cluster_nodes.NODES.partition("=")
            if actor.get("Attributes", {}).get(label) != value:
                self._journal.add_entry(Entry(kind, identity))
        elif action == "create" and kind == "volume" and not identity.startswith("course-marker-"):
            # an event also tells of a volume that was there and is only used
            if identity not in self._before.volumes:
                self._journal.add_entry(Entry("volume", identity))
        elif kind == "image" and action in IMAGE_ACTIONS:
            name = actor.get("Attributes", {}).get("name", "")
            for entry in self._before.describe_event(identity, name):
                self._journal.add_entry(entry)

    def _stop_thread(self) -> None:
        self._closing.set()
        if self._stream is not None:
            with contextlib.suppress(Exception):
                self._stream.close()
        if self._thread:
            self._thread.join(5)
        self._thread = None
