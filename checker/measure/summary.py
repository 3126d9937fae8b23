"""Many rollouts in few numbers: the median of each, and the range in which all of them were."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from checker.base.errors import CourseError
from checker.measure.rollouts import BAD, CAREFUL, CARELESS, KINDS, Measured

SCHEMA = 1


@dataclass(frozen=True)
class Spread:
    """The median, the least and the most of some numbers."""

    median: float
    least: float
    most: float

    def said(self, digits: int = 0) -> str:
        """As in a table: the median, and the range where there is one."""
        middle, least, most = (
            f"{each:.{digits}f}" for each in (self.median, self.least, self.most)
        )
        return middle if least == most else f"{middle} ({least} to {most})"


def spread(values: Iterable[float]) -> Spread | None:
    """None of nothing."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found)) if found else None


Column = tuple[str, str, Callable[[Measured], float | None], int]
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


def table(runs: Sequence[Measured]) -> str:
    """The comparison as a Markdown table: a line for each orchestrator."""
    names = list(dict.fromkeys(each.orchestrator for each in runs))
    lines = [
        f"| | sent | {' | '.join(heading for heading, *_ in COLUMNS)} |",
        f"|---|{'---:|' * (len(COLUMNS) + 1)}",
    ]
    for name in names:
        own = [each for each in runs if each.orchestrator == name]
        cells = (cell(own, column) for column in COLUMNS)
        lines.append(f"| {name} | {sum(each.sent for each in own):,} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def cell(runs: Iterable[Measured], column: Column) -> str:
    """Median and range of one number of one orchestrator; a dash where nothing was measured."""
    found = column_spread(runs, column)
    return found.said(column[3]) if found else "-"


def column_spread(runs: Iterable[Measured], column: Column) -> Spread | None:
    """Of the rollouts that a column is about."""
    _, kind, value, _ = column
    values = [value(each) for each in runs if each.kind == kind]
    return spread(each for each in values if each is not None)


def dump(runs: Sequence[Measured], machine: dict[str, Any]) -> str:
    """All runs as JSON, as they are kept."""
    kept = {"schema": SCHEMA, "machine": machine, "runs": [asdict(each) for each in runs]}
    return json.dumps(kept, indent=1) + "\n"


def load(text: str) -> tuple[list[Measured], dict[str, Any]]:
    """What `dump` wrote.

    Raises:
        CourseError: It is none, or of another schema.
    """
    try:
        given = json.loads(text)
        if given["schema"] != SCHEMA:
            raise ValueError("another schema")
        runs = [Measured(**each) for each in given["runs"]]
        if odd := {each.kind for each in runs} - set(KINDS):
            raise ValueError(f"unknown kinds: {', '.join(sorted(odd))}")
        return runs, dict(given["machine"])
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError("These are no measured rollouts.", found=str(error)) from error
