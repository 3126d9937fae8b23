"""What only root may do is done as root, through sudo, or refused with what to type."""

from __future__ import annotations

import getpass
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed
from checker.docker.privilege import run_as_root
from tests.engine_fakes import Programs


@pytest.fixture
def learner(monkeypatch: pytest.MonkeyPatch, machine: Path) -> Path:
    """Not root, at no terminal, on a machine with sudo."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    folder = machine / "bin"
    folder.mkdir()
    (folder / "sudo").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_root_runs_it_directly(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    run_as_root(["apt-get", "update"], timeout=5, env={"A": "b"})
    assert programs.calls == ["env A=b apt-get update"]


def test_sudo_without_password_is_used(programs: Programs, learner: Path) -> None:
    run_as_root(["mkdir", "x"], timeout=5)
    assert programs.calls[-1] == "sudo -n env mkdir x"


@pytest.mark.parametrize("has_sudo", [True, False])
def test_refusal_says_what_to_type(
    programs: Programs, learner: Path, monkeypatch: pytest.MonkeyPatch, has_sudo: bool
) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ada")
    if not has_sudo:
        (learner / "sudo").unlink()
    programs.answers["sudo -n true"] = (1, "")
    with pytest.raises(CouldNotFindOut) as refused:
        run_as_root(["apt-get", "update"], timeout=5)
    assert "usermod -aG sudo ada" in refused.value.next_step
    assert ("apt-get install -y sudo" in refused.value.next_step) is not has_sudo


class Terminal:
    def isatty(self) -> bool:
        return True


def at_terminal(monkeypatch: pytest.MonkeyPatch, result: int | Exception) -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if isinstance(result, Exception):
            raise result
        return subprocess.CompletedProcess(command, result)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(subprocess, "run", run)
    return calls


def test_terminal_lets_sudo_ask(
    programs: Programs, learner: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.answers["sudo -n true"] = (1, "")
    calls = at_terminal(monkeypatch, 0)
    run_as_root(["mkdir", "x"], timeout=5)
    assert calls == [["sudo", "env", "mkdir", "x"]]


@pytest.mark.parametrize(
    ("result", "words"),
    [(1, "ended with status 1"), (subprocess.TimeoutExpired("x", 5), "took longer than 5 s")],
)
def test_failure_at_a_terminal_is_an_error(
    programs: Programs,
    learner: Path,
    monkeypatch: pytest.MonkeyPatch,
    result: int | Exception,
    words: str,
) -> None:
    programs.answers["sudo -n true"] = (1, "")
    at_terminal(monkeypatch, result)
    with pytest.raises(CommandFailed, match=words):
        run_as_root(["mkdir", "x"], timeout=5)
