"""A journal outlives its run, whatever happens to it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.docker import journal
from checker.docker.journal import Entry, Journal

BOX, NET = Entry("container", "b0"), Entry("network", "n0")


def test_entries_are_on_disk_as_soon_as_they_are_added() -> None:
    made = Journal("run")
    made.open()
    made.add(BOX)
    made.add(BOX)
    assert Journal("run").entries == [BOX]


def test_run_that_made_nothing_leaves_no_file() -> None:
    made = Journal("run")
    made.open()
    made.close()
    made.close()
    assert journal.names() == []


def test_run_that_ended_in_good_order_was_not_killed() -> None:
    made = Journal("run")
    made.open()
    made.add(BOX)
    made.close()
    assert (journal.names(), journal.killed()) == (["run"], [])


def test_run_under_way_was_not_killed_and_cannot_be_doubled() -> None:
    made = Journal("run")
    made.open()
    assert journal.killed() == []
    with pytest.raises(CourseError, match="under way already"):
        Journal("run").open()


def test_killed_run_is_found(machine: Path) -> None:
    code = (
        "from checker.docker.journal import *; import os, signal\n"
        "made = Journal('run'); made.open(); made.add(Entry('container', 'b0'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert journal.killed() == ["run"]
    assert Journal("run").entries == [BOX]


def test_continued_run_counts_as_under_way_again() -> None:
    first = Journal("run")
    first.open()
    first.add(BOX)
    first.close()
    second = Journal("run")
    second.open()
    second.add(NET)
    assert Journal("run").entries == [BOX, NET]
    assert not (journal.folder() / "run.done").exists()


def test_line_cut_off_by_a_kill_is_passed_over() -> None:
    (journal.folder() / "run.jsonl").write_text('{"kind": "container", "identity": "b0"}\n{"ki')
    assert Journal("run").entries == [BOX]


@pytest.mark.parametrize("is_open", [True, False])
def test_only_what_stays_is_kept(is_open: bool) -> None:
    made = Journal("run")
    made.open()
    made.add(BOX)
    made.add(NET)
    if not is_open:
        made.close()
    made.replace([NET])
    assert Journal("run").entries == [NET]
    made.replace([])
    made.close()
    assert journal.names() == []


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b"])
def test_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a journal's name"):
        Journal(name)
