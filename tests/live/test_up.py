"""`./course up` on the real engine: one server, however it is started, killed or stopped."""

from __future__ import annotations

import contextlib
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

import httpx
import psutil
import pytest

from checker.base import paths
from checker.docker import docker_engine
from checker.orchestrators.registry import shell_environment
from checker.server import instance

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

UP = [sys.executable, "-m", "checker", "up", "--no-browser", "--yes", "--port"]


class Machine:
    """A learner's machine: what is started on it, and what it prints."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.started: list[subprocess.Popen[str]] = []

    def up(self, port: int = 0) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*UP, str(port)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    docker_engine.ensure_engine()
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    root = str(Path(__file__).resolve().parents[2])
    made = Machine({**os.environ, **shell_environment(), "PYTHONPATH": root})
    yield made
    for process in made.started:
        process.kill()
        process.communicate()
    shutil.rmtree(paths.runtime(), ignore_errors=True)


def address(process: subprocess.Popen[str]) -> str:
    """What it prints; the test's own time-out is the limit of waiting for it."""
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError(process.communicate()[1])


def answers(url: str) -> bool:
    with contextlib.suppress(httpx.ConnectError):
        return httpx.get(url, follow_redirects=True).status_code == 200
    return False


def test_it_serves_on_this_machine_alone_until_ctrl_c(machine: Machine) -> None:
    process = machine.up()
    url = address(process)
    assert answers(url)
    assert not answers(url.split("?")[0].replace("/course/", "/course/api/progress"))
    listening = [
        each.laddr.ip
        for each in psutil.Process(process.pid).net_connections("inet")
        if each.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=30)
    assert process.returncode in (0, 130)
    assert "Traceback" not in said + errors
    assert not answers(url)


def test_a_second_one_says_where_the_first_is_and_ends(machine: Machine) -> None:
    url = address(machine.up())
    second = machine.up()
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert url in said
    assert answers(url)


def test_two_at_once_leave_one_server(machine: Machine) -> None:
    both = [machine.up(), machine.up()]
    processes = {psutil.Process(each.pid): each for each in both}
    deadline = time.monotonic() + 60
    gone: list[psutil.Process] = []
    while not gone and time.monotonic() < deadline:
        gone, alive = psutil.wait_procs(list(processes), timeout=0.2)
    assert (len(gone), len(alive)) == (1, 1)
    said, errors = processes[gone[0]].communicate()
    assert "already up" in said or "still making this machine ready" in errors
    assert "Traceback" not in errors
    assert answers(address(processes[alive[0]]))


def test_after_a_kill_it_starts_again(machine: Machine) -> None:
    first = machine.up()
    address(first)
    first.kill()
    first.wait()
    assert instance.running() is None
    assert answers(address(machine.up()))


def test_a_taken_port_is_named_with_its_holder_and_a_way_on(machine: Machine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = machine.up(port)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"Port {port} cannot be used" in errors
    assert f"(process {os.getpid()})" in errors
    assert "./course up --port" in errors


def test_it_is_stopped_by_its_process_id(machine: Machine) -> None:
    process = machine.up()
    url = address(process)
    found = instance.running()
    assert found is not None
    assert (found.pid, found.url) == (process.pid, url)
    assert instance.stop()
    assert process.wait(5) is not None
    assert not answers(url)
