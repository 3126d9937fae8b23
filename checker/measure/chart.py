"""The comparison as a picture: for each number a row of orchestrators, each run a dot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from checker.loadtest import picture
from checker.loadtest.picture import Frame, draw_text
from checker.measure.rollouts import Runs
from checker.measure.summary import COLUMNS, Column, compute_column_spread

SHOWN = ("lost, careless", "lost, careful", "finished after, s", "back after, s")
LEFT, TOP, ROW, GAP = 120, 56, 24, 44
TITLE = "Rolling updates on three orchestrators"
TICKS = 5
STEPS = (1, 2, 5)


def draw_chart(runs: Runs) -> str:
    """Draw the SVG, with what it shows in words."""
    names = list(dict.fromkeys(each.orchestrator for each in runs))
    body, top = (
        [draw_text(20, 28, f"{TITLE}: each dot a rollout, each bar a median", weight="600")],
        TOP,
    )
    for column in (each for each in COLUMNS if each[0] in SHOWN):
        body += _draw_panel(runs, names, column, top)
        top += ROW * len(names) + GAP
    return picture.write_svg(TITLE, describe_chart(runs), top - 10, body)


def describe_chart(runs: Runs) -> str:
    """Describe the chart for its text alternative: the same numbers."""
    parts = []
    for column in (each for each in COLUMNS if each[0] in SHOWN):
        for name in dict.fromkeys(each.orchestrator for each in runs):
            of_name = [each for each in runs if each.orchestrator == name]
            if found := compute_column_spread(of_name, column):
                parts.append(f"{name}, {column[0]}: {found.format(column[3])}")
    return f"Median and range. {'. '.join(parts)}."


def find_axis_end(most: float) -> float:
    """Find the end of an axis: the next number that is easy to read."""
    power = 1.0
    while power * STEPS[-1] * 2 < most:
        power *= 10
    return next((step * power for step in STEPS if step * power >= most), power * 10)


def _draw_panel(runs: Runs, names: Sequence[str], column: Column, top: float) -> Iterable[str]:
    heading, kind, value, _ = column
    chosen = [(each.orchestrator, value(each)) for each in runs if each.kind == kind]
    dots = [(name, number) for name, number in chosen if number is not None]
    end = find_axis_end(max((number for _, number in dots), default=1.0))
    frame = Frame(LEFT, top + 8, picture.WIDTH - LEFT - 30, ROW * len(names), end)
    yield draw_text(20, top, heading, weight="600")
    yield from _draw_axis(frame)
    for row, name in enumerate(names):
        y = frame.top + ROW * row + ROW / 2
        yield draw_text(LEFT - 10, y + 5, name, anchor="end")
        found = compute_column_spread([each for each in runs if each.orchestrator == name], column)
        if found:
            x = frame.x(found.median)
            yield (f'<path d="M{x:.1f} {y - 9:.1f}v18" stroke="{picture.INK}" stroke-width="3"/>')
        for number in (number for owner, number in dots if owner == name):
            yield (
                f'<circle cx="{frame.x(number):.1f}" cy="{y:.1f}" r="4" '
                f'fill="{picture.COLOURS[row % len(picture.COLOURS)]}" fill-opacity="0.6"/>'
            )


def _draw_axis(frame: Frame) -> Iterable[str]:
    for tick in range(TICKS + 1):
        number = frame.seconds * tick / TICKS
        x, bottom = frame.x(number), frame.top + frame.height
        yield (
            f'<path d="M{x:.1f} {frame.top:.1f}V{bottom:.1f}" stroke="{picture.INK}" '
            'stroke-width="1" stroke-opacity="0.2"/>'
        )
        yield draw_text(x, bottom + 16, f"{number:g}", anchor="middle")
