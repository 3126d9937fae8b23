"""The warm worker: a process that has imported all that checks need, and forks one child a run.

It has one thread, so that forking is safe, and ends by itself when nobody asked for a while.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import struct
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from checker.judging.check_run import run_pytest, run_request
from checker.judging.request import MOST_BYTES, STOP, Request
from checker.orchestrators import registry

IDLE_SECONDS = 20 * 60.0
REQUEST_SECONDS = 5
REQUEST_TIMEOUT, NO_TIMEOUT = struct.pack("ll", REQUEST_SECONDS, 0), bytes(16)
"""Each a timeval, socket(7)."""

EXAMPLE = """
from checker.checks import task

@task("any")
def test_nothing(workspace, http):
    pass
"""


def serve(path: Path, idle: float = IDLE_SECONDS) -> None:
    """Listen on a Unix socket until told to stop, or for `idle` seconds in vain."""
    with open_listener(path) as listener:
        listener.settimeout(idle)
        with contextlib.suppress(TimeoutError):
            while answer_connection(listener):
                with contextlib.suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        pass  # take leave of children that have ended
    path.unlink(missing_ok=True)


def preload_modules() -> None:
    """Import all that a check may need; pytest's own modules come with a first run."""
    import kubernetes.config  # noqa: F401
    import testcontainers.core.container  # noqa: F401

    registry.all_orchestrators()

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checks.py").write_text(EXAMPLE)
        run_pytest(Request(folder, folder, "none", ("any",)), lambda message: None)
    # importlib mode would take this module for every other checks.py
    sys.modules.pop("checks", None)
    gc.collect()
    gc.freeze()


def open_listener(path: Path) -> socket.socket:
    """Listen under another name first, so that whoever finds PATH finds it answering."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    listener.bind(str(fresh))
    listener.listen(16)
    fresh.replace(path)
    return listener


def answer_connection(listener: socket.socket) -> bool:
    """Serve one connection; return False if it asked to stop."""
    stream, _ = listener.accept()
    try:
        stream.settimeout(REQUEST_SECONDS)
        if stream.recv(len(STOP), socket.MSG_PEEK) == STOP:
            stream.close()
            return False
        stream.settimeout(None)
        # a Connection has no time-out: half a request must not keep this one thread from others
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, REQUEST_TIMEOUT)
    except OSError:
        stream.close()
        return True
    with Connection(stream.fileno()) as connection:
        try:
            request = Request.parse(connection.recv_bytes(MOST_BYTES))
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, NO_TIMEOUT)
        except (OSError, EOFError, ValueError, TypeError, KeyError):
            return True
        finally:
            stream.detach()
        if os.fork() == 0:
            try:
                listener.close()
                os.setsid()
                run_request(request, connection)
            finally:
                os._exit(0)
    return True


def main() -> None:
    """Serve on the socket whose path is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    preload_modules()
    serve(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
