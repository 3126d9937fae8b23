"""Processes that go on when the command that started them ends, and how they are found again."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.base import paths
from checker.base.settings import IMPORT_ROOT

if TYPE_CHECKING:
    import psutil

SAME_START_SECONDS = 1.0
"""psutil computes a start from clock ticks and the time of boot, which can be set."""


@dataclass(frozen=True)
class ProcessRecord:
    """A process as it was written down: its start, in seconds since 1970, tells it from a later
    one that merely got the same number.
    """

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> ProcessRecord:
        """Return what is to be written down of a process that lives."""
        import psutil

        return cls(pid, psutil.Process(pid).create_time())

    def find_process(self) -> psutil.Process | None:
        """Return the process, or None if it has ended."""
        import psutil

        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < SAME_START_SECONDS
            if same and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def start_module(
    module: str,
    *arguments: str,
    log: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a module of the course in a session of its own; it outlives this process.

    What it prints is lost without a log; the course's own package is added to its environment.
    """
    output = (paths.ensure_folder(log.parent) / log.name).open("ab") if log else None
    with output or contextlib.nullcontext():
        return subprocess.Popen(
            [sys.executable, "-P", "-m", module, *arguments],
            cwd=cwd,
            env={**(os.environ if env is None else env), "PYTHONPATH": str(IMPORT_ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=output or subprocess.DEVNULL,
            pass_fds=pass_fds,
            start_new_session=True,
        )


def write_record(file: Path, pid: int) -> None:
    """Write down a process that lives."""
    paths.write_atomically(file, json.dumps(asdict(ProcessRecord.of(pid))) + "\n")


def read_record(file: Path, is_former: Callable[[psutil.Process], bool]) -> psutil.Process | None:
    """Return the process that was written down, or None if it has ended.

    `is_former` tells whether a process is one of those that are written down there: for what an
    earlier version wrote, the number alone, and for a start that the clock has been set since.
    """
    import psutil  # a check that finds its worker needs none of it

    try:
        read = json.loads(file.read_text())
        if isinstance(read, dict):
            record = ProcessRecord(**read)
            if process := record.find_process():
                return process
            read = record.pid
        process = psutil.Process(int(read))
        alive = process.status() != psutil.STATUS_ZOMBIE
        return process if alive and is_former(process) else None
    except (OSError, ValueError, TypeError, psutil.Error):
        return None


def end_process(process: psutil.Process, timeout: float) -> None:
    """End a process politely, and where that does not help within `timeout` seconds, at once."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        for end in (process.terminate, process.kill):
            end()
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(timeout)
                return
