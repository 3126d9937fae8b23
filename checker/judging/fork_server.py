"""The warm worker: a process that has imported all that checks need, and forks one child a run.

It has one thread, so that forking is safe, and ends by itself when nobody asked for a while.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from checker.docker.connection import open_client
from checker.judging.check_run import answer_request, run_pytest
from checker.judging.request import STOP, Request
from checker.orchestrators import registry

IDLE_SECONDS = 20 * 60.0
REQUEST_SECONDS = 5
"""Whoever connects has sent something by then."""

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
        request = Request(folder, folder, "none", ("any",))
        run_pytest(request, lambda message: None, open_client)
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
    with stream:
        try:
            stream.settimeout(REQUEST_SECONDS)
            if stream.recv(len(STOP), socket.MSG_PEEK) == STOP:
                return False
            stream.settimeout(None)
        except OSError:
            return True
        if os.fork() == 0:
            try:
                listener.close()
                os.setsid()
                answer_request(Connection(stream.detach()))
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
