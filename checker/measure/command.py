"""`./course measure rollouts`: measure, keep the data, draw, and say it in a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from checker.base import console, paths
from checker.base.errors import CourseError
from checker.measure import chart, drawing, rollouts, summary, timeline
from checker.measure.rollouts import Measured
from checker.measure.stages import STAGES, Stage
from checker.measure.timeline import Timeline

PAGE, PICTURES = "deploy/three-orchestrators.md", "deploy/pictures"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->"


def measure(only: Sequence[str], repeat: int, folder: Path, page: bool) -> None:
    """Measure rollouts on each orchestrator, one after the other.

    What is finished is written after each orchestrator, so that an end in the middle loses little.
    What the folder has of others is kept, and comes into the table as well.

    Args:
        only: Names of orchestrators; all if empty.
        repeat: How many rollouts of each kind.
        folder: Where data and pictures go.
        page: Write into the course's page of the comparison instead.

    Raises:
        CourseError: There is no such orchestrator, or the folder cannot be written; or see
            `rollouts.series`.
    """
    chosen = _chosen(only)
    if page:
        _around()
    place = paths.for_results(paths.docs() / PICTURES if page else folder, "--out")
    runs, lines = _kept(place)
    for at in chosen:
        found = []
        for measured, line in rollouts.series(at, repeat):
            found.append((measured, line))
            console.err.print(_said(measured), markup=False)
        runs = _in_order([each for each in runs if each.orchestrator != at.name], found)
        lines |= {_name(at, kind): _first(found, kind) for kind in rollouts.KINDS}
        write(place, runs, lines)
    if page:
        into_page(runs, lines)
    console.out.print(summary.table(runs), markup=False, end="")
    console.err.print(f"Data and pictures are in {place}.", markup=False)


def write(folder: Path, runs: Sequence[Measured], lines: Mapping[str, Timeline]) -> None:
    """Keep all runs, their chart, and the timeline of the first rollout of each kind."""
    paths.write_atomically(folder / "rollouts.json", summary.dump(runs, machine()))
    paths.write_atomically(folder / "rollouts.svg", chart.draw(runs))
    for name, line in lines.items():
        paths.write_atomically(folder / f"{name}.json", timeline.dump(line))
        paths.write_atomically(folder / f"{name}.svg", drawing.draw(line))


def into_page(runs: Sequence[Measured], lines: Mapping[str, Timeline]) -> None:
    """Put table, chart and timelines, with their words, between the marks of the page.

    Raises:
        CourseError: The page has no such marks.
    """
    before, after = _around()
    paths.write_atomically(
        paths.docs() / PAGE, f"{before}{BEGIN}{measured_part(runs, lines)}{END}{after}"
    )


def _around() -> tuple[str, str]:
    """What stands before and after the marks; looked at before minutes of measuring as well."""
    page = paths.docs() / PAGE
    text = page.read_text() if page.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CourseError(f"{page} has no place for what was measured.", expected=BEGIN.strip())
    return before, after


def measured_part(runs: Sequence[Measured], lines: Mapping[str, Timeline]) -> str:
    """What stands between the marks."""
    names = [_name(at, kind) for at in STAGES for kind in rollouts.KINDS]
    timelines = "".join(
        f"\n    {_picture(name, drawing.describe(lines[name]), timeline=name)}\n"
        for name in names
        if name in lines
    )
    chart_ = _picture("rollouts", chart.describe(runs))
    return (
        f"{summary.table(runs)}\n{chart_}\n\n"
        f'??? example "The first rollout of each kind, as it went"\n{timelines}\n'
    )


def _picture(name: str, words: str, timeline: str = "") -> str:
    data = f' data-timeline="{timeline}"' if timeline else ""
    return f"![{words}](pictures/{name}.svg){{ .rollout{data} }}"


def machine() -> dict[str, Any]:
    """What it was measured on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3),
        "kernel": platform.release().partition("-")[0],
    }


def _kept(folder: Path) -> tuple[list[Measured], dict[str, Timeline]]:
    """What was measured before."""
    kept = folder / "rollouts.json"
    runs = summary.load(kept.read_text())[0] if kept.exists() else []
    names = [_name(at, kind) for at in STAGES for kind in rollouts.KINDS]
    files = {name: folder / f"{name}.json" for name in names}
    there = {name: file for name, file in files.items() if file.exists()}
    return runs, {name: timeline.load(file.read_text()) for name, file in there.items()}


def _in_order(others: list[Measured], found: list[rollouts.Found]) -> list[Measured]:
    order = [each.name for each in STAGES]
    every = [*others, *(measured for measured, _ in found)]
    return sorted(every, key=lambda each: order.index(each.orchestrator))


def _name(at: Stage, kind: str) -> str:
    return f"measured-{at.name.lower()}-{kind}"


def _first(found: list[rollouts.Found], kind: str) -> Timeline:
    return next(line for measured, line in found if measured.kind == kind)


def _chosen(only: Sequence[str]) -> list[Stage]:
    known = {each.name.lower(): each for each in STAGES}
    for name in only:
        if name.lower() not in known:
            raise CourseError(f"There is no orchestrator {name}.", expected=", ".join(known))
    return [each for name, each in known.items() if not only or name in map(str.lower, only)]


def _said(run: Measured) -> str:
    back = "" if run.noticed is None else f", noticed after {run.noticed:.1f} s"
    return (
        f"{run.orchestrator}, {run.kind}: {run.lost} of {run.sent} lost, "
        f"over after {run.finished:.1f} s{back}"
    )
