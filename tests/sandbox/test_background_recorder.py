"""One process records for one lab at a time; it outlives commands, and ends when told."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.run import Run
from checker.sandbox import background_recorder, recorder


def first() -> Run:
    return Run.of_lab("docker/first")


def second() -> Run:
    return Run.of_lab("docker/second")


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))
    yield
    background_recorder.stop_recording()
    shutil.rmtree(paths.runtime(), ignore_errors=True)


KEEPER = """
import contextlib, sys
from checker.sandbox import background_recorder, recorder

recorder.Recorder = lambda run: contextlib.nullcontext()
background_recorder.LOOK_SECONDS = 0.1
background_recorder.main()
"""


@pytest.fixture
def without_engine(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Keepers are real processes, whose recorder asks no engine; their command lines."""
    started: list[list[str]] = []
    real = subprocess.Popen

    def popen(argv: list[str], **options: object) -> subprocess.Popen[bytes]:
        started.append(argv)
        return real([sys.executable, "-c", KEEPER, *argv[4:]], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def process_id() -> int:
    return int(background_recorder._process_file().read_text().split()[0])


def test_journal_is_named_after_the_lab() -> None:
    assert first().name == "lab-docker-first"


def test_without_a_keeper_nothing_is_recorded_and_stopping_does_nothing() -> None:
    assert background_recorder.find_recorded_name() == ""
    background_recorder.stop_recording()
    background_recorder.stop_recording_others(first())


def test_started_keeper_records_when_start_returns(without_engine) -> None:
    background_recorder.start_recording(first())
    assert background_recorder.find_recorded_name() == first().name
    assert without_engine[0][:5] == [
        sys.executable,
        "-P",
        "-m",
        "checker.sandbox.background_recorder",
        "lab-docker-first",
    ]


def test_keeper_says_that_a_kill_loses_nothing_on_purpose(without_engine) -> None:
    background_recorder.start_recording(first())
    assert first().ended_mark.exists()


def test_same_lab_again_keeps_its_keeper(without_engine) -> None:
    background_recorder.start_recording(first())
    before = process_id()
    background_recorder.start_recording(first())
    background_recorder.stop_recording_others(first())
    assert process_id() == before
    assert background_recorder.find_recorded_name() == first().name


def test_another_lab_ends_the_keeper_of_the_first(without_engine) -> None:
    background_recorder.start_recording(first())
    before = process_id()
    background_recorder.start_recording(second())
    assert background_recorder.find_recorded_name() == second().name
    assert process_id() != before


def test_stop_ends_the_keeper(without_engine) -> None:
    background_recorder.start_recording(first())
    background_recorder.stop_recording()
    assert background_recorder.find_recorded_name() == ""


def test_keeper_of_another_lab_is_stopped(without_engine) -> None:
    background_recorder.start_recording(first())
    background_recorder.stop_recording_others(second())
    assert background_recorder.find_recorded_name() == ""


def test_keeper_that_was_killed_records_nothing_and_can_be_started_again(without_engine) -> None:
    background_recorder.start_recording(first())
    os.kill(process_id(), signal.SIGKILL)
    wait_for(lambda: background_recorder.find_recorded_name() == "")
    background_recorder.start_recording(first())
    assert background_recorder.find_recorded_name() == first().name


def test_keeper_ends_by_itself_when_its_folder_is_gone(without_engine) -> None:
    background_recorder.start_recording(first())
    with background_recorder._process_file().open() as file:
        shutil.rmtree(paths.runtime())

        def is_free() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait_for(is_free)


@pytest.mark.parametrize("content", ["", "nonsense docker/first", "99999999 docker/first"])
def test_unreadable_file_of_a_live_keeper_stops_nothing_wrong(
    content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_recorder, "STOP_SECONDS", 0.1)
    paths.ensure_folder(paths.runtime())
    with background_recorder._process_file().open("w") as file:
        file.write(content)
        file.flush()
        fcntl.flock(file, fcntl.LOCK_EX)
        background_recorder.stop_recording()


def test_keeper_that_cannot_start_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda argv, **options: None)
    started = time.monotonic()
    background_recorder.start_recording(first())
    assert time.monotonic() - started < 5
    assert background_recorder.find_recorded_name() == ""


class Recorded:
    """Stands in for a recorder: which journals it was opened and closed for."""

    def __init__(self, calls: list[str]) -> None:
        self.calls = calls

    def __call__(self, run: Run) -> Recorded:
        self.calls.append(run.name)
        return self

    def __enter__(self) -> None:
        self.calls.append("open")

    def __exit__(self, *error: object) -> None:
        self.calls.append("close")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    made: list[str] = []
    monkeypatch.setattr(recorder, "Recorder", Recorded(made))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    yield made
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_recording_says_that_it_is_ready_and_closes_when_told(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    monkeypatch.setattr(sys, "argv", ["recorder", first().name, str(writer)])
    thread = threading.get_ident()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.pthread_kill(thread, signal.SIGTERM)
    background_recorder.main()
    with os.fdopen(reader, "rb") as ready:
        assert ready.read() == b"1"
    assert calls == ["lab-docker-first", "open", "close"]
    assert background_recorder._process_file().read_text() == f"{os.getpid()} {first().name}"


def test_recording_ends_when_its_file_is_gone(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []

    def nothing(signals: set[int], seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 2:
            background_recorder._process_file().unlink()

    monkeypatch.setattr(signal, "sigtimedwait", nothing)
    reader, writer = os.pipe()
    background_recorder.record_until_told(first(), writer)
    os.close(reader)
    assert looked == [background_recorder.LOOK_SECONDS] * 2
    assert calls == ["lab-docker-first", "open", "close"]
