"""Programs are run to their end, or ended."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from checker.base.process import CommandFailed, run


def test_output_errors_and_status_are_told_apart() -> None:
    done = run(["sh", "-c", "echo out; echo err >&2; exit 3"], timeout=10, check=False)
    assert (done.output, done.errors, done.status) == ("out\n", "err\n", 3)


def test_input_cwd_and_environment_reach_the_program(tmp_path: Path) -> None:
    done = run(
        ["sh", "-c", "cat; pwd; echo $A"], timeout=10, cwd=tmp_path, env={"A": "b"}, input="x\n"
    )
    assert done.output.split() == ["x", str(tmp_path), "b"]


def test_failure_names_the_command_and_shows_its_last_lines() -> None:
    with pytest.raises(CommandFailed) as caught:
        run(["sh", "-c", "seq 30 >&2; exit 4"], timeout=10)
    assert "ended with status 4" in caught.value.message
    assert caught.value.found.splitlines() == [str(n) for n in range(19, 31)]


def test_missing_program_is_named() -> None:
    with pytest.raises(CommandFailed, match="no-such-program could not be started"):
        run(["no-such-program"], timeout=10)


@pytest.mark.parametrize("on_line", [None, lambda line: None])
def test_time_out_kills_the_program_and_its_children(tmp_path: Path, on_line) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    with pytest.raises(CommandFailed, match="took longer than"):
        run(["sh", "-c", script], timeout=0.5, on_line=on_line)
    assert _ended(int((tmp_path / "pid").read_text()))


def _ended(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        os.sched_yield()
    return False


def test_lines_are_told_as_they_come() -> None:
    lines: list[str] = []
    done = run(["sh", "-c", "echo one; echo two >&2"], timeout=10, on_line=lines.append)
    assert lines == ["one", "two"]
    assert done.output == "one\ntwo\n"
