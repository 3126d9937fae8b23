"""Each picture of a rollout on a page is drawn from the data that lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.measure import chart, command, drawing, rollouts, summary, timeline
from checker.measure.stages import STAGES, Stage

DOCS = Path(__file__).resolve().parents[2] / "docs"
RUNS = DOCS / "deploy" / "pictures" / "rollouts.json"
KEPT = sorted(path for path in RUNS.parent.glob("*.json") if path != RUNS)


@pytest.mark.parametrize("data", KEPT, ids=lambda path: path.stem)
def test_picture_shows_its_data(data: Path) -> None:
    assert data.with_suffix(".svg").read_text() == drawing.draw_timeline(
        timeline.load_timeline(data.read_text())
    )


@pytest.mark.parametrize("data", KEPT, ids=lambda path: path.stem)
def test_page_says_in_words_what_the_picture_shows(data: Path) -> None:
    words = drawing.describe_timeline(timeline.load_timeline(data.read_text()))
    pages = [page.read_text() for page in DOCS.glob("deploy/*.md")]
    assert any(f"![{words}](pictures/{data.stem}.svg)" in page for page in pages)


def test_there_are_some() -> None:
    assert KEPT


def test_page_of_the_comparison_says_what_was_measured() -> None:
    runs, machine = summary.load_runs(RUNS.read_text())
    lines = {
        path.stem: timeline.load_timeline(path.read_text())
        for at in STAGES
        for kind in rollouts.KINDS
        if (path := RUNS.parent / f"measured-{at.name.lower()}-{kind}.json").exists()
    }
    assert len(lines) == len(STAGES) * len(rollouts.KINDS)
    part = command.render_measured_part(runs, lines)
    assert f"{command.BEGIN}{part}{command.END}" in (DOCS / command.PAGE).read_text()
    assert RUNS.with_suffix(".svg").read_text() == chart.draw_chart(runs)
    assert machine["cores"] >= 1


@pytest.mark.parametrize("kind", rollouts.KINDS)
@pytest.mark.parametrize("at", STAGES, ids=lambda at: at.name)
def test_comparison_is_of_ten_rollouts_of_each_kind(at: Stage, kind: str) -> None:
    runs, _ = summary.load_runs(RUNS.read_text())
    own = [each for each in runs if (each.orchestrator, each.kind) == (at.name, kind)]
    assert len(own) == 10
