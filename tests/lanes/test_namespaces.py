"""A lane's processes, in real namespaces: they see their own, and end with their owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.base.settings import IMPORT_ROOT
from checker.docker import docker_client
from checker.lanes import namespaces as module
from checker.lanes.namespaces import Namespaces, asks_itself, list_missing_programs, open_namespaces

SLEEP = ("sleep", "1000")
POLITE = ("sh", "-c", 'trap "echo stopped; exit 0" TERM; echo ready; sleep 1000 & wait')
SECONDS = 20.0

Open = Callable[..., Namespaces]


@pytest.fixture
def log(machine: Path) -> Path:
    return machine / "engine.log"


@pytest.fixture
def start(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens namespaces whose engine is any program, and ends them."""
    monkeypatch.setattr(module, "asks_itself", lambda: False)
    opened = []

    def make(*engine: str) -> Namespaces:
        made = open_namespaces(engine or SLEEP, log, dict(os.environ))
        opened.append(made)
        return made

    yield make
    for each in opened:
        process.kill(each.process)


def run_inside(inside: Namespaces, *argv: str, folder: Path | None = None) -> str:
    return process.run(inside.build_command(argv, folder), timeout=SECONDS).output


def list_processes(inside: Namespaces) -> list[str]:
    script = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"
    return run_inside(inside, "sh", "-c", script).split()


def wait_for(condition: Callable[[], object]) -> None:
    assert wait_until(condition, SECONDS, 0.02)


def test_programs_inside_see_only_what_is_inside(start: Open) -> None:
    inside = start()
    inside.begin()
    assert "begun" in run_inside(inside, "cat", "/proc/1/cmdline")
    numbers = run_inside(inside, "sh", "-c", "ls /proc | grep -E '^[0-9]+$'").split()
    assert len(numbers) < 10
    wait_for(lambda: "1000" in list_processes(inside))


def test_network_inside_is_its_own(start: Open) -> None:
    inside = start()
    links = run_inside(inside, "ip", "-oneline", "link").splitlines()
    assert [line.split()[1] for line in links] == ["lo:"]
    assert "UP" in links[0]


@pytest.mark.parametrize("kind", ["net", "pid", "mnt"])
def test_every_kind_of_namespace_is_its_own_and_two_have_two(start: Open, kind: str) -> None:
    link = f"/proc/self/ns/{kind}"
    found = {run_inside(start(), "readlink", link) for _ in range(2)}
    assert len({*found, f"{Path(link).readlink()}\n"}) == 3


def test_mounts_inside_are_not_seen_outside(start: Open, machine: Path) -> None:
    inside = start()
    run_inside(inside, "mount", "-t", "tmpfs", "tmpfs", str(machine / "home"))
    run_inside(inside, "touch", str(machine / "home/inside"))
    assert list((machine / "home").iterdir()) == []


def test_programs_begin_in_the_folder_given(start: Open, machine: Path) -> None:
    inside = start()
    assert run_inside(inside, "pwd", folder=machine) == f"{machine}\n"
    assert run_inside(inside, "pwd") == "/\n"


def test_status_of_a_program_inside_is_told(start: Open) -> None:
    command = start().build_command(["sh", "-c", "exit 7"])
    assert process.run(command, timeout=SECONDS, check=False).status == 7


def test_engine_begins_when_it_is_told_and_writes_its_log(start: Open, log: Path) -> None:
    inside = start("sh", "-c", "echo out; echo error >&2; exec sleep 1000")
    assert not log.exists()
    inside.begin()
    wait_for(lambda: log.exists() and log.read_text() == "out\nerror\n")


def test_engine_may_say_more_after_an_earlier_one(start: Open, log: Path) -> None:
    log.write_text("of yesterday\n")
    start("echo", "of now").begin()
    wait_for(lambda: log.read_text() == "of yesterday\nof now\n")


def test_stop_ends_the_engine_in_good_order_and_then_all_else(start: Open, log: Path) -> None:
    inside = start(*POLITE)
    inside.begin()
    wait_for(lambda: log.exists() and log.read_text() == "ready\n")
    inside.stop()
    assert log.read_text() == "ready\nstopped\n"
    assert not psutil.pid_exists(inside.first)
    inside.end()


