from __future__ import annotations

import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from checker.base import paths
from checker.base.errors import CourseError
from checker.server import instance

HOLDER = """
import sys, time
from checker.server import instance
with instance.claim_server():
    instance.announce_server("http://127.0.0.1:1/course/?token=t") if sys.argv[1] == "up" else None
    print("ready", flush=True)
    time.sleep(60)
"""


ROOT = str(Path(__file__).resolve().parents[2])


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    yield
    shutil.rmtree(paths.runtime(), ignore_errors=True)


class Holder:
    """Another process that is the server, or is about to be it."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []

    def start(self, how: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, how],
            env={**os.environ, "PYTHONPATH": ROOT},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        return process


@pytest.fixture
def holder() -> Iterator[Holder]:
    started = Holder()
    yield started
    for process in started.processes:
        process.kill()
        process.wait()


def listening() -> socket.socket:
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_nothing_runs_at_first() -> None:
    assert instance.running() is None
    assert not instance.stop()


def test_a_second_server_is_refused_and_told_where_the_first_is(holder: Holder) -> None:
    process = holder.start("up")
    with pytest.raises(instance.AlreadyUp) as refused, instance.claim_server():
        pass
    assert refused.value.other is not None
    assert refused.value.other.pid == process.pid
    assert refused.value.other.url == "http://127.0.0.1:1/course/?token=t"


def test_a_second_server_waits_for_nobody_while_the_first_gets_ready(holder: Holder) -> None:
    holder.start("getting ready")
    with pytest.raises(instance.AlreadyUp, match="still making this machine ready") as refused:
        with instance.claim_server():
            pass
    assert refused.value.other is None
    assert instance.running() is None


def test_after_a_kill_the_next_server_starts_anew(holder: Holder) -> None:
    process = holder.start("up")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert instance.running() is None
    with instance.claim_server():
        instance.announce_server("http://127.0.0.1:2/course/")
        found = instance.running()
        assert found is not None
        assert found.pid == os.getpid()
    assert instance.running() is None


def test_stop_ends_the_server(holder: Holder) -> None:
    process = holder.start("up")
    assert instance.stop()
    assert not psutil.pid_exists(process.pid)
    assert instance.running() is None
    assert not instance.stop()


def test_a_later_process_with_the_same_id_is_not_taken_for_the_server() -> None:
    record = {"pid": os.getpid(), "started": psutil.Process().create_time() - 100, "url": "x"}
    paths.write_atomically(paths.runtime() / "server.json", json.dumps(record))
    assert instance.running() is None
    assert not instance.stop()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}'])
def test_a_record_that_is_no_record_is_no_server(content: str) -> None:
    paths.write_atomically(paths.runtime() / "server.json", content)
    assert instance.running() is None


def test_a_server_that_does_not_obey_is_killed(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = holder.start("up")
    process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(instance, "STOP_SECONDS", 0.2)
    started = time.monotonic()
    assert instance.stop()
    assert not psutil.pid_exists(process.pid)
    assert time.monotonic() - started < 5


def test_a_server_that_ends_by_itself_meanwhile_is_stopped(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: psutil.Process) -> None:
        raise psutil.NoSuchProcess(self.pid)

    holder.start("up")
    monkeypatch.setattr(psutil.Process, "terminate", gone)
    assert instance.stop()


def test_a_server_of_somebody_else_is_an_error(
    holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> None:
        raise psutil.AccessDenied(self.pid)

    holder.start("up")
    monkeypatch.setattr(psutil.Process, "terminate", refuse)
    with pytest.raises(CourseError, match="cannot be ended"):
        instance.stop()


def test_port_0_gives_a_port_that_can_be_used() -> None:
    port = instance.find_free_port(0)
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))


def test_a_free_port_is_taken_as_it_is() -> None:
    port = instance.find_free_port(0)
    assert instance.find_free_port(port) == port


def test_a_taken_port_is_refused_with_its_holder_and_another_port() -> None:
    with listening() as server:
        port = server.getsockname()[1]
        with pytest.raises(CourseError) as refused:
            instance.find_free_port(port)
    assert f"(process {os.getpid()}) has it" in refused.value.found
    proposed = re.search(r"--port (\d+)", refused.value.next_step)
    assert proposed
    assert int(proposed[1]) > port
    assert refused.value.exit_code == 2


def test_what_the_system_says_is_told_where_nobody_has_the_port(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forbid(*address: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    probe = type("Probe", (socket.socket,), {"bind": forbid})
    with monkeypatch.context() as forbidden:
        forbidden.setattr(socket, "socket", probe)
        with pytest.raises(CourseError, match="Permission denied") as refused:
            instance.find_free_port(80)
    assert refused.value.next_step.endswith("--port 8888")


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(CourseError, match="Port 70000 cannot be used"):
        instance.find_free_port(70000)
