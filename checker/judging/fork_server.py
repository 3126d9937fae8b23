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
from pathlib import Path

from checker.judging.check_run import judge, receive, run_pytest
from checker.judging.request import Request

IDLE_SECONDS = 20 * 60.0
REQUEST_SECONDS = 5.0
STOP = b"stop\n"
EXAMPLE = """
from checker.checks import task

@task("any")
def test_nothing(workspace, http):
    pass
"""


def serve(path: Path, idle: float = IDLE_SECONDS) -> None:
    """Listen on the Unix socket PATH until told to stop, or for `idle` seconds in vain."""
    with _listening(path) as listener:
        listener.settimeout(idle)
        with contextlib.suppress(TimeoutError):
            while _answer(listener):
                _reap()
    path.unlink(missing_ok=True)


def preload() -> None:
    """Import all that a check may need; pytest's own modules come with a first run."""
    import kubernetes.config  # noqa: F401
    import testcontainers.core.container  # noqa: F401

    import checker.docker.docker_engine
    import checker.orchestrators.ecs.local_ecs
    import checker.orchestrators.kind.kind_cluster  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "checks.py").write_text(EXAMPLE)
        run_pytest(Request(folder, folder, "none", ("any",)), lambda message: None)
    # importlib mode would take this module for every other checks.py
    sys.modules.pop("checks", None)
    gc.collect()
    gc.freeze()


def _listening(path: Path) -> socket.socket:
    """Listen under another name first, so that whoever finds PATH finds it answering."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    listener.bind(str(fresh))
    listener.listen(16)
    fresh.replace(path)
    return listener


def _answer(listener: socket.socket) -> bool:
    """Serve one connection; False if it asked to stop."""
    connection, _ = listener.accept()
    with connection:
        connection.settimeout(REQUEST_SECONDS)
        try:
            if connection.recv(len(STOP), socket.MSG_PEEK) == STOP:
                return False
            request = receive(connection)
        except (OSError, ValueError, TypeError, KeyError):
            return True
        connection.settimeout(None)
        if os.fork() == 0:
            _child(listener, request, connection)
    return True


def _child(listener: socket.socket, request: Request, connection: socket.socket) -> None:
    """The whole life of a forked child."""
    try:
        listener.close()
        os.setsid()
        judge(request, connection)
    finally:
        os._exit(0)


def _reap() -> None:
    """Take leave of children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def main() -> None:
    """Serve on the socket whose path is the argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.dont_write_bytecode = True
    preload()
    serve(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
