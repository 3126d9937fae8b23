"""The way to a process that judges: the warm worker, or where it cannot be had, a cold process."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import checker
from checker.base import paths
from checker.base.fingerprint import fingerprint_package
from checker.judging.fork_server import STOP

START_SECONDS = 15.0
PAUSE = 0.02


@contextlib.contextmanager
def connect() -> Iterator[socket.socket]:
    """A connection that takes one request; closing it ends the run, whatever it is doing."""
    connection = _warm() or _cold()
    try:
        yield connection
    finally:
        connection.close()


def stop() -> None:
    """End all warm workers of this user and state folder."""
    for path in paths.runtime().glob("check-*.sock"):
        _stop(path)


def _warm() -> socket.socket | None:
    """A connection to the worker, which is started if need be; None if that does not work."""
    path = paths.runtime() / f"check-{fingerprint_package()[:12]}.sock"
    if connection := _connected(path):
        return connection
    with paths.lock("check-worker"):
        if connection := _connected(path):
            return connection
        stop()
        return _started(path)


def _started(path: Path) -> socket.socket | None:
    with (paths.runtime() / "check-worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "checker.judging.fork_server", str(path)],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if connection := _connected(path):
            return connection
        time.sleep(PAUSE)
    if process.poll() is None:
        process.kill()
    return None


def _connected(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def _cold() -> socket.socket:
    """A process for this run alone."""
    here, there = socket.socketpair()
    with there:
        subprocess.Popen(
            [sys.executable, "-m", "checker.judging.check_run", str(there.fileno())],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[there.fileno()],
            start_new_session=True,
        )
    return here


def _environment() -> dict[str, str]:
    """Only the checker itself can be imported from outside of the environment's packages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    package = str(Path(checker.__file__).parents[1])
    return {**kept, "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"}


def _stop(path: Path) -> None:
    if connection := _connected(path):
        with connection, contextlib.suppress(OSError):
            connection.sendall(STOP)
            connection.settimeout(1)
            connection.recv(1)
    path.unlink(missing_ok=True)
