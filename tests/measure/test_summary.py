"""Many rollouts become a table of medians and ranges, and can be read again."""

from __future__ import annotations

import pytest

from checker.base.errors import CourseError
from checker.measure import summary
from checker.measure.rollouts import Measurement


def run(name: str, kind: str, **given: float) -> Measurement:
    values = {"sent": 1000, "lost": 0, "p99": 0.01, "slowest": 0.02, "finished": 4.0, **given}
    noticed = given.get("noticed", 3.0) if kind == "bad" else None
    return Measurement(name, kind, **{**values, "noticed": noticed})  # type: ignore[arg-type]


RUNS = [
    *(run("Swarm", "careless", lost=n) for n in (300, 100, 200)),
    *(run("Swarm", "careful", finished=n) for n in (4.0, 5.5, 6.25)),
    run("Swarm", "bad", noticed=2.5, finished=7.0),
    run("ECS", "careless", lost=7),
]


@pytest.mark.parametrize(
    ("values", "digits", "said"),
    [((3, 1, 2), 0, "2 (1 to 3)"), ((0, 0), 0, "0"), ((1.0, 2.0), 1, "1.5 (1.0 to 2.0)")],
)
def test_spread_is_median_and_range(values: tuple[float, ...], digits: int, said: str) -> None:
    found = summary.compute_spread(values)
    assert found
    assert found.format(digits) == said


def test_nothing_has_no_spread() -> None:
    assert summary.compute_spread([]) is None


def test_table_has_a_line_for_each_orchestrator_and_a_dash_where_nothing_was_measured() -> None:
    lines = summary.render_table(RUNS).splitlines()
    assert lines[2] == (
        "| Swarm | 7,000 | 200 (100 to 300) | 0 | 10 | 20 | 5.5 (4.0 to 6.2) | 0 | 2.5 | 7.0 |"
    )
    assert lines[3] == "| ECS | 1,000 | 7 | - | - | - | - | - | - | - |"
    assert len({line.count("|") for line in lines}) == 1


def test_what_was_kept_is_read_again() -> None:
    assert summary.load_runs(summary.dump_runs(RUNS, {"cores": 2})) == (RUNS, {"cores": 2})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": 2, "machine": {}, "runs": []}',
        '{"schema": 1, "machine": {}, "runs": [{"kind": "careful"}]}',
        summary.dump_runs([run("Swarm", "hasty")], {}),
    ],
)
def test_other_files_are_told(text: str) -> None:
    with pytest.raises(CourseError, match="no measured rollouts"):
        summary.load_runs(text)
