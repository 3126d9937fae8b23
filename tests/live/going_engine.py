"""An engine that goes away and comes back for one client, while it runs on for all others."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from checker.orchestrators.registry import shell_environment


class Way(socketserver.ThreadingUnixStreamServer):
    """A way to the engine, by a socket of its own."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        self.open: set[socket.socket] = set()
        super().__init__(str(path), Passage)
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def cut(self) -> None:
        """Take it away, with all that goes on there."""
        self.shutdown()
        self.server_close()
        for each in list(self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Passage(socketserver.BaseRequestHandler):
    """One connection, handed on to the engine in both directions until either side ends it."""

    server: Way

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as there:
            there.connect(shell_environment()["DOCKER_HOST"].removeprefix("unix://"))
            ends = {self.request: there, there: self.request}
            self.server.open |= set(ends)
            with contextlib.suppress(OSError):
                self.hand_on(ends)
            self.server.open -= set(ends)

    def hand_on(self, ends: dict[socket.socket, socket.socket]) -> None:
        while ready := select.select(list(ends), [], [])[0]:
            for each in ready:
                if not (data := each.recv(65536)):
                    return
                ends[each].sendall(data)


class GoingEngine:
    """The engine behind a socket that goes and comes back."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "engine.sock"
        self.host = f"unix://{self._path}"
        self.come_back()

    def come_back(self) -> None:
        self._way = Way(self._path)

    def go(self) -> None:
        self._path.unlink()
        self._way.cut()


@contextlib.contextmanager
def engine_that_can_go() -> Iterator[GoingEngine]:
    """In a folder with a short name: a socket's path has little room."""
    with tempfile.TemporaryDirectory() as folder:
        engine = GoingEngine(Path(folder))
        yield engine
        engine.go()
