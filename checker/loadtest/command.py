"""`./course probe`: a load from the command line, its progress, its result and its files."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.loadtest import picture
from checker.loadtest.load import Counts
from checker.loadtest.plan import Plan
from checker.loadtest.result import Result, quantile
from checker.loadtest.running import Running, until_answered
from checker.loadtest.sample import OUTCOMES

COLUMNS = ("number", "intended", "sent", "ended", "outcome", "status", "version", "connection")


@dataclass(frozen=True)
class Wanted:
    """Where the result goes: `json` to standard output, files where they are named."""

    json: bool = False
    csv: Path | None = None
    svg: Path | None = None


def probe(plan: Plan, wanted: Wanted) -> int:
    """Run a plan, show what came of it, and write the files.

    Ctrl-C (or SIGTERM) ends it early; the result is then that of what was sent.

    Returns:
        0 nothing lost; 1 something lost.

    Raises:
        CouldNotFindOut: Nothing answers at the start.
        CourseError: A file cannot be written; known before anything is sent.
    """
    for file in (wanted.csv, wanted.svg):
        if file and not file.absolute().parent.is_dir():
            raise CourseError(f"There is no folder {file.parent} for {file.name}.")
        if file and not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            raise CourseError(f"{file} cannot be written.", found="Permission denied")
    if became := until_answered(plan, 0):
        raise CouldNotFindOut(
            f"Nothing answers at {plan.url}.",
            found=OUTCOMES[became],
            next_step="Start what listens there, and see that its port is published on 127.0.0.1.",
        )
    result = _run(plan)
    _write(result, wanted)
    if wanted.json:
        print(json.dumps(result.as_object()))
    else:
        console.out.print(summary(result), markup=False)
    return 1 if result.lost else 0


def summary(result: Result) -> str:
    """Some lines for people."""
    connections = "fresh" if result.plan.fresh else "kept"
    lines = [
        f"sent      {result.sent} in {result.sending_seconds:.1f} s, "
        f"{result.plan.rate:g} a second, {connections} connections",
        f"lost      {result.lost}",
    ]
    if not result.complete:
        lines[0] += f" (stopped early, {result.plan.count} were planned)"
    if result.lost:
        first, last = result.losses[0].intended, result.losses[-1].intended
        lines[1] += f": {result.lost_how}"
        lines += [f"          first after {first:.2f} s, last after {last:.2f} s"]
    if result.latencies:
        named = ", ".join(f"{name}: {count}" for name, count in result.versions.items())
        values = [_ms(quantile(result.latencies, share)) for share in (0.5, 0.9, 0.99, 1)]
        lines += [
            f"versions  {named}",
            "latency   p50 {}, p90 {}, p99 {}, slowest {}".format(*values),
        ]
    return "\n".join(lines)


def as_csv(result: Result) -> str:
    """A line a request; times in seconds since the load began."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, each in enumerate(result.samples, 1):
        times = [f"{value:.6f}" for value in (each.intended, each.sent, each.ended)]
        connection = "fresh" if each.fresh else "kept"
        status = each.status or ""
        writer.writerow([number, *times, each.outcome, status, each.version, connection])
    return out.getvalue()


def _run(plan: Plan) -> Result:
    with console.step(f"Sending {plan.count} requests to {plan.url}") as step:
        running = Running(plan)
        with _on_signal(running.stop):
            _show(running, lambda counts: step.update(_state(counts, plan)))
            return running.result()


def _show(running: Running, show: Callable[[Counts], None]) -> None:
    """Until it is over; the wait is short enough for a signal to be heard."""
    pause = threading.Event()
    while not running.is_over:
        show(running.counts)
        pause.wait(0.2)


def _state(counts: Counts, plan: Plan) -> str:
    seen = ", ".join(f"{name or 'no version'}: {n}" for name, n in counts.versions.items())
    return f"{counts.sent} of {plan.count} sent, {counts.lost} lost; {seen}"


@contextmanager
def _on_signal(act: Callable[[], None]) -> Iterator[None]:
    """Both signals end a probe in good order; a shell starts background jobs deaf to SIGINT."""

    def handle(number: int, frame: FrameType | None) -> None:
        act()

    before = {each: signal.signal(each, handle) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _write(result: Result, wanted: Wanted) -> None:
    for file, content in ((wanted.csv, as_csv), (wanted.svg, picture.draw)):
        if file:
            try:
                paths.write_atomically(file, content(result))
            except OSError as error:
                raise CourseError(
                    f"{file} cannot be written.", found=error.strerror or ""
                ) from error


def _ms(seconds: float) -> str:
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
