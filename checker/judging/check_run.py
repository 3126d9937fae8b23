"""One run of a lab's checks, in a process of its own: a request comes in, messages go out.

The messages are lines of JSON, each sent as soon as it is known, so that a check that hangs or
kills its process takes nothing with it of what was found before:
`engine`, `checks` or `broken`, then for each check `begin` and `done`, at last `end`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.judging.request import Request
from checker.orchestrators.engine_names import needs

INI = Path(__file__).with_name("pytest.ini")
LONGEST_REQUEST = 1024 * 1024


def receive(connection: socket.socket) -> Request:
    """The request that a connection begins with.

    Raises:
        ValueError: It is none.
    """
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece or len(line) > LONGEST_REQUEST:
            raise ValueError("no request")
        line += piece
    return Request.parse(line)


def judge(request: Request, connection: socket.socket) -> None:
    """Run the checks and send what they find; ends with the process group if nobody listens."""
    over = _end_with(connection)
    _settle(request)

    def send(message: dict[str, Any]) -> None:
        connection.sendall(json.dumps(message).encode() + b"\n")

    if not request.collect_only:
        send({"engine": _engine(request.engine)})
    try:
        run_pytest(request, send)
    except BaseException as error:
        from checker.checks.core.explain import fault

        send({"broken": fault(error, Path(request.folder) / "checks.py")})
    over.set()
    send({"end": True})
    _end_others()


def run_pytest(request: Request, send: Callable[[dict[str, Any]], None]) -> None:
    """Run the checks in this process; each message goes to `send`."""
    import pytest

    from checker.judging.pytest_plugin import Fixtures, Judge

    folder = Path(request.folder)
    pytest.main(
        [
            f"-c{INI}",
            f"--rootdir={folder}",
            f"--confcutdir={folder}",
            "--noconftest",
            "--import-mode=importlib",
            "--assert=plain",
            "--capture=no",
            "-pno:cacheprovider",
            "-pno:terminal",
            str(folder / "checks.py"),
        ],
        plugins=[Fixtures(Path(request.workspace)), Judge(request, send)],
    )


def _settle(request: Request) -> None:
    """Take the request's environment, and a folder where nothing of the learner can be imported."""
    from checker.docker.docker_engine import environment

    pinned = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    foreign = [name for name in request.env if name.startswith(("PYTEST", "PYTHON"))]
    _replace({name: value for name, value in request.env.items() if name not in foreign})
    _replace({**environment(), **pinned})
    sys.dont_write_bytecode = True
    empty = paths.runtime() / "empty"
    empty.mkdir(exist_ok=True)
    os.chdir(empty)
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)


def _replace(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)


def _engine(name: str) -> dict[str, str]:
    if name == "none":
        return {"name": "none", "version": ""}
    if needs(name, "kind"):
        return {"name": name, "version": _cluster_version()}
    if needs(name, "ecs"):
        from checker.orchestrators.ecs import local_ecs

        return {"name": name, "version": local_ecs.status().version}
    from checker.docker.docker_engine import status

    return {"name": name, "version": status().version}


def _cluster_version() -> str:
    """As its API server tells; "" if it does not."""
    from checker.orchestrators.kind import kind_cluster
    from checker.orchestrators.kind.kube_api import Api

    try:
        with contextlib.closing(Api(kind_cluster.kubeconfig())) as api:
            return str(api.get("/version")["gitVersion"])
    except CouldNotFindOut:
        return ""


def _end_with(connection: socket.socket) -> threading.Event:
    """End this process and its children when the other side hangs up: then nobody waits.

    Returns:
        To be set once the run is over, when hanging up is what the other side should do.
    """
    over = threading.Event()

    def wait() -> None:
        try:
            while connection.recv(1024):
                pass
        except OSError:
            pass
        if not over.is_set():
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
    return over


def _end_others() -> None:
    """End what a check started and left running."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def main() -> None:
    """A cold run: the socket is the one whose number is the argument."""
    if os.getpgid(0) != os.getpid():
        os.setsid()
    connection = socket.socket(fileno=int(sys.argv[1]))
    judge(receive(connection), connection)
    os._exit(0)


if __name__ == "__main__":
    main()
