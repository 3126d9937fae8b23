"""One run of a lab's checks, in a process of its own: a request comes in, messages go out.

First comes the environment of whoever asks: while that one still reads its lab, this process
makes itself ready and opens its way to the engine.

The messages are JSON, each sent as soon as it is known, so that a check that hangs or
kills its process takes nothing with it of what was found before:
`engine`, `checks` or `broken`, then for each check `begin` and `done`, at last `end`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.docker.connection import engine_status, open_client
from checker.judging.request import MOST_BYTES, Request
from checker.orchestrators import registry

Send = Callable[[dict[str, Any]], None]

UNUSED_PLUGINS = (
    "cacheprovider", "debugging", "doctest", "faulthandler", "junitxml", "legacypath", "logging",
    "pastebin", "recwarn", "setuponly", "setupplan", "stepwise", "subtests", "terminal",
    "threadexception", "unraisableexception", "warnings",
)  # fmt: skip
"""Parts of pytest that serve people who read its output; they cost a third of a check's time."""

INI = Path(__file__).with_name("pytest.ini")


def answer_request(connection: Connection) -> None:
    """Run the checks and send what they find; ends with the process group if nobody listens."""
    prepare_process(json.loads(connection.recv_bytes(MOST_BYTES)))
    client = ThreadPoolExecutor(1).submit(open_client)
    request = Request.parse(connection.recv_bytes(MOST_BYTES))
    over = end_with_connection(connection)

    def send(message: dict[str, Any]) -> None:
        connection.send_bytes(json.dumps(message).encode())

    if not request.collect_only:
        send({"engine": describe_engine(request.engine)})
    try:
        run_pytest(request, send, client.result)
    except BaseException as error:
        from checker.checks.core.explain import describe_fault

        send({"broken": describe_fault(error, Path(request.folder) / "checks.py")})
    over.set()
    send({"end": True})
    # what a check started and left running ends with this process group, but not this process
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)


def run_pytest(request: Request, send: Send, client: Callable[[], Any]) -> None:
    """Run the checks in this process; messages go to `send`, calls to what `client` opens."""
    import pytest

    from checker.judging.pytest_plugin import CheckPlugin, Fixtures

    folder = Path(request.folder)
    options = [f"-c{INI}", f"--rootdir={folder}", f"--confcutdir={folder}", "--noconftest"]
    options += ["--import-mode=importlib", "--assert=plain", "--capture=no"]
    options += [f"-pno:{name}" for name in UNUSED_PLUGINS]
    plugins = [Fixtures(Path(request.workspace), client), CheckPlugin(request, send)]
    pytest.main([*options, str(folder / "checks.py")], plugins=plugins)


def prepare_process(environment: dict[str, str]) -> None:
    """Take this environment, and a folder where nothing of the learner can be imported.

    This process does nothing else afterwards; what a check uses reads its settings from here.
    """
    foreign = [name for name in environment if name.startswith(("PYTEST", "PYTHON"))]
    replace_environment({key: value for key, value in environment.items() if key not in foreign})
    registry.write_settings()
    pinned = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    replace_environment({**registry.shell_environment(), **pinned})
    sys.dont_write_bytecode = True
    os.chdir(paths.ensure_folder(paths.runtime() / "empty"))
    sys.path[:] = [entry for entry in sys.path if entry not in ("", ".")]
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)


def replace_environment(environment: dict[str, str]) -> None:
    """Let this process have these variables and no others."""
    os.environ.clear()
    os.environ.update(environment)


def describe_engine(engine: str) -> dict[str, str]:
    """Return name and version: that of the first orchestrator, else of the Docker Engine."""
    if engine == "none":
        return {"name": "none", "version": ""}
    first = next(iter(registry.orchestrators_of(engine)), None)
    return {"name": engine, "version": first.version() if first else engine_status().version}


def end_with_connection(connection: Connection) -> threading.Event:
    """End this process and its children when the other side hangs up: then nobody waits.

    Returns:
        To be set once the run is over, when hanging up is what the other side should do.
    """
    over = threading.Event()

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                connection.recv_bytes()
        if not over.is_set():
            os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()
    return over


def main() -> None:
    """Run once, for whoever holds the other end of the socket whose number is the argument."""
    if os.getpgid(0) != os.getpid():
        os.setsid()
    answer_request(Connection(int(sys.argv[1])))
    os._exit(0)


if __name__ == "__main__":
    main()
