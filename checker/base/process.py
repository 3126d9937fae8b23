"""The one place that starts programs and waits for them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CouldNotFindOut

LAST_LINES = 12


@dataclass(frozen=True)
class Completed:
    """A program that ended: its exit status and what it wrote."""

    argv: tuple[str, ...]
    status: int
    output: str
    errors: str
    seconds: float


class CommandFailed(CouldNotFindOut):
    """A program ended with a status other than 0, did not end in time, or is not there."""

    def __init__(self, message: str, completed: Completed | None = None, next_step: str = ""):
        text = (completed.errors or completed.output).strip() if completed else ""
        found = "\n".join(text.splitlines()[-LAST_LINES:])
        super().__init__(message, found=found, next_step=next_step)
        self.completed = completed


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    input: str | None = None,
    check: bool = True,
    on_line: Callable[[str], None] | None = None,
) -> Completed:
    """Run a program to its end.

    Args:
        argv: Program and arguments; no shell is involved.
        timeout: Seconds after which the program and its children are killed.
        cwd: The folder in which it runs; this process's own if not given.
        env: The whole environment; this process's own if not given.
        input: Text for its standard input, which is otherwise empty.
        check: Raise unless it ends with status 0.
        on_line: Called with each line as it is written; standard error then joins the output.

    Raises:
        CommandFailed: It is not there, took too long, or (with check) failed.
    """
    command = tuple(str(word) for word in argv)
    started = time.monotonic()
    process = _start_program(command, cwd, env, merged=on_line is not None)
    try:
        if on_line:
            output, errors = _read_lines(process, timeout, on_line), ""
        else:
            output, errors = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"{command[0]} took longer than {timeout:g} s.") from None
    finally:
        kill(process)
    done = Completed(command, process.returncode, output, errors, time.monotonic() - started)
    if check and done.status != 0:
        raise CommandFailed(f"{' '.join(command)} ended with status {done.status}.", done)
    return done


def kill(process: subprocess.Popen[str]) -> None:
    """End a program that `run` started, and whatever it started in its group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start_program(
    command: tuple[str, ...], cwd: Path | None, env: Mapping[str, str] | None, merged: bool
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise CommandFailed(f"{command[0]} could not be started: {error.strerror}.") from error


def _read_lines(
    process: subprocess.Popen[str], timeout: float, on_line: Callable[[str], None]
) -> str:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    timer = threading.Timer(timeout, kill, [process])
    timer.start()
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line)
            on_line(line.rstrip("\n"))
        process.wait()
    finally:
        expired = not timer.is_alive()
        timer.cancel()
    if expired:
        raise subprocess.TimeoutExpired(process.args, timeout)
    return "".join(lines)
