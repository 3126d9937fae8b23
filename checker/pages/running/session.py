"""One shell, or one Python interpreter, for a whole page: commands go in, output comes out.

The shell reads its commands from a pipe of ours and answers each with its status on another, so
that nothing is mixed into its output and a command costs what it would cost in a script.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from checker.base.errors import CouldNotFindOut
from checker.pages.running.terminal import PseudoTerminal, render_text

MOST_OUTPUT = 1_000_000
"""Bytes of one command's output that are kept; what comes after is read and dropped."""

SHELL = """
__status=0
__set_status() {{ return "$__status"; }}
while IFS= read -r -d '' -u {commands} __terminal && IFS= read -r -d '' -u {commands} __command
do
  if [ -n "$__terminal" ]
  then __set_status; eval "$__command" <"$__terminal" >"$__terminal" 2>&1 {commands}<&- {answers}>&-
  else __set_status; eval "$__command" </dev/null {commands}<&- {answers}>&-
  fi
  __status=$?
  printf '%s\\n' "$__status" >&{answers}
done
"""
INTERPRETER = Path(__file__).with_name("interpreter.py")


@dataclass(frozen=True)
class CommandResult:
    """How a command ended.

    Args:
        output: What a terminal would show: standard output and standard error together.
        status: Its exit status; None if it did not end in time.
        seconds: How long it took.
        ended: It ended the shell itself.
        cut: It wrote more than MOST_OUTPUT.
    """

    output: str
    status: int | None
    seconds: float
    ended: bool = False
    cut: bool = False


class Session:
    """One bash in a folder; closing it ends whatever it left running.

    Args:
        workspace: Where it starts.
        env: Its whole environment.
        python: Start a Python interpreter, whose statements are run, instead of bash.
    """

    def __init__(self, workspace: Path, env: Mapping[str, str], *, python: bool = False) -> None:
        commands, self._commands = os.pipe()
        self.answers, answers = os.pipe()
        self.output, output = os.pipe()
        script = SHELL.format(commands=commands, answers=answers)
        argv = ["bash", "--noprofile", "--norc", "-c", script, "bash"]
        if python:
            argv = [sys.executable, "-u", str(INTERPRETER), str(commands), str(answers)]
        try:
            self._process = subprocess.Popen(
                argv,
                cwd=workspace,
                env={**env, "PWD": str(workspace), "TERM": "xterm", "PAGER": "cat"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(commands, answers),
                start_new_session=True,  # so that all it started is found by its session
            )
        except OSError as error:
            for handle in (self._commands, self.answers, self.output):
                os.close(handle)
            raise CouldNotFindOut(
                "The page's shell could not be started.", found=str(error)
            ) from None
        finally:
            for handle in (commands, answers, output):
                os.close(handle)
        self._terminal: PseudoTerminal | None = None
        self._selector = selectors.DefaultSelector()
        for handle in (self.output, self.answers):
            os.set_blocking(handle, False)
            self._selector.register(handle, selectors.EVENT_READ)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, command: str, timeout: float) -> CommandResult:
        """Run a command to its end.

        Args:
            command: What would be typed, continuation lines included.
            timeout: Seconds after which it and all it started is killed, and the session with it.
        """
        started = time.monotonic()
        received = ReceivedOutput()
        if not self.send_command(command):
            return CommandResult("", None, 0.0, ended=True)
        answer = None
        while answer is None and (left := started + timeout - time.monotonic()) > 0:
            for key, _ in self._selector.select(left):
                if key.fd == self.answers:
                    answer = self.read_answer()
                    break
                received.read_from(self.output)
        status = self.resolve_status(answer, started + timeout)
        while received.read_from(self.output):
            pass  # what a command has written by its end is in the pipe by then
        seconds = time.monotonic() - started
        return CommandResult(received.text(), status, seconds, answer == b"", received.cut)

    def send_command(self, command: str, terminal: str = "") -> bool:
        """Hand over a command, and the device of its terminal; false if the shell is gone."""
        data = f"{terminal}\0{command}\0".encode()
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except BrokenPipeError:
            return False
        return True

    def resolve_status(self, answer: bytes | None, deadline: float) -> int | None:
        """Return the exit status that an answer means; without one, kill the session.

        Args:
            answer: Digits; nothing if the shell was ended; None if the deadline came first.
            deadline: Until when a shell that was ended may take, on the monotonic clock.
        """
        if answer:
            return int(answer)
        if answer is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()
        return None

    def read_answer(self) -> bytes:
        """Return the status that the shell answered with, or nothing if it is gone."""
        return os.read(self.answers, 64)

    @property
    def is_over(self) -> bool:
        """Whether the shell has ended, or was killed."""
        return self._process.poll() is not None

    def open_terminal(self) -> PseudoTerminal:
        """Return the session's terminal; one for all, since closing one hangs up the shell."""
        self._terminal = self._terminal or PseudoTerminal()
        return self._terminal

    def kill(self) -> None:
        """Kill the shell and everything that it started."""
        for process in self.find_processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def close(self) -> None:
        """End the session, whatever is still running in it; a second time does nothing."""
        if self._selector.get_map() is None:
            return
        self.kill()
        self._selector.close()
        for handle in (self._commands, self.answers, self.output):
            os.close(handle)
        if self._terminal:
            self._terminal.close()

    def find_processes(self) -> list[psutil.Process]:
        """Find all of the session, also what was left running in the background."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(OSError, psutil.Error):
                if os.getsid(process.pid) == self._process.pid:
                    found += [process, *process.children(recursive=True)]
        return found


class ReceivedOutput:
    """Output so far, up to MOST_OUTPUT bytes."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.cut = False

    def read_from(self, handle: int) -> bool:
        """Take in what is there; false if there is nothing, or nothing will come any more."""
        try:
            data = os.read(handle, 65536)
        except OSError:  # nothing there now, or the other end of a terminal is gone
            return False
        room = MOST_OUTPUT - len(self._data)
        self._data += data[:room]
        self.cut = self.cut or len(data) > room
        return bool(data)

    def text(self) -> str:
        """Return what a terminal shows of it."""
        return render_text(self._data.decode(errors="replace"))
