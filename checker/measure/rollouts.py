"""Measure rollouts: deploy under a constant load, and put load and events on one clock."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.base import console
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.base.process import CommandFailed
from checker.labs import prove, stage
from checker.labs.lab import load as load_lab
from checker.loadtest import plan as plans
from checker.loadtest.result import Result, quantile
from checker.loadtest.running import Running, until_answered
from checker.measure import timeline
from checker.measure.following import Following
from checker.measure.stages import Stage
from checker.measure.timeline import Timeline

RATE = 200.0
TIMEOUT_SECONDS = 10.0
LONGEST_SECONDS = 240.0
BEFORE, AFTER = 200, 200
"""Requests sent before the rollout is asked for, and after the last old copy has ended."""

END_SECONDS = 150.0
ANSWER_SECONDS = 30.0
POLL_SECONDS = 0.1
WIDTH = 0.25
CARELESS, CAREFUL, BAD = "careless", "careful", "bad"
KINDS = (CARELESS, CAREFUL, BAD)
BAD_VERSION = "3"


@dataclass(frozen=True)
class Measured:
    """One rollout.

    Args:
        kind: One of KINDS.
        p99: Seconds, of the good answers, as `slowest`.
        finished: Seconds from asking for it until the orchestrator says that it is over.
        noticed: Seconds until it goes back, for a bad version.
    """

    orchestrator: str
    kind: str
    sent: int
    lost: int
    p99: float
    slowest: float
    finished: float
    noticed: float | None


Found = tuple[Measured, Timeline]


def series(at: Stage, repeat: int) -> Iterator[Found]:
    """All rollouts on one orchestrator: careless ones, careful ones, bad versions.

    Args:
        repeat: How many of each.

    Raises:
        CourseError: The lab cannot be set up, or a rollout does not end.
        CouldNotFindOut: The engine is away.
    """
    lab = load_lab(at.lab)
    with (
        prove.recorded(lab, "measure"),
        tempfile.TemporaryDirectory(prefix="course-") as folder,
    ):
        workspace = Path(folder)
        with console.step(f"{at.name}: setting up"):
            stage.begin(lab, workspace)
            _run(at, at.two, workspace)
        good = itertools.cycle("21")  # version 1 runs at the beginning, and 2 is as good
        yield from _repeat(at, CARELESS, itertools.islice(good, repeat), workspace)
        with console.step(f"{at.name}: curing"):
            for task in lab.tasks:
                for code in task.solution:
                    _run(at, code.text, workspace)
        yield from _repeat(at, CAREFUL, itertools.islice(good, repeat), workspace)
        yield from _repeat(at, BAD, itertools.repeat(BAD_VERSION, repeat), workspace)


def _repeat(at: Stage, kind: str, versions: Iterable[str], workspace: Path) -> Iterator[Found]:
    for number, version in enumerate(versions, 1):
        _run(at, at.settled, workspace)
        with console.step(f"{at.name}: {kind} rollout {number}"):
            found = _measure(at, kind, version, workspace)
        yield found


def _measure(at: Stage, kind: str, version: str, workspace: Path) -> Found:
    load = plans.make(at.url(), rate=RATE, seconds=LONGEST_SECONDS, timeout=TIMEOUT_SECONDS)
    if became := until_answered(load, ANSWER_SECONDS):
        raise CouldNotFindOut(f"Nothing answers at {load.url}.", found=became)
    with at.follow() as follower, _running(load) as running:
        _send(running, BEFORE)
        _run(at, f"set -- {version}\n{at.deploy}", workspace)
        if not wait_until(lambda: _is_over(follower), END_SECONDS, POLL_SECONDS):
            raise CouldNotFindOut(
                f"{at.name}: the rollout of version {version} does not end.",
                found=_run(at, at.why, workspace),
                next_step="Is the machine short of memory or disk? ./course doctor",
            )
        _send(running, AFTER)
        running.stop()
        result = running.result()
    return _found(at, kind, result, follower)


@contextlib.contextmanager
def _running(load: plans.Plan) -> Iterator[Running]:
    running = Running(load)
    try:
        yield running
    finally:
        running.kill()


def _send(running: Running, more: int) -> None:
    wanted = running.counts.sent + more
    seconds = more / RATE + ANSWER_SECONDS
    running.wait_until(lambda: running.counts.sent >= wanted, seconds, "The probe does not send.")


def _is_over(follower: Following) -> bool:
    """The orchestrator says so, and every copy that was taken out has ended."""
    events = [event for _, event in list(follower.moments)]
    kinds = {event.kind for event in events}
    gone = {event.subject for event in events if event.kind in ("ended", "failed")}
    leaving = {event.subject for event in events if event.kind in ("left", "stopping")}
    return "done" in kinds and leaving <= gone


def _found(at: Stage, kind: str, result: Result, follower: Following) -> Found:
    what = "version" if kind == BAD else "rollout"
    title = f"{at.name}, two copies: a {kind} {what}"
    line = timeline.of(title, result, follower.moments, WIDTH)
    begin, back = line.when("begin"), line.when("back")
    if begin is None or line.rollout_seconds is None or (kind == BAD) != (back is not None):
        wanted = "a rollback" if kind == BAD else "a rollout to the end"
        told = [event.kind for event in line.events if not event.subject]
        raise CouldNotFindOut(
            f"{at.name}: {wanted} was not seen.", found=", ".join(told) or "nothing"
        )
    measured = Measured(
        orchestrator=at.name,
        kind=kind,
        sent=result.sent,
        lost=result.lost,
        p99=round(quantile(result.latencies, 0.99), 4),
        slowest=round(quantile(result.latencies, 1), 4),
        finished=round(line.rollout_seconds, 2),
        noticed=None if back is None else round(back - begin, 2),
    )
    return measured, line


def _run(at: Stage, script: str, workspace: Path) -> str:
    try:
        return stage.shell(script, workspace) if script else ""
    except CommandFailed as failed:
        raise CouldNotFindOut(
            f"{at.name}: a command of the measurement failed.",
            found=failed.found or failed.message,
            next_step=f"Is its lab well? ./course verify labs/{at.lab}",
        ) from failed
