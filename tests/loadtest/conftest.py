"""A server that misbehaves on request: each connection is told by the path what becomes of it."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

import pytest

BODY = b'{"version": "1"}'


def answer(body: bytes = BODY, status: str = "200 OK", more: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n".encode()
    return head + more + b"\r\n" + body


CHUNKS = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'8\r\n{"versio\r\n7\r\nn":"c"}\r\n0\r\n\r\n'
)


class Server:
    """`requests` counts what came, `connections` what was accepted."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self._came = threading.Condition()
        self.version = "1"
        self.hold = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.hold.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def wait_for_requests(self, count: int) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.requests >= count, timeout=60)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while data := connection.recv(65536):
                with self._came:
                    self.requests += 1
                    self._came.notify_all()
                if not self._answer(connection, data.split(b" ")[1].decode(), data):
                    return

    def _answer(self, connection: socket.socket, path: str, data: bytes) -> bool:
        """Whether the connection stays."""
        if path == "/reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if path == "/closed":
            return False
        if path == "/silent":
            self.hold.wait(10)
            return False
        replies = {
            "/short": answer()[:-4],
            "/half-head": answer()[:20],
            "/chunks": CHUNKS,
            "/error": answer(status="503 Service Unavailable"),
            "/greeting": b"SSH-2.0-OpenSSH\r\n\r\n",
            "/huge": answer(b"x" * 1_200_000),
            "/until-closed": b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
            "/last": answer(more=b"Connection: close\r\n"),
            "/header": answer(b"hello", more=b"X-Version: h\r\n"),
        }
        own = f'{{"version": "{self.version}"}}'.encode()
        connection.sendall(replies.get(path, answer(own)))
        ends = path in ("/short", "/half-head", "/until-closed", "/last", "/greeting")
        return not ends and b"Connection: close" not in data


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture
def free_port() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
