"""Following a rollout: what an orchestrator does, looked at ten times a second."""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from typing import Self

from checker.measure.timeline import Event, Moment

POLL_SECONDS = 0.1


class RolloutFollower(ABC):
    """What every follower does; `moments` are the events of one rollout with their times.

    Args:
        passing: Errors of a look after which the next one may succeed.
    """

    join_seconds = 10.0
    """How long a look may take that is under way when the end comes."""

    def __init__(self, *passing: type[Exception]) -> None:
        self.moments: list[Moment] = []
        self._passing = passing
        self._seen: set[tuple[str, str]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._observe_until_over, daemon=True)

    def __enter__(self) -> Self:
        self.observe()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(self.join_seconds)

    @abstractmethod
    def observe(self) -> None:
        """Note what has happened by now; the first look sees what was there before."""

    def _observe_until_over(self) -> None:
        while not self._over.wait(POLL_SECONDS):
            # A busy engine is no end of the rollout: the next look may succeed.
            with contextlib.suppress(*self._passing):
                self.observe()

    def note_event(self, now: float, kind: str, subject: str = "", version: str = "") -> None:
        """Note an event the first time that it is seen."""
        if (kind, subject) not in self._seen:
            self._seen.add((kind, subject))
            self.moments.append((now, Event(0.0, kind, subject, version)))
