"""A rollout as data: a load, and on the same clock what became of each copy of the application.

The same for every orchestrator, so that their pictures can be compared: a copy is a Pod or a task.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from checker.base.errors import CourseError
from checker.loadtest.result import Bucket, Result

SCHEMA = 1
KINDS = {
    "begin": "the rollout was asked for",
    "done": "the orchestrator says that it is finished",
    "back": "the orchestrator goes back to the version before",
    "started": "the copy's process runs",
    "joined": "the copy gets requests",
    "left": "the copy is taken out of what gets requests",
    "stopping": "the copy was told to end",
    "ended": "the copy's process has ended",
    "failed": "the copy's process has ended by itself, or its health checks failed",
}
"""What an event can be. The first three are about the rollout, the others about its subject."""


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Args:
        at: Seconds since the load began; below 0 if it was so before.
        kind: One of KINDS.
        subject: The copy, such as shop.1; a copy that replaces another has a name of its own.
        version: What the copy runs, if known.
    """

    at: float
    kind: str
    subject: str = ""
    version: str = ""


Moment = tuple[float, Event]


@dataclass(frozen=True)
class Timeline:
    """A measured rollout.

    Args:
        seconds: Length of the load.
        width: Seconds of a bucket.
    """

    title: str
    seconds: float
    sent: int
    lost: int
    first_loss: float | None
    last_loss: float | None
    slowest: float
    width: float
    buckets: list[Bucket]
    events: list[Event] = field(default_factory=list)

    @property
    def versions(self) -> dict[str, int]:
        """Good answers by version, in the order in which versions were first seen."""
        found: dict[str, int] = {}
        for bucket in self.buckets:
            for name, count in bucket.versions.items():
                found[name] = found.get(name, 0) + count
        return found

    @property
    def copies(self) -> list[str]:
        """Every subject, the one that appeared first at the top."""
        ordered = sorted((each for each in self.events if each.subject), key=lambda each: each.at)
        return list(dict.fromkeys(each.subject for each in ordered))

    def find_moment(self, kind: str, subject: str = "") -> float | None:
        """Find when something first happened to a copy, or to the rollout; None if it did not."""
        found = [each.at for each in self.events if (each.kind, each.subject) == (kind, subject)]
        return min(found, default=None)

    def find_version(self, copy: str) -> str:
        """Find what a copy runs; "" if no event names it."""
        versions = (each.version for each in self.events if each.subject == copy and each.version)
        return next(versions, "")

    @property
    def rollout_seconds(self) -> float | None:
        """From asking for it until the orchestrator called it finished, or went back."""
        begin, end = self.find_moment("begin"), self.find_moment("done")
        return None if begin is None or end is None else end - begin


def make_timeline(title: str, result: Result, events: Iterable[Moment], width: float) -> Timeline:
    """Put a load and events on one clock; a copy that had ended before the load is left out.

    Each event has its moment in seconds since the epoch, which replaces its `at`.
    """
    moved = [
        Event(round(moment - result.started_at, 3), each.kind, each.subject, each.version)
        for moment, each in events
    ]
    former = {each.subject for each in moved if each.kind == "ended" and each.at < 0}
    events_meanwhile = [each for each in moved if each.subject not in former]
    losses = result.losses
    first, last = (losses[0].intended, losses[-1].intended) if losses else (None, None)
    slowest = max(result.latencies, default=0.0)
    load = (result.sending_seconds, result.sent, result.lost, first, last, slowest)
    events_meanwhile.sort(key=lambda each: each.at)
    return Timeline(title, *load, width, result.split_load(width), events_meanwhile)


def dump_timeline(timeline: Timeline) -> str:
    """Return the timeline as JSON, as it is kept."""
    return json.dumps({"schema": SCHEMA, **asdict(timeline)}, indent=1) + "\n"


def load_timeline(text: str) -> Timeline:
    """Read the timeline that `dump_timeline` wrote.

    Raises:
        CourseError: It is none, or of another schema.
    """
    try:
        content: dict[str, Any] = json.loads(text)
        if content.pop("schema") != SCHEMA:
            raise ValueError("another schema")
        buckets = [Bucket(**each) for each in content.pop("buckets")]
        events = [Event(**each) for each in content.pop("events")]
        if unknown := {each.kind for each in events} - set(KINDS):
            raise ValueError(f"unknown kinds of events: {', '.join(sorted(unknown))}")
        return Timeline(buckets=buckets, events=events, **content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError("This is not a timeline.", found=str(error)) from error
