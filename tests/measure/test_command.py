"""What was measured is written where it should be, after each orchestrator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.measure import command, rollouts, summary
from checker.measure.stages import STAGES, Stage
from tests.measure.test_summary import run
from tests.measure.test_timeline import made


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Which series were made; ECS is away if `away` was put into it."""
    made_of: list[tuple[str, int]] = []

    def series(at: Stage, repeat: int) -> Iterator[rollouts.Rollout]:
        made_of.append((at.name, repeat))
        if ("away", 0) in made_of and at.name == "ECS":
            raise CouldNotFindOut("ECS is away.")
        for kind in rollouts.KINDS:
            yield run(at.name, kind), made()

    monkeypatch.setattr(rollouts, "measure_series", series)
    return made_of


def page(root: Path, text: str) -> Path:
    file = root / "docs" / command.PAGE
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


def test_all_are_measured_and_told(asked, tmp_path: Path, capsys) -> None:
    command.measure_rollouts([], 2, tmp_path / "out", page=False)
    assert asked == [(each.name, 2) for each in STAGES]
    told = capsys.readouterr()
    runs, machine = summary.load_runs((tmp_path / "out" / "rollouts.json").read_text())
    assert told.out == summary.render_table(runs)
    assert "Swarm, bad: 0 of 1000 lost, over after 4.0 s, noticed after 3.0 s" in told.err
    assert machine.keys() == {"cores", "memory_gib", "kernel"}
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"rollouts.svg", "measured-ecs-bad.json", "measured-ecs-bad.svg"} <= names
    assert len(names) == 2 + 2 * len(STAGES) * len(rollouts.KINDS)


def test_one_can_be_chosen(asked, tmp_path: Path) -> None:
    command.measure_rollouts(["Swarm"], 1, tmp_path, page=False)
    assert asked == [("Swarm", 1)]


def test_unknown_one_is_told_with_those_there_are(asked, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no orchestrator nomad") as told:
        command.measure_rollouts(["nomad"], 1, tmp_path, page=False)
    assert told.value.expected == "kubernetes, ecs, swarm"
    assert asked == []


def test_folder_that_cannot_be_written_is_found_before_any_work(asked, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(CourseError, match="out cannot be written") as told:
        command.measure_rollouts([], 1, tmp_path / "out", page=False)
    assert told.value.next_step == "Name another folder with --out."
    assert asked == []


def test_what_was_finished_is_kept_when_another_is_away(asked, tmp_path: Path) -> None:
    asked.append(("away", 0))
    with pytest.raises(CouldNotFindOut):
        command.measure_rollouts([], 1, tmp_path, page=False)
    kept = json.loads((tmp_path / "rollouts.json").read_text())
    assert {each["orchestrator"] for each in kept["runs"]} == {"Kubernetes"}


def test_page_gets_table_chart_and_timelines_between_its_marks(
    asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    file = page(tmp_path, f"before\n{command.BEGIN}old\n{command.END}\nafter\n")
    command.measure_rollouts([], 1, tmp_path / "unused", page=True)
    text = file.read_text()
    assert text.startswith(f"before\n{command.BEGIN}| | sent |")
    assert text.endswith(f"{command.END}\nafter\n")
    assert "old" not in text
    assert "(pictures/rollouts.svg)" in text
    assert (
        '(pictures/measured-swarm-bad.svg){ .rollout data-timeline="measured-swarm-bad" }' in text
    )
    assert (file.parent / "pictures" / "measured-swarm-bad.svg").exists()
    assert not (tmp_path / "unused").exists()


def test_page_without_marks_is_told_and_left(
    asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    file = page(tmp_path, "nothing\n")
    with pytest.raises(CourseError, match="no place for what was measured"):
        command.measure_rollouts(["swarm"], 1, tmp_path, page=True)
    assert file.read_text() == "nothing\n"
    assert asked == []


def test_one_that_is_measured_anew_takes_its_own_place_among_the_others(
    asked, tmp_path: Path
) -> None:
    command.measure_rollouts([], 1, tmp_path, page=False)
    command.measure_rollouts(["ecs"], 1, tmp_path, page=False)
    runs, _ = summary.load_runs((tmp_path / "rollouts.json").read_text())
    names = [each.name for each in STAGES]
    assert [each.orchestrator for each in runs] == [each for each in names for _ in rollouts.KINDS]
