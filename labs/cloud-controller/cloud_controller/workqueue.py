"""The queue between those who notice a change and those who act on it.

The rules are those of client-go's workqueue: a key waits at most once, however often it is added;
no two workers have the same key; what failed comes again, each time after a longer pause.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
"""Seconds between tries of a key that fails; the pause doubles from the first to the longest."""
MOST_DOUBLINGS = 10
"""More than enough for the longest pause; what fails for days must not make numbers too large."""


@dataclass(frozen=True, order=True)
class Key:
    """What to look at: `kind` is `service` or `node`; `name` is NAMESPACE/NAME or NAME."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class WorkQueue:
    """Keys that wait for a worker. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Key, float] = {}
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._closed = False

    def add(self, key: Key, pause: float = 0.0) -> None:
        """Have a key worked on, after a pause in seconds; one that waits already is due earlier."""
        with self._changed:
            due = time.monotonic() + pause
            self._due[key] = min(due, self._due.get(key, due))
            self._changed.notify()

    def get(self) -> Key | None:
        """Wait for a key that is due and that nobody has; None when the queue was closed."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                free = [(due, key) for key, due in self._due.items() if key not in self._busy]
                due, key = min(free, default=(None, None))
                if key and due is not None and due <= now:
                    del self._due[key]
                    self._busy.add(key)
                    return key
                self._changed.wait(None if due is None else due - now)
            return None

    def done(self, key: Key, failed: bool) -> None:
        """Give a key back. One that was added meanwhile, or that failed, comes again."""
        with self._changed:
            self._busy.discard(key)
            before = self._failures.pop(key, 0)
            if failed:
                self._failures[key] = before + 1
                pause = FIRST_PAUSE * 2 ** min(before, MOST_DOUBLINGS)
                self.add(key, min(pause, LONGEST_PAUSE))
            self._changed.notify()

    def close(self) -> None:
        """Send all workers home."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
