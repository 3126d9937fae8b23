"""`./course measure rollouts`: measure, keep the data, draw, and say it in a table."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from checker.base import console, paths
from checker.base.errors import CourseError
from checker.measure import chart, drawing, rollouts, summary, timeline
from checker.measure.rollouts import Measurement, Runs
from checker.measure.stages import STAGES, Stage
from checker.measure.timeline import Timeline

PAGE, PICTURES = "deploy/three-orchestrators.md", "deploy/pictures"
Timelines = dict[str, Timeline]
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->"


def measure_rollouts(only: Sequence[str], repeat: int, folder: Path, page: bool) -> None:
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
            `rollouts.measure_series`.
    """
    chosen = choose_stages(only)
    if page:
        split_page()  # a page without marks is told before minutes of measuring
    place = paths.ensure_results_folder(paths.docs() / PICTURES if page else folder, "--out")
    runs, timelines = load_results(place)
    order = [each.name for each in STAGES]
    for stage in chosen:
        found = []
        for measurement, line in rollouts.measure_series(stage, repeat):
            found.append((measurement, line))
            console.err.print(_describe_run(measurement), markup=False)
        others = [each for each in runs if each.orchestrator != stage.name]
        runs = [*others, *(measurement for measurement, _ in found)]
        runs.sort(key=lambda each: order.index(each.orchestrator))
        # Backwards, so that of each kind the first one stays.
        timelines |= {name_timeline(stage, run.kind): line for run, line in reversed(found)}
        write_results(place, runs, timelines)
    if page:
        write_into_page(runs, timelines)
    console.out.print(summary.render_table(runs), markup=False, end="")
    console.err.print(f"Data and pictures are in {place}.", markup=False)


def write_results(folder: Path, runs: Runs, timelines: Timelines) -> None:
    """Keep all runs, their chart, and the timeline of the first rollout of each kind."""
    paths.write_atomically(folder / "rollouts.json", summary.dump_runs(runs, describe_machine()))
    paths.write_atomically(folder / "rollouts.svg", chart.draw_chart(runs))
    for name, data in timelines.items():
        paths.write_atomically(folder / f"{name}.json", timeline.dump_timeline(data))
        paths.write_atomically(folder / f"{name}.svg", drawing.draw_timeline(data))


def write_into_page(runs: Runs, timelines: Timelines) -> None:
    """Put table, chart and timelines, with their words, between the marks of the page.

    Raises:
        CourseError: The page has no such marks.
    """
    before, after = split_page()
    paths.write_atomically(
        paths.docs() / PAGE, f"{before}{BEGIN}{render_measured_part(runs, timelines)}{END}{after}"
    )


def split_page() -> tuple[str, str]:
    """Return what stands before and after the marks of the page."""
    page = paths.docs() / PAGE
    text = page.read_text() if page.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CourseError(f"{page} has no place for what was measured.", expected=BEGIN.strip())
    return before, after


def render_measured_part(runs: Runs, timelines: Timelines) -> str:
    """Render what stands between the marks."""
    names = [name_timeline(stage, kind) for stage in STAGES for kind in rollouts.KINDS]
    pictures = "".join(
        f"\n    {_link_picture(name, drawing.describe_timeline(timelines[name]), timeline=name)}\n"
        for name in names
        if name in timelines
    )
    picture = _link_picture("rollouts", chart.describe_chart(runs))
    return (
        f"{summary.render_table(runs)}\n{picture}\n\n"
        f'??? example "The first rollout of each kind, as it went"\n{pictures}\n'
    )


def _link_picture(name: str, words: str, timeline: str = "") -> str:
    data = f' data-timeline="{timeline}"' if timeline else ""
    return f"![{words}](pictures/{name}.svg){{ .rollout{data} }}"


def describe_machine() -> dict[str, Any]:
    """Describe the machine that the rollouts ran on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3),
        "kernel": platform.release().partition("-")[0],
    }


def load_results(folder: Path) -> tuple[list[Measurement], Timelines]:
    """Load what was measured before."""
    file = folder / "rollouts.json"
    runs = summary.load_runs(file.read_text())[0] if file.exists() else []
    names = [name_timeline(stage, kind) for stage in STAGES for kind in rollouts.KINDS]
    files = {name: folder / f"{name}.json" for name in names}
    existing = {name: file for name, file in files.items() if file.exists()}
    return runs, {name: timeline.load_timeline(file.read_text()) for name, file in existing.items()}


def name_timeline(stage: Stage, kind: str) -> str:
    """Name the files of the first rollout of a kind."""
    return f"measured-{stage.name.lower()}-{kind}"


def choose_stages(only: Sequence[str]) -> list[Stage]:
    """Return the stages of these orchestrators; all without a name."""
    known = {each.name.lower(): each for each in STAGES}
    for name in only:
        if name.lower() not in known:
            raise CourseError(f"There is no orchestrator {name}.", expected=", ".join(known))
    return [each for name, each in known.items() if not only or name in map(str.lower, only)]


def _describe_run(run: Measurement) -> str:
    back = "" if run.noticed is None else f", noticed after {run.noticed:.1f} s"
    return (
        f"{run.orchestrator}, {run.kind}: {run.lost} of {run.sent} lost, "
        f"over after {run.finished:.1f} s{back}"
    )
