"""A journal outlives its run, whatever happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CourseError
from checker.base.run import Run, journals_folder
from checker.docker import journal
from checker.docker.journal import Entry, Journal

BOX, NET = Entry("container", "b0"), Entry("network", "n0")


def test_entries_are_on_disk_as_soon_as_they_are_added() -> None:
    made = Journal(Run("run"))
    made.open()
    made.add_entry(BOX)
    made.add_entry(BOX)
    assert Journal(Run("run")).entries == [BOX]


def test_run_that_made_nothing_leaves_no_file() -> None:
    made = Journal(Run("run"))
    made.open()
    made.close()
    made.close()
    assert journal.list_runs() == []


def test_run_that_ended_in_good_order_was_not_killed() -> None:
    made = Journal(Run("run"))
    made.open()
    made.add_entry(BOX)
    made.close()
    assert (journal.list_runs(), journal.list_killed_runs()) == ([Run("run")], [])


def test_run_under_way_was_not_killed_and_cannot_be_doubled() -> None:
    made = Journal(Run("run"))
    made.open()
    assert journal.list_killed_runs() == []
    with pytest.raises(CourseError, match="under way already"):
        Journal(Run("run")).open()


def test_killed_run_is_found(machine: Path) -> None:
    code = (
        "from checker.docker.journal import *; import os, signal\n"
        "made = Journal(Run('run')); made.open(); made.add_entry(Entry('container', 'b0'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert journal.list_killed_runs() == [Run("run")]
    assert Journal(Run("run")).entries == [BOX]


def test_continued_run_counts_as_under_way_again() -> None:
    first = Journal(Run("run"))
    first.open()
    first.add_entry(BOX)
    first.close()
    second = Journal(Run("run"))
    second.open()
    second.add_entry(NET)
    assert Journal(Run("run")).entries == [BOX, NET]
    assert not (journals_folder() / "run.done").exists()


def test_line_cut_off_by_a_kill_is_passed_over() -> None:
    file = paths.ensure_folder(journals_folder()) / "run.jsonl"
    file.write_text('{"kind": "container", "identity": "b0"}\n{"ki')
    assert Journal(Run("run")).entries == [BOX]


@pytest.mark.parametrize("is_open", [True, False])
def test_only_what_stays_is_kept(is_open: bool) -> None:
    made = Journal(Run("run"))
    made.open()
    made.add_entry(BOX)
    made.add_entry(NET)
    if not is_open:
        made.close()
    made.replace_entries([NET])
    assert Journal(Run("run")).entries == [NET]
    made.replace_entries([])
    made.close()
    assert journal.list_runs() == []


def test_reading_makes_no_folder() -> None:
    assert journal.list_runs() == journal.list_killed_runs() == Journal(Run("run")).entries == []
    assert not paths.state().exists()