def test_end_ends_all_at_once_whatever_runs(start: Open, log: Path) -> None:
    inside = start(*POLITE)
    inside.begin()
    wait_for(lambda: log.exists() and log.read_text() == "ready\n")
    stubborn = "trap '' TERM HUP INT; echo ready; while :; do sleep 1000; done"
    command = inside.build_command(["setsid", "sh", "-c", stubborn])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        assert running.stdout.readline() == "ready\n"
        inside.end()
        assert running.wait(SECONDS) != 0
    assert log.read_text() == "ready\n"
    assert not psutil.pid_exists(inside.first)
    assert inside.process.poll() is not None


def test_namespaces_whose_engine_never_began_end_too(start: Open) -> None:
    inside = start()
    inside.end()
    assert not psutil.pid_exists(inside.first)


OWNER = """\
import os, sys
from pathlib import Path
from checker.lanes.namespaces import open_namespaces
inside = open_namespaces(["sleep", "1000"], Path(sys.argv[1]), dict(os.environ))
inside.begin()
print(inside.first, flush=True)
sys.stdin.read()
"""


def test_nothing_is_left_of_an_owner_that_is_killed(log: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(IMPORT_ROOT)}
    command = [sys.executable, "-P", "-c", OWNER, str(log)]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, **streams) as owner:
        first = int(owner.stdout.readline())
        assert psutil.pid_exists(first)
        owner.send_signal(signal.SIGKILL)
        wait_for(lambda: not psutil.pid_exists(first))


def test_lane_that_ended_too_early_is_told(start: Open) -> None:
    inside = start()
    process.kill(inside.process)
    wait_for(lambda: not psutil.pid_exists(inside.first))
    with pytest.raises(CouldNotFindOut, match="ended too early"):
        inside.begin()


def test_system_that_refuses_says_why(machine: Path, log: Path) -> None:
    program = machine / "unshare"
    program.write_text("#!/bin/sh\necho 'unshare failed: Operation not permitted' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(CouldNotFindOut, match="No lane can be had here") as caught:
        open_namespaces(SLEEP, log, {"PATH": str(machine)})
    assert caught.value.found == "unshare failed: Operation not permitted"


def test_ctrl_c_is_for_the_owner_alone(start: Open) -> None:
    inside = start()
    assert os.getpgid(inside.first) != os.getpgid(0)


def test_lane_asks_the_resolver_behind_the_one_that_nobody_answers(
    start: Open, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = machine / "resolv.conf"
    behind.write_text("nameserver 192.0.2.53\n")
    outside = Path("/etc/resolv.conf").read_text()
    monkeypatch.setattr(module, "RESOLVER", behind)
    monkeypatch.setattr(module, "asks_itself", lambda: True)
    inside = start()
    inside.begin()
    wait_for(lambda: "1000" in list_processes(inside))
    assert run_inside(inside, "cat", "/etc/resolv.conf") == "nameserver 192.0.2.53\n"
    assert Path("/etc/resolv.conf").read_text() == outside


@pytest.mark.parametrize("asks", [True, False])
def test_lane_asks_as_the_machine_does_where_nothing_is_behind(
    start: Open, machine: Path, monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    monkeypatch.setattr(module, "RESOLVER", machine / "nobody")
    monkeypatch.setattr(module, "asks_itself", lambda: asks)
    inside = start()
    inside.begin()
    wait_for(lambda: "1000" in list_processes(inside))
    found = run_inside(inside, "cat", "/etc/resolv.conf")
    assert found == Path("/etc/resolv.conf").read_text()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("nameserver 127.0.0.53\noptions edns0\n", True),
        ("# a comment\nnameserver 127.0.0.1\nnameserver ::1\nsearch example.org\n", True),
        ("nameserver 10.0.0.2\n", False),
        ("nameserver 127.0.0.53\nnameserver 10.0.0.2\n", False),
        ("# nameserver 127.0.0.53\nnameserver 2001:db8::1\n", False),
        ("nameserver\nsearch example.org\n", False),
        ("", False),
    ],
)
def test_machine_asks_itself_where_every_server_is_its_own(
    machine: Path, monkeypatch: pytest.MonkeyPatch, text: str, answer: bool
) -> None:
    file = machine / "resolv.conf"
    file.write_text(text)
    monkeypatch.setattr(module, "Path", lambda _: file)
    assert asks_itself() is answer


def test_machine_without_that_file_asks_nobody(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "Path", lambda _: machine / "nobody")
    assert not asks_itself()


def test_missing_programs_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    have = {name: f"/bin/{name}" for name in module.PROGRAMS}
    monkeypatch.setattr(docker_client, "find_program", have.get)
    assert list_missing_programs() == []
    del have["nsenter"], have["ip"]
    assert list_missing_programs() == ["nsenter", "ip"]
