"""A load as a picture: how many requests each version answered, and how many were lost.

An SVG of its own light plate, readable on a light and on a dark page; what it shows is also said
in words, in its description. Lost requests are hatched, so that colour is not all that tells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from checker.loadtest.result import Bucket, Result

COLOURS = ("#1d5fa8", "#a8690a", "#2f7d4f", "#6b4ba3", "#33415c")
LOST = "#c0282d"
INK = "#33415c"
PAPER = "#f7f9fc"
WIDTH, HEIGHT = 760, 300
MOST_BARS = 80


@dataclass(frozen=True)
class Frame:
    """Where on the picture a plot is, and how many seconds its width stands for."""

    left: float
    top: float
    width: float
    height: float
    seconds: float

    def x(self, second: float) -> float:
        """Return where a moment is; what lies outside is drawn at the edge."""
        return self.left + self.width * min(1.0, max(0.0, second / self.seconds))


def draw_picture(result: Result) -> str:
    """Draw a load as SVG."""
    seconds = max(result.plan.seconds, 0.1)
    width = choose_width(seconds)
    buckets = result.split_load(width)
    frame = Frame(60, 56, WIDTH - 80, HEIGHT - 112, math.ceil(seconds / width) * width)
    body = [
        draw_text(60, 26, "Requests by version and second", weight="600"),
        *draw_bars(frame, buckets, width),
        *draw_axis(frame),
        *draw_legend(frame.left, 46, list(result.versions), bool(result.lost)),
    ]
    return write_svg("Requests by version, and lost ones", describe_load(result), HEIGHT, body)


def describe_load(result: Result) -> str:
    """Say in words what the picture shows."""
    versions = ", ".join(f"version {name} answered {n}" for name, n in result.versions.items())
    words = f"{result.sent} requests were sent in {result.sending_seconds:.1f} seconds"
    words += f"; {versions}" if versions else "; none was answered"
    if not result.lost:
        return f"{words}. None was lost."
    first, last = result.losses[0].intended, result.losses[-1].intended
    return (
        f"{words}. {result.lost} were lost, the first {first:.1f} seconds after the start and the "
        f"last after {last:.1f}."
    )


def choose_width(seconds: float) -> float:
    """Choose the narrowest even stretch of seconds that gives no more than 80 bars."""
    widths = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
    return next((each for each in widths if seconds / each <= MOST_BARS), widths[-1])


def draw_bars(frame: Frame, buckets: Sequence[Bucket], width: float) -> Iterable[str]:
    """Draw a bar a stretch: good answers by version from below, lost requests on top."""
    names = list(dict.fromkeys(name for each in buckets for name in each.versions))
    most = max((sum(each.versions.values()) + each.lost for each in buckets), default=0) or 1
    scale = frame.height / most
    bottom = frame.top + frame.height
    wide = max(1.0, frame.x(width) - frame.x(0) - 1)
    yield f'<g stroke="{INK}" stroke-width="1"><path d="M{frame.left} {bottom}h{frame.width}"/></g>'
    yield draw_text(frame.left - 6, frame.top + 5, f"{most / width:.0f}/s", anchor="end")
    yield draw_text(frame.left - 6, bottom + 5, "0", anchor="end")
    for each in buckets:
        x, y = frame.x(each.start), bottom
        for name in names:
            count = each.versions.get(name, 0)
            y -= count * scale
            if count:
                yield draw_bar(x, y, wide, count * scale, choose_colour(names, name))
        if each.lost:
            y -= each.lost * scale
            yield draw_bar(x, y, wide, each.lost * scale, "url(#lost)")


def choose_colour(names: Sequence[str], name: str) -> str:
    """Choose a version's colour, the same all over a picture."""
    return COLOURS[names.index(name) % len(COLOURS)] if name in names else INK


def draw_axis(frame: Frame) -> Iterable[str]:
    """Draw whole seconds below a plot."""
    steps = (1, 2, 5, 10, 20, 30, 60)
    step = next((each for each in steps if frame.seconds / each <= 12), steps[-1])
    bottom = frame.top + frame.height
    for second in range(0, math.floor(frame.seconds) + 1, step):
        x = frame.x(second)
        yield f'<path d="M{x:.1f} {bottom}v5" stroke="{INK}" stroke-width="1"/>'
        yield draw_text(x, bottom + 20, str(second), anchor="middle")
    yield draw_text(frame.left + frame.width / 2, bottom + 40, "seconds", anchor="middle")


def draw_legend(left: float, y: float, versions: Sequence[str], lost: bool) -> Iterable[str]:
    """Draw what the colours mean."""
    entries = [(choose_colour(versions, name), f"version {name}") for name in versions]
    entries += [("url(#lost)", "lost")] if lost else []
    x = left + 330
    for fill, words in entries:
        yield f'<rect x="{x:.0f}" y="{y - 30:.0f}" width="12" height="12" fill="{fill}"/>'
        yield draw_text(x + 17, y - 19, words)
        x += 34 + 7.5 * len(words)


def draw_text(x: float, y: float, words: str, *, anchor: str = "start", weight: str = "400") -> str:
    """Draw a line of writing."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{INK}">{escape(words)}</text>'
    )


def write_svg(title: str, description: str, height: float, body: Iterable[str]) -> str:
    """Return a whole file, with its title and description for those who do not see it."""
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        'aria-labelledby="t d" font-family="system-ui, sans-serif" font-size="14">',
        f'<title id="t">{escape(title)}</title>',
        f'<desc id="d">{escape(description)}</desc>',
        '<defs><pattern id="lost" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="{LOST}"/>'
        '<path d="M0 0V6" stroke="#ffffff" stroke-width="2"/></pattern></defs>',
        f'<rect width="{WIDTH}" height="{height:.0f}" rx="12" fill="{PAPER}"/>',
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def draw_bar(x: float, y: float, width: float, height: float, fill: str) -> str:
    """Draw a rectangle from its upper left corner."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"/>'
    )
