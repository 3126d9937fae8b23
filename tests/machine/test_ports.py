"""The course's ports come from its pages; who has one is said in words."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from checker.machine import ports
from checker.orchestrators.ecs import emulator_process


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_ports_are_those_that_pages_and_labs_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("-p 127.0.0.1:8080:80, 127.0.0.1:99999, 0.0.0.0:7")
    lab = tmp_path / "labs" / "docker" / "one" / "lab.md"
    lab.parent.mkdir(parents=True)
    lab.write_text("http://127.0.0.1:8090/")
    assert ports.list_course_ports() == [8080, 8090, ports.SERVER]


def test_free_port_has_no_holder(taken: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = other.getsockname()[1]
    assert ports.inspect_ports([free]) == [ports.Port(free)]


def test_holder_is_named(taken: int) -> None:
    (port,) = ports.inspect_ports([taken])
    assert f"(process {os.getpid()})" in port.holder
    assert not port.ours


def test_courses_own_server_is_ours(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    line = [sys.executable, "-m", "checker", "up"]
    monkeypatch.setattr(psutil.Process, "cmdline", lambda self: line)
    assert ports.inspect_ports([taken])[0].ours


def test_courses_own_emulator_is_ours(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_process, "find_pid", os.getpid)
    assert ports.inspect_ports([taken])[0].ours


def test_holder_of_another_user_is_said(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    assert ports.inspect_ports([taken]) == [ports.Port(taken, "a program of another user")]


def test_holder_that_cannot_be_named_has_its_number(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: psutil.Process) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "cmdline", refuse)
    assert ports.inspect_ports([taken])[0].holder == f"process {os.getpid()}"
