"""The way to a process that runs checks: the warm worker, or where it cannot be had, a cold one.

Messages are bytes of JSON over `multiprocessing.connection`, which frames them; never a pickle.
The first, with which the process makes itself ready, is the environment of whoever asks.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from checker.base import background, paths
from checker.base.fingerprint import fingerprint_package
from checker.base.polling import wait_until
from checker.base.settings import current_settings
from checker.judging.request import STOP

START_SECONDS = 15.0
STOP_SECONDS = 1.0
PAUSE = 0.02
_ahead: list[Connection] = []


@contextlib.contextmanager
def connect_ahead() -> Iterator[None]:
    """Let a warm worker, if there is one, make a process ready while the caller still imports."""
    _ahead.extend(each for each in [connect_to_worker(_worker_socket())] if each)
    try:
        yield
    finally:
        while _ahead:  # no check was asked for
            _ahead.pop().close()


@contextlib.contextmanager
def open_connection() -> Iterator[Connection]:
    """Open a connection that takes one request; closing it ends the run, whatever it is doing."""
    with _connect_warm() or _connect_cold() as connection:
        yield connection


def stop_workers() -> None:
    """End all warm workers of this user and state folder, also those of earlier versions."""
    for path in paths.runtime().glob("check-*.sock"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
            with contextlib.suppress(OSError):
                stream.settimeout(STOP_SECONDS)
                stream.connect(str(path))
                stream.sendall(STOP)
                stream.recv(1)
        path.unlink(missing_ok=True)


def connect_to_worker(path: Path) -> Connection | None:
    """Return a connection to the worker that listens there; None if nobody does."""
    stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        stream.connect(str(path))
        return _send_environment(Connection(stream.detach()))
    except OSError:
        stream.close()
        return None


def _send_environment(connection: Connection) -> Connection:
    environment = {**os.environ, **current_settings().environment()}
    connection.send_bytes(json.dumps(environment).encode())
    return connection


def _connect_warm() -> Connection | None:
    """Connect to the worker, which is started if need be; None if that does not work."""
    path = _worker_socket()
    if connection := _ahead.pop() if _ahead else connect_to_worker(path):
        return connection
    with paths.lock("check-worker"):
        if connection := connect_to_worker(path):
            return connection
        stop_workers()
        return start_worker(path)


def _worker_socket() -> Path:
    return paths.runtime() / f"check-{fingerprint_package()[:12]}.sock"


def start_worker(path: Path) -> Connection | None:
    """Start a worker that listens there; None if it does not within START_SECONDS."""
    log = paths.ensure_folder(paths.runtime()) / "check-worker.log"
    log.unlink(missing_ok=True)
    process = background.start_module(
        "checker.judging.fork_server", str(path), log=log, cwd=Path("/"), env=_clean_environment()
    )
    found: list[Connection] = []

    def answers_or_ended() -> bool:
        found.extend(each for each in [connect_to_worker(path)] if each)
        return bool(found) or process.poll() is not None

    if not wait_until(answers_or_ended, START_SECONDS, PAUSE):
        process.kill()
    return found[0] if found else None


def _connect_cold() -> Connection:
    """Start a process for this run alone."""
    here, there = socket.socketpair()
    with there:
        background.start_module(
            "checker.judging.check_run",
            str(there.fileno()),
            cwd=Path("/"),
            env=_clean_environment(),
            pass_fds=[there.fileno()],
        )
    return _send_environment(Connection(here.detach()))


def _clean_environment() -> dict[str, str]:
    """Only the checker itself can be imported from outside of the environment's packages."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**others, "PYTHONDONTWRITEBYTECODE": "1"}
