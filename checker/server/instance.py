"""The one server of a user: what says that it runs, where, and how it is stopped.

The lock `server` is held as long as the server lives; the kernel frees it however the server
ends, so a record without a holder of the lock is what a killed server left behind.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.machine import ports

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Instance:
    """A server that runs; `started` (seconds since 1970) tells it from a later process's id."""

    pid: int
    started: float
    url: str

    def process(self) -> psutil.Process | None:
        """Its process, or None if that has ended."""
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < 1:
                return process
        return None


class AlreadyUp(CourseError):
    """Another process holds the server's lock."""

    def __init__(self, other: Instance | None) -> None:
        super().__init__(
            "Another ./course up is still making this machine ready.",
            next_step="Wait until it prints its address, then open that.",
        )
        self.other = other


def _record() -> Path:
    return paths.runtime() / "server.json"


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Be the only server of this user.

    Raises:
        AlreadyUp: There is one already; `other` says where, unless it is still starting.
    """

    def refuse() -> None:
        raise AlreadyUp(running())

    with paths.lock("server", waiting=refuse):
        _record().unlink(missing_ok=True)
        try:
            yield
        finally:
            _record().unlink(missing_ok=True)


def announce(url: str) -> None:
    """Record that this process serves the course at URL, which contains the token."""
    started = psutil.Process().create_time()
    paths.write_atomically(_record(), json.dumps(asdict(Instance(os.getpid(), started, url))))


def running() -> Instance | None:
    """The server that runs now, or None."""
    try:
        found = Instance(**json.loads(_record().read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.process() else None


def stop() -> bool:
    """End the server that runs, and with it its kernels and terminals; whether there was one.

    Raises:
        CouldNotFindOut: It belongs to somebody else.
    """
    found = running()
    process = found.process() if found else None
    if process is None:
        return False
    try:
        _end(process)
    except psutil.NoSuchProcess:
        pass
    except psutil.AccessDenied as error:
        raise CouldNotFindOut(f"Process {process.pid} cannot be ended.", found=str(error)) from None
    _record().unlink(missing_ok=True)
    return True


def _end(process: psutil.Process) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(STOP_SECONDS)


def free_port(wanted: int) -> int:
    """WANTED, or for 0 a port that nobody uses.

    Raises:
        CourseError: Somebody listens on it; the message says who, as far as it can be known.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as error:
            raise CourseError(
                f"Port {wanted} cannot be used.",
                found=_holder(wanted, error),
                next_step=f"Stop that program, or type: ./course up --port {_other(wanted)}",
            ) from None
        return int(probe.getsockname()[1])


def _holder(port: int, error: Exception) -> str:
    """Who has PORT, in words, or what the system said of it."""
    taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
    return f"{ports.look([port])[0].holder} has it" if taken else str(error)


def _other(port: int) -> int:
    """A port to propose instead: the next that is free."""
    for candidate in range(max(port, 1023) + 1, 65536):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", candidate))
            return candidate
    return ports.SERVER
