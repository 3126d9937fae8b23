"""Work on a lab against a real engine: start, judge, watch, reset, prove."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.process import run
from checker.base.run import Run, journals_folder
from checker.devtools.new_lab import new_lab
from checker.docker import connection, journal
from checker.images import provider
from checker.judging import client
from checker.labs import created_resources, progress, work
from checker.labs.check import check_and_record
from checker.labs.lab import load_lab
from checker.labs.prove import prove_lab
from checker.orchestrators.registry import shell_environment
from checker.sandbox import background_recorder

pytestmark = [pytest.mark.live, pytest.mark.docker]
NAME = "docker/scratch"
BOX = "scratch-box"
IMAGE = "debian:trixie-slim"


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """A course with one lab, which `./course new lab` has made."""
    provider.ensure_images([IMAGE])
    # the engine that the course started itself is found by the cache folder
    monkeypatch.setenv("DOCKER_HOST", connection.engine_status().host)
    for name in ("root", "work", "cache", "state"):
        monkeypatch.setenv(f"COURSE_{name.upper()}", str(tmp_path / name))
    (tmp_path / "root/docs/docker").mkdir(parents=True)
    (tmp_path / "root/docs/docker/scratch.md").touch()
    new_lab(NAME)
    yield tmp_path
    client.stop_workers()
    background_recorder.stop_recording()
    created_resources.remove_created_resources(NAME)
    shutil.rmtree(paths.runtime(), ignore_errors=True)


def cli(*words: str) -> str:
    return run(["docker", *words], timeout=60, env=shell_environment()).output.strip()


def test_new_lab_is_proven_and_leaves_nothing(course: Path) -> None:
    before = cli("ps", "-aq")
    result = prove_lab(load_lab(NAME))
    assert result.problems == []
    assert result.verdict == "passed"
    assert cli("ps", "-aq") == before
    assert not list(journals_folder().iterdir())


def test_solved_by_hand_it_is_passed(course: Path) -> None:
    folder = work.prepare_lab(NAME)
    assert check_and_record(NAME).verdict == "failed"
    (folder / "status.txt").write_text("0\n")
    report = check_and_record(NAME)
    assert (report.verdict, report.points) == ("passed", 1)
    assert report.engine.version


def test_reset_removes_what_the_learner_made_and_nothing_else(course: Path) -> None:
    cli("run", "-d", "--name", "mine", IMAGE, "sleep", "600")
    try:
        work.prepare_lab(NAME)
        cli("run", "-d", "--name", "of-the-lab", IMAGE, "sleep", "600")
        cli("volume", "create", "of-the-lab")
        wait(lambda: len(created_resources.describe_created_resources(NAME)) == 3)
        assert sorted(created_resources.describe_created_resources(NAME)) == [
            "container of-the-lab (running)",
            f"container {BOX} (exited)",
            "volume of-the-lab",
        ]
        work.begin_again(NAME)
        names = cli("ps", "-a", "--format", "{{.Names}}").split()
        assert "of-the-lab" not in names
        assert {"mine", BOX} <= set(names)
    finally:
        cli("rm", "-f", "mine")


def test_killed_recording_loses_nothing_and_nothing_of_the_learner_is_taken(course: Path) -> None:
    work.prepare_lab(NAME)
    pid = int((paths.runtime() / "keeper").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    wait(lambda: not background_recorder.find_recorded_name())
    assert journal.list_killed_runs() == []
    work.prepare_lab(NAME)
    assert background_recorder.find_recorded_name() == Run.of_lab(NAME).name
    assert created_resources.describe_created_resources(NAME) == [f"container {BOX} (exited)"]


def test_setup_comes_again_after_all_was_removed(course: Path) -> None:
    work.prepare_lab(NAME)
    client.stop_workers()
    created_resources.remove_created_resources(NAME)
    work.prepare_lab(NAME)
    assert created_resources.describe_created_resources(NAME) == [f"container {BOX} (exited)"]


def test_watch_answers_within_a_second_of_a_change(course: Path) -> None:
    folder = work.prepare_lab(NAME)
    check_and_record(NAME)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "checker", "watch", NAME],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        assert next(line for line in lines if "0 of 1 points" in line)
        for change in (lambda: (folder / "status.txt").write_text("0\n"), _remove_and_run):
            started = time.monotonic()
            change()
            told = time.monotonic()
            assert next(line for line in lines if "of 1 points" in line)
            assert time.monotonic() - told < 2, f"{time.monotonic() - started:.1f} s"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def _remove_and_run() -> None:
    cli("rm", "-f", BOX)


def test_engine_that_is_away_is_said_and_judges_nothing(course: Path, monkeypatch) -> None:
    folder = work.prepare_lab(NAME)
    (folder / "status.txt").write_text("0\n")
    with monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
        report = check_and_record(NAME)
    assert report.verdict == "could-not-check"
    assert "No Docker Engine answers" in json.dumps(report.as_json())
    assert check_and_record(NAME).verdict == "passed"


def test_progress_of_what_was_passed_stays_after_tidying_up(course: Path) -> None:
    folder = work.prepare_lab(NAME)
    (folder / "status.txt").write_text("0\n")
    check_and_record(NAME)
    cli("rm", "-f", BOX)
    assert check_and_record(NAME).verdict == "failed"
    assert progress.read_progress()["labs"][NAME]["points"] == 1


def wait(condition) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
