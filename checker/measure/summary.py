"""Many rollouts in few numbers: the median of each, and the range in which all of them were."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, astuple, dataclass
from typing import Any

from checker.base.errors import CourseError
from checker.measure.rollouts import BAD, CAREFUL, CARELESS, KINDS, Measurement, Runs

SCHEMA = 1


@dataclass(frozen=True)
class Spread:
    """The median, the least and the most of some numbers."""

    median: float
    least: float
    most: float

    def format(self, digits: int = 0) -> str:
        """Write it as in a table: the median, and the range where there is one."""
        middle, least, most = (f"{each:.{digits}f}" for each in astuple(self))
        return middle if least == most else f"{middle} ({least} to {most})"


def compute_spread(values: Iterable[float]) -> Spread | None:
    """Compute median and range; None of nothing."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found)) if found else None


Column = tuple[str, str, Callable[[Measurement], float | None], int]
COLUMNS: tuple[Column, ...] = (
    ("lost, careless", CARELESS, lambda each: each.lost, 0),
    ("lost, careful", CAREFUL, lambda each: each.lost, 0),
    ("p99, ms", CAREFUL, lambda each: each.p99 * 1000, 0),
    ("slowest, ms", CAREFUL, lambda each: each.slowest * 1000, 0),
    ("finished after, s", CAREFUL, lambda each: each.finished, 1),
    ("bad version: lost", BAD, lambda each: each.lost, 0),
    ("noticed after, s", BAD, lambda each: each.noticed, 1),
    ("back after, s", BAD, lambda each: each.finished, 1),
)
"""What the table says: a heading, of which rollouts, which number, and its digits."""


def render_table(runs: Runs) -> str:
    """Render the comparison as Markdown: a line for each orchestrator, a dash for no number."""
    names = list(dict.fromkeys(each.orchestrator for each in runs))
    lines = [
        f"| | sent | {' | '.join(heading for heading, *_ in COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) + 1)}",
    ]
    for name in names:
        chosen = [each for each in runs if each.orchestrator == name]
        spreads = ((compute_column_spread(chosen, each), each[3]) for each in COLUMNS)
        cells = (found.format(digits) if found else "-" for found, digits in spreads)
        lines.append(f"| {name} | {sum(each.sent for each in chosen):,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def compute_column_spread(runs: Iterable[Measurement], column: Column) -> Spread | None:
    """Compute median and range of the rollouts that a column is about."""
    _, kind, value, _ = column
    values = [value(each) for each in runs if each.kind == kind]
    return compute_spread(each for each in values if each is not None)


def dump_runs(runs: Runs, machine: dict[str, Any]) -> str:
    """Return all runs as JSON, as they are kept."""
    content = {"schema": SCHEMA, "machine": machine, "runs": [asdict(each) for each in runs]}
    return json.dumps(content, indent=1) + "\n"


def load_runs(text: str) -> tuple[list[Measurement], dict[str, Any]]:
    """Read what `dump_runs` wrote.

    Raises:
        CourseError: It is none, or of another schema.
    """
    try:
        content = json.loads(text)
        if content["schema"] != SCHEMA:
            raise ValueError("another schema")
        runs = [Measurement(**each) for each in content["runs"]]
        if odd := {each.kind for each in runs} - set(KINDS):
            raise ValueError(f"unknown kinds: {', '.join(sorted(odd))}")
        return runs, dict(content["machine"])
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError("These are no measured rollouts.", found=str(error)) from error
