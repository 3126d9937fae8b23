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

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.loadtest import picture
from checker.loadtest.plan import Plan
from checker.loadtest.result import Result, pick_quantile
from checker.loadtest.running import ProbeProcess, wait_for_answer
from checker.loadtest.sample import OUTCOMES

COLUMNS = ("number", "intended", "sent", "ended", "outcome", "status", "version", "connection")


@dataclass(frozen=True)
class OutputFiles:
    """Where the result goes: `json` to standard output, files where they are named."""

    json: bool = False
    csv: Path | None = None
    svg: Path | None = None


def run_probe(plan: Plan, output: OutputFiles) -> int:
    """Run a plan, show what came of it, and write the files.

    Ctrl-C (or SIGTERM) ends it early; the result is then that of what was sent.

    Returns:
        0 nothing lost; 1 something lost.

    Raises:
        CouldNotFindOut: Nothing answers at the start.
        CourseError: A file cannot be written; known before anything is sent.
    """
    for file in (output.csv, output.svg):
        if file and not file.absolute().parent.is_dir():
            raise CourseError(f"There is no folder {file.parent} for {file.name}.")
        if file and not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
            raise CourseError(f"{file} cannot be written.", found="Permission denied")
    if became := wait_for_answer(plan, 0):
        message = f"Nothing answers at {plan.url}."
        step = "Start what listens there, and see that its port is published on 127.0.0.1."
        raise CouldNotFindOut(message, found=OUTCOMES[became], next_step=step)
    result = run_load(plan)
    write_files(result, output)
    if output.json:
        print(json.dumps(result.build_report()))
    else:
        console.out.print(summarize_result(result), markup=False)
    return 1 if result.lost else 0


def summarize_result(result: Result) -> str:
    """Return some lines for people."""
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
        values = [
            format_milliseconds(pick_quantile(result.latencies, share))
            for share in (0.5, 0.9, 0.99, 1)
        ]
        lines += [
            f"versions  {named}",
            "latency   p50 {}, p90 {}, p99 {}, slowest {}".format(*values),
        ]
    return "\n".join(lines)


def format_csv(result: Result) -> str:
    """Return a line a request; times are in seconds since the load began."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, each in enumerate(result.samples, 1):
        times = [f"{value:.6f}" for value in (each.intended, each.sent, each.ended)]
        connection = "fresh" if each.fresh else "kept"
        status = each.status or ""
        writer.writerow([number, *times, each.outcome, status, each.version, connection])
    return out.getvalue()


def run_load(plan: Plan) -> Result:
    """Run a plan in a process of its own, and show how far it is."""
    pause = threading.Event()
    with console.step(f"Sending {plan.count} requests to {plan.url}") as step:
        running = ProbeProcess(plan)
        with stop_on_signal(running.stop):
            while not running.is_over:
                counts = running.counts
                versions = counts.versions.items()
                seen = ", ".join(f"{name or 'no version'}: {n}" for name, n in versions)
                step.update(f"{counts.sent} of {plan.count} sent, {counts.lost} lost; {seen}")
                pause.wait(0.2)  # short enough for a signal to be heard
            return running.collect_result()


@contextmanager
def stop_on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """End in good order on both signals; a shell starts background jobs deaf to SIGINT."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, frame: stop()) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def write_files(result: Result, output: OutputFiles) -> None:
    """Write the files that were asked for."""
    for file, content in ((output.csv, format_csv), (output.svg, picture.draw_picture)):
        if file:
            try:
                paths.write_atomically(file, content(result))
            except OSError as error:
                reason = error.strerror or ""
                raise CourseError(f"{file} cannot be written.", found=reason) from error


def format_milliseconds(seconds: float) -> str:
    """Say a time in milliseconds, with a decimal where it is short."""
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"
