"""Measure rollouts: deploy under a constant load, and put load and events on one clock."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.base import console
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.base.process import CommandFailed
from checker.labs import prove
from checker.labs import stage as labs_stage
from checker.labs.lab import load_lab
from checker.loadtest import plan as plans
from checker.loadtest.result import Result, pick_quantile
from checker.loadtest.running import ProbeProcess, wait_for_answer
from checker.measure import timeline
from checker.measure.follower import RolloutFollower
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
class Measurement:
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


Runs = Sequence[Measurement]
Rollout = tuple[Measurement, Timeline]


def measure_series(stage: Stage, repeat: int) -> Iterator[Rollout]:
    """Measure all rollouts on one orchestrator: careless ones, careful ones, bad versions.

    Raises:
        CourseError: The lab cannot be set up, or a rollout does not end.
        CouldNotFindOut: The engine is away.
    """
    lab = load_lab(stage.lab)
    with (
        prove.open_session(lab, "measure"),
        tempfile.TemporaryDirectory(prefix="course-") as folder,
    ):
        workspace = Path(folder)
        with console.step(f"{stage.name}: setting up"):
            labs_stage.prepare_workspace(lab, workspace)
            run_script(stage, stage.scale, workspace)
        good = itertools.cycle("21")  # version 1 runs at the beginning, and 2 is as good
        yield from _repeat_rollouts(stage, CARELESS, itertools.islice(good, repeat), workspace)
        with console.step(f"{stage.name}: curing"):
            for task in lab.tasks:
                for code in task.solution:
                    run_script(stage, code.text, workspace)
        yield from _repeat_rollouts(stage, CAREFUL, itertools.islice(good, repeat), workspace)
        yield from _repeat_rollouts(stage, BAD, itertools.repeat(BAD_VERSION, repeat), workspace)


def _repeat_rollouts(
    stage: Stage, kind: str, versions: Iterable[str], workspace: Path
) -> Iterator[Rollout]:
    for number, version in enumerate(versions, 1):
        run_script(stage, stage.settle, workspace)
        with console.step(f"{stage.name}: {kind} rollout {number}"):
            found = measure_rollout(stage, kind, version, workspace)
        yield found


def measure_rollout(stage: Stage, kind: str, version: str, workspace: Path) -> Rollout:
    """Deploy a version under load, and follow it to its end."""
    load = plans.make_plan(stage.url(), rate=RATE, seconds=LONGEST_SECONDS, timeout=TIMEOUT_SECONDS)
    if became := wait_for_answer(load, ANSWER_SECONDS):
        raise CouldNotFindOut(f"Nothing answers at {load.url}.", found=became)
    with stage.follow() as follower, contextlib.ExitStack() as cleanup:
        running = ProbeProcess(load)
        cleanup.callback(running.kill)
        wait_for_requests(running, BEFORE)
        run_script(stage, f"set -- {version}\n{stage.deploy}", workspace)
        if not wait_until(lambda: is_rollout_over(follower), END_SECONDS, POLL_SECONDS):
            raise CouldNotFindOut(
                f"{stage.name}: the rollout of version {version} does not end.",
                found=run_script(stage, stage.cause, workspace),
                next_step="Is the machine short of memory or disk? ./course doctor",
            )
        wait_for_requests(running, AFTER)
        running.stop()
        result = running.collect_result()
    return summarize_rollout(stage, kind, result, follower)


def wait_for_requests(running: ProbeProcess, more: int) -> None:
    """Wait until the probe has sent a number of requests more."""
    wanted = running.counts.sent + more
    seconds = more / RATE + ANSWER_SECONDS
    running.wait_until(lambda: running.counts.sent >= wanted, seconds, "The probe does not send.")


def is_rollout_over(follower: RolloutFollower) -> bool:
    """Tell whether the orchestrator says so, and every copy that was taken out has ended."""
    # A copy of the list: the follower's thread adds to it meanwhile.
    events = [event for _, event in list(follower.moments)]
    kinds = {event.kind for event in events}
    gone = {event.subject for event in events if event.kind in ("ended", "failed")}
    leaving = {event.subject for event in events if event.kind in ("left", "stopping")}
    return "done" in kinds and leaving <= gone


def summarize_rollout(
    stage: Stage, kind: str, result: Result, follower: RolloutFollower
) -> Rollout:
    """Put load and events on one clock, and take the numbers from it."""
    what = "version" if kind == BAD else "rollout"
    title = f"{stage.name}, two copies: a {kind} {what}"
    line = timeline.make_timeline(title, result, follower.moments, WIDTH)
    begin, back = line.find_moment("begin"), line.find_moment("back")
    if begin is None or line.rollout_seconds is None or (kind == BAD) != (back is not None):
        wanted = "a rollback" if kind == BAD else "a rollout to the end"
        seen = ", ".join(event.kind for event in line.events if not event.subject) or "nothing"
        raise CouldNotFindOut(f"{stage.name}: {wanted} was not seen.", found=seen)
    measurement = Measurement(
        orchestrator=stage.name,
        kind=kind,
        sent=result.sent,
        lost=result.lost,
        p99=round(pick_quantile(result.latencies, 0.99), 4),
        slowest=round(pick_quantile(result.latencies, 1), 4),
        finished=round(line.rollout_seconds, 2),
        noticed=None if back is None else round(back - begin, 2),
    )
    return measurement, line


def run_script(stage: Stage, script: str, workspace: Path) -> str:
    """Run a script of a stage, and return what it printed; "" without a script."""
    try:
        return labs_stage.run_script(script, workspace) if script else ""
    except CommandFailed as failed:
        raise CouldNotFindOut(
            f"{stage.name}: a command of the measurement failed.",
            found=failed.found or failed.message,
            next_step=f"Does its lab work? ./course verify labs/{stage.lab}",
        ) from failed
