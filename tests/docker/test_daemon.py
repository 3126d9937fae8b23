"""The engine that the course starts by hand: started once, found again, ended by its own id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from checker.base.errors import CouldNotFindOut
from checker.docker import daemon, endpoint

DOCKERD = """\
#!/bin/sh
echo "$@" > "{folder}/arguments"
while [ $# -gt 0 ]; do
  case $1 in --pidfile) echo $$ > "$2" ;; esac
  shift
done
{then}
"""


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(daemon, "START_SECONDS", 10.0)


@pytest.fixture
def dockerd(machine: Path) -> Iterator[Callable[[str], str]]:
    """A program that writes its process id like dockerd, and then does what it is told."""

    def make(then: str) -> str:
        program = machine / "dockerd"
        program.write_text(DOCKERD.format(folder=machine, then=then))
        program.chmod(0o755)
        return str(program)

    yield make
    if number := daemon.find_pid():
        os.kill(number, signal.SIGKILL)


STAYS = 'trap "exit 0" TERM; while :; do sleep 0.05; done'
STUBBORN = 'trap "" TERM; while :; do sleep 0.05; done'


def is_zombie(number: int) -> bool:
    return psutil.Process(number).status() == psutil.STATUS_ZOMBIE


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(machine: Path, dockerd: str, serve: Callable[..., str]) -> None:
    """The API is served beside it, since a shell script cannot."""
    (machine / "run").mkdir(exist_ok=True)
    daemon.launch_daemon(dockerd, os.environ["PATH"])
    wait_until(lambda: daemon.find_pid() is not None)
    serve(machine / "run" / "docker.sock")
    daemon.start_daemon(dockerd, os.environ["PATH"])


def test_start_returns_when_the_api_answers(
    machine: Path, dockerd: Callable[[str], str], serve: Callable[..., str]
) -> None:
    start(machine, dockerd(STAYS), serve)
    arguments = (machine / "arguments").read_text()
    assert f"--host {endpoint.daemon_host()}" in arguments
    assert f"--data-root {daemon.data_root()}" in arguments
    assert endpoint.find_engine().host == endpoint.daemon_host()


def test_running_engine_is_not_started_again(
    machine: Path, dockerd: Callable[[str], str], serve: Callable[..., str]
) -> None:
    program = dockerd(STAYS)
    start(machine, program, serve)
    before = daemon.find_pid()
    assert before
    daemon.start_daemon(program, os.environ["PATH"])
    assert daemon.find_pid() == before


def test_second_launch_leaves_an_engine_alone_that_is_just_starting(
    machine: Path, dockerd: Callable[[str], str]
) -> None:
    program = dockerd(STAYS)
    daemon.launch_daemon(program, os.environ["PATH"])
    daemon.launch_daemon(program, os.environ["PATH"])
    wait_until(lambda: daemon.find_pid() is not None)
    lines = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert sum(line[1:2] == [program] for line in lines) == 1


def test_engine_that_ends_at_once_is_explained_by_its_log(
    machine: Path, dockerd: Callable[[str], str]
) -> None:
    with pytest.raises(CouldNotFindOut) as failed:
        daemon.start_daemon(
            dockerd('echo "failed to start daemon: no room" >&2; exit 1'), "/bin:/usr/bin"
        )
    assert failed.value.message == "The Docker Engine ended at once."
    assert failed.value.found == "failed to start daemon: no room"
    assert str(daemon.log_file()) in failed.value.next_step


def test_engine_that_never_answers_is_given_up(
    dockerd: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "START_SECONDS", 0.3)
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        daemon.start_daemon(dockerd(STAYS), os.environ["PATH"])


@pytest.mark.parametrize("then", [STAYS, STUBBORN], ids=["politely", "by force"])
def test_stop_ends_it(
    machine: Path,
    dockerd: Callable[[str], str],
    serve: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    then: str,
) -> None:
    monkeypatch.setattr(daemon, "STOP_SECONDS", 1.0)
    start(machine, dockerd(then), serve)
    number = daemon.find_pid()
    assert number
    daemon.stop_daemon()
    assert not psutil.pid_exists(number) or is_zombie(number)
    assert daemon.find_pid() is None


def test_stop_without_an_engine_does_nothing() -> None:
    daemon.stop_daemon()


@pytest.mark.parametrize("content", ["", "x", str(os.getpid()), "999999999"])
def test_stale_process_id_is_nobody(machine: Path, content: str) -> None:
    (machine / "run").mkdir()
    (machine / "run" / "docker.pid").write_text(content)
    assert daemon.find_pid() is None


def test_containerd_that_outlived_its_engine_is_ended(machine: Path) -> None:
    configuration = machine / "run" / "exec" / "containerd" / "containerd.toml"
    orphan = subprocess.Popen(["sh", "-c", "sleep 60; true", "containerd", str(configuration)])
    daemon.stop_daemon()
    assert orphan.wait(5) == -signal.SIGTERM


def test_log_that_was_never_written_is_said(machine: Path) -> None:
    assert daemon.read_log_end() == "no log"


def test_process_that_does_not_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    number = os.getpid()
    monkeypatch.setattr(daemon, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(daemon, "run_as_root", lambda argv, timeout: None)
    with pytest.raises(CouldNotFindOut, match=f"Process {number} does not end"):
        daemon.end_as_root(number)
