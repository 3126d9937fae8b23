"""A process that outlives its command is found again, and no other is taken for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from checker.base import background
from checker.base.background import ProcessRecord
from checker.base.polling import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = (
    "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint(1, flush=True)\ntime.sleep(60)"
)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def is_any(process: psutil.Process) -> bool:
    return True


def is_none(process: psutil.Process) -> bool:
    return False


def test_recorded_process_is_found_by_its_start_alone(sleeper, tmp_path: Path) -> None:
    file = tmp_path / "new" / "pid"
    background.write_record(file, sleeper.pid)
    record = json.loads(file.read_text())
    assert record == {"pid": sleeper.pid, "started": psutil.Process(sleeper.pid).create_time()}
    found = background.read_record(file, is_none)
    assert found is not None
    assert found.pid == sleeper.pid


def test_later_process_with_the_same_number_is_not_taken_for_it(sleeper, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    started = psutil.Process(sleeper.pid).create_time() - 100
    file.write_text(json.dumps({"pid": sleeper.pid, "started": started}))
    assert background.read_record(file, is_none) is None


def test_process_is_found_though_the_clock_was_set_since(sleeper, tmp_path: Path) -> None:
    """psutil's start of a process moves with the clock; what the process is does not."""
    file = tmp_path / "pid"
    started = psutil.Process(sleeper.pid).create_time() - 100
    file.write_text(json.dumps({"pid": sleeper.pid, "started": started}))
    found = background.read_record(file, is_any)
    assert found is not None
    assert found.pid == sleeper.pid


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGKILL])
def test_process_that_has_ended_is_not_found(
    sleeper, tmp_path: Path, signal_number: signal.Signals
) -> None:
    file = tmp_path / "pid"
    background.write_record(file, sleeper.pid)
    sleeper.send_signal(signal_number)
    # nobody has waited for it: it is a zombie, which keeps its number and its start
    assert wait_until(lambda: background.read_record(file, is_any) is None, 10, 0.02)
    sleeper.wait()
    assert background.read_record(file, is_any) is None
    assert ProcessRecord(sleeper.pid, 0.0).find_process() is None


def test_bare_number_of_an_earlier_version_counts_where_the_process_is_known(
    sleeper, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    file.write_text(f"{sleeper.pid}\n")
    found = background.read_record(file, lambda process: process.cmdline() == SLEEP)
    assert found is not None
    assert found.pid == sleeper.pid
    assert background.read_record(file, is_none) is None


@pytest.mark.parametrize(
    "content", ["", "nonsense", "[]", "{}", '{"pid": 1}', '{"pid": 1, "x": 2}', "99999999", "null"]
)
def test_what_is_no_record_names_no_process(content: str, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    assert background.read_record(file, is_any) is None
    file.write_text(content)
    assert background.read_record(file, is_any) is None


def test_started_module_has_a_session_of_its_own_and_writes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    process = background.start_module("timeit", "-n1", "-r1", log=log, cwd=tmp_path)
    process.wait(20)
    assert log.read_text().startswith("before\n")
    assert "1 loop" in log.read_text()
    process = background.start_module("http.server", "--bind", "127.0.0.1", "0")
    try:
        assert os.getsid(process.pid) == process.pid
    finally:
        background.end_process(psutil.Process(process.pid), 10)
    assert process.poll() is not None


def test_started_module_finds_the_course_and_nothing_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "checker").mkdir()
    (tmp_path / "checker" / "__init__.py").write_text("raise SystemExit(7)")
    process = background.start_module("checker.base.errors", cwd=tmp_path, env={})
    assert process.wait(20) == 0


def test_process_that_does_not_obey_is_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"1\n"
    background.end_process(psutil.Process(process.pid), 0.2)
    assert not psutil.pid_exists(process.pid)
    process.stdout.close()


def test_process_that_has_ended_meanwhile_is_ended(sleeper) -> None:
    process = psutil.Process(sleeper.pid)
    sleeper.kill()
    sleeper.wait()
    background.end_process(process, 0.2)
