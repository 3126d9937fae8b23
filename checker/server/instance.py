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

from checker.base import background, paths
from checker.base.background import ProcessRecord
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.loopback import is_port_free
from checker.machine import ports

STOP_SECONDS = 15.0


@dataclass(frozen=True)
class Instance(ProcessRecord):
    """A server that runs, and its address, which contains the token."""

    url: str


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
def claim_server() -> Iterator[None]:
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


def announce_server(url: str) -> None:
    """Record that this process serves the course at URL, which contains the token."""
    record = {**asdict(ProcessRecord.of(os.getpid())), "url": url}
    paths.write_atomically(_record(), json.dumps(record))


def running() -> Instance | None:
    """Return the server that runs now, or None."""
    try:
        found = Instance(**json.loads(_record().read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.find_process() else None


def stop() -> bool:
    """End the server that runs, with its kernels and terminals; return whether there was one.

    Raises:
        CouldNotFindOut: It belongs to somebody else.
    """
    found = running()
    process = found.find_process() if found else None
    if process is None:
        return False
    try:
        background.end_process(process, STOP_SECONDS)
    except psutil.AccessDenied as error:
        raise CouldNotFindOut(f"Process {process.pid} cannot be ended.", found=str(error)) from None
    _record().unlink(missing_ok=True)
    return True


def find_free_port(wanted: int) -> int:
    """Return WANTED, or for 0 a port that nobody uses.

    Raises:
        CourseError: Somebody listens on it; the message says who, as far as it can be known.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except (OSError, OverflowError) as error:
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            holder = f"{ports.inspect_ports([wanted])[0].holder} has it" if taken else str(error)
            candidates = range(max(wanted, 1023) + 1, 65536)
            other = next(filter(is_port_free, candidates), ports.SERVER)
            raise CourseError(
                f"Port {wanted} cannot be used.",
                found=holder,
                next_step=f"Stop that program, or type: ./course up --port {other}",
            ) from None
        return int(probe.getsockname()[1])
