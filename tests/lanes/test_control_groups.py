"""The kernel's own counter of a lane's work, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base import process
from checker.lanes import control_groups
from checker.lanes.control_groups import LaneGroup


@pytest.fixture(autouse=True)
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(control_groups, "GROUPS", tmp_path)
    return tmp_path


def test_program_joins_the_group_before_it_begins(groups: Path) -> None:
    command = LaneGroup(3).build_command(["sh", "-c", "echo $$"])
    said = process.run(command, timeout=20).output
    assert (groups / "cpuacct/course-lane3/cgroup.procs").read_text() == said


def test_where_processes_may_not_be_beside_groups_they_have_one_of_their_own(groups: Path) -> None:
    (groups / "cgroup.controllers").touch()
    process.run(LaneGroup(3).build_command(["true"]), timeout=20)
    assert (groups / "course-lane3/own/cgroup.procs").read_text()


def test_program_runs_where_no_group_can_be_joined(groups: Path) -> None:
    (groups / "cpuacct").touch()
    done = process.run(LaneGroup(3).build_command(["echo", "here"]), timeout=20)
    assert done.output == "here\n"
    assert LaneGroup(3).read_seconds() == 0.0


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cpuacct/course-lane3/cpuacct.usage", "12500000000\n"),
        ("course-lane3/cpu.stat", "usage_usec 12500000\nuser_usec 9000000\n"),
    ],
)
def test_work_is_counted_in_seconds(groups: Path, file: str, text: str) -> None:
    (groups / file).parent.mkdir(parents=True)
    (groups / file).write_text(text)
    if "cpu.stat" in file:
        (groups / "cgroup.controllers").touch()
    assert LaneGroup(3).read_seconds() == 12.5


@pytest.mark.parametrize("text", ["", "much\n", "usage_usec\n"])
def test_counter_that_says_nothing_counts_as_none(groups: Path, text: str) -> None:
    (groups / "cgroup.controllers").touch()
    (groups / "course-lane3").mkdir()
    (groups / "course-lane3/cpu.stat").write_text(text)
    assert LaneGroup(3).read_seconds() == 0.0


def test_groups_of_a_lane_are_removed_with_those_inside_and_no_others(groups: Path) -> None:
    for folder in ("pids/course-lane3/box/inner", "cpuacct/course-lane3", "pids/course-lane30"):
        (groups / folder).mkdir(parents=True)
    LaneGroup(3).remove()
    assert sorted(each.name for each in groups.rglob("course-*")) == ["course-lane30"]
