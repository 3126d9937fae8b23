"""A timeline as a picture: a line a copy above, requests by version below, on one clock.

A copy's line is thin while its process runs and thick while it gets requests, so that the picture
shows what the numbers say: requests are lost where the thick line and the process disagree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from checker.loadtest import picture
from checker.loadtest.picture import Frame, choose_colour, draw_text
from checker.measure.timeline import Timeline

ROW = 18
TOP = 70
PLOT = 150
LEFT = 100


def draw_timeline(timeline: Timeline) -> str:
    """Draw the SVG of a timeline, with what it shows in words."""
    seconds = max(1.0, float(math.ceil(timeline.seconds)))
    copies = timeline.copies
    rows = Frame(LEFT, TOP, picture.WIDTH - LEFT - 20, ROW * max(1, len(copies)), seconds)
    plot = Frame(LEFT, rows.top + rows.height + 30, rows.width, PLOT, seconds)
    names = list(timeline.versions)
    body = [
        draw_text(LEFT, 26, timeline.title, weight="600"),
        *picture.draw_legend(LEFT, 66, names, bool(timeline.lost)),
        *(
            line
            for row, copy in enumerate(copies)
            for line in _draw_copy(timeline, copy, rows, row)
        ),
        *picture.draw_bars(plot, timeline.buckets, timeline.width),
        *picture.draw_axis(plot),
        *_draw_marks(timeline, rows, plot),
    ]
    height = plot.top + plot.height + 52
    return picture.write_svg(timeline.title, describe_timeline(timeline), height, body)


def describe_timeline(timeline: Timeline) -> str:
    """Describe a timeline for its text alternative, in the order in which things happened."""
    parts = [f"{timeline.sent} requests in {timeline.seconds:.0f} seconds"]
    if timeline.lost and timeline.first_loss is not None and timeline.last_loss is not None:
        parts.append(
            f"{timeline.lost} were lost, between second {timeline.first_loss:.1f} and second "
            f"{timeline.last_loss:.1f}"
        )
    else:
        parts.append("none was lost")
    counts = (f"version {name} answered {count}" for name, count in timeline.versions.items())
    parts.append(", ".join(counts) or "nobody answered")
    parts += [_describe_copy(timeline, copy) for copy in timeline.copies]
    begin, done = timeline.find_moment("begin"), timeline.find_moment("done")
    if begin is not None:
        parts.append(f"the rollout was asked for at second {begin:.1f}")
    if done is not None:
        parts.append(f"it was finished at second {done:.1f}")
    return ". ".join(f"{each[:1].upper()}{each[1:]}" for each in parts) + "."


def _describe_copy(timeline: Timeline, copy: str) -> str:
    words = {"started": "started", "joined": "got requests from", "left": "until", "ended": "ended"}
    moments = []
    for kind, word in words.items():
        moment = timeline.find_moment(kind, copy)
        got_any = kind != "left" or timeline.find_moment("joined", copy) is not None
        if moment is not None and moment >= 0 and got_any:
            moments.append(f"{word} second {moment:.1f}")
    version = timeline.find_version(copy)
    name = f"{copy} (version {version})" if version else copy
    return f"{name}: {', '.join(moments) or 'all along'}"


def _draw_copy(timeline: Timeline, copy: str, rows: Frame, row: int) -> Iterable[str]:
    y = rows.top + row * ROW
    fill = choose_colour(list(timeline.versions), timeline.find_version(copy))
    yield draw_text(LEFT - 8, y + 12, copy, anchor="end")
    begin = timeline.find_moment("started", copy)
    ends = [timeline.find_moment(kind, copy) for kind in ("ended", "failed")]
    end = min((each for each in ends if each is not None), default=rows.seconds)
    yield _draw_box(rows, y + 6, begin if begin is not None else 0.0, end, 4, fill, "0.45")
    joined = timeline.find_moment("joined", copy)
    if joined is not None:
        left = timeline.find_moment("left", copy)
        yield _draw_box(rows, y + 2, joined, end if left is None else min(left, end), 12, fill, "1")


def _draw_box(
    rows: Frame, y: float, begin: float, end: float, height: int, fill: str, opacity: str
) -> str:
    x = rows.x(begin)
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(1.0, rows.x(end) - x):.1f}" '
        f'height="{height}" fill="{fill}" fill-opacity="{opacity}"/>'
    )


def _draw_marks(timeline: Timeline, rows: Frame, plot: Frame) -> Iterable[str]:
    """Draw where the rollout begins, goes back and ends."""
    for kind, word in (("begin", "update"), ("back", "rollback"), ("done", "done")):
        moment = timeline.find_moment(kind)
        if moment is not None:
            x, bottom = rows.x(moment), plot.top + plot.height
            yield (
                f'<path d="M{x:.1f} {rows.top - 6:.1f}V{bottom:.1f}" stroke="{picture.INK}" '
                'stroke-width="1" stroke-dasharray="4 4"/>'
            )
            yield draw_text(x + 3, rows.top + rows.height + 18, word)
