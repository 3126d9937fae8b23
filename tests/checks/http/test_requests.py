"""Servers are asked, waited for where that was said, and quoted where they answer wrongly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from checker.checks import CheckFailed, http


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/later" and not self.server.ready.is_set():  # type: ignore[attr-defined]
            self._answer(503, b"starting")
        elif self.path == "/slow":
            self.server.ready.wait(5)  # type: ignore[attr-defined]
            self._answer(200, b"late")
        elif self.path == "/closed":
            self.connection.close()
        elif self.path == "/private" and "Authorization" not in self.headers:
            self._answer(401, b"")
        else:
            self._answer(200, b'{"version": "1", "more": true}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(201, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-From", "here")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.ready = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.ready.set()  # type: ignore[attr-defined]
    made.shutdown()
    made.server_close()


@pytest.fixture
def url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def refused(ask, *args: object) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        ask(*args)
    return caught.value


def test_what_holds_is_accepted(url: str) -> None:
    answer = http.get(url).expect_status(200).expect_json({"version": "1"})
    answer.expect_contains("version").expect_matches('"1"').expect_header("x-from", "here")
    assert (answer.status, answer.json["more"]) == (200, True)
    assert answer.text.startswith("{")
    http.post(url, json={"a": 1}).expect_status(201).expect_text('{"a":1}')
    http.get(f"{url}/private", auth=("a", "b"), headers={"X": "y"}).expect_status(200)


def test_what_does_not_hold_is_told(url: str) -> None:
    answer = http.get(url)
    failed = refused(answer.expect_status, 404)
    assert (failed.expected, failed.found) == (f"status 404 from {url}", "status 200")
    assert failed.next_step == f"See the whole answer: curl -i {url}"
    assert refused(answer.expect_header, "X-From", "there").found == "X-From: here"
    assert refused(answer.expect_header, "X-No", "there").found == "X-No: (not sent)"
    assert refused(answer.expect_text, "hello").found.startswith('{"version"')
    assert refused(answer.expect_json, {"version": "2"}).expected == 'JSON with {"version": "2"}'
    assert f"POST {url}" in refused(http.post(url, json=1).expect_status, 200).expected


def test_nothing_that_listens_is_a_failure(url: str) -> None:
    failed = refused(http.get(f"http://127.0.0.1:{free_port()}").expect_status, 200)
    assert failed.found == "nothing listens there"
    assert "is the port published on 127.0.0.1" in failed.next_step


def test_connection_closed_without_an_answer_is_a_failure(url: str) -> None:
    failed = refused(http.get(f"{url}/closed").expect_status, 200)
    assert failed.found == "the connection was closed without an answer"


def test_no_answer_can_be_expected(url: str) -> None:
    http.get(f"http://127.0.0.1:{free_port()}").expect_no_answer()
    assert refused(http.get(url).expect_no_answer).found == "status 200"


def test_server_that_starts_is_waited_for(server, url: str) -> None:
    failed = refused(http.get(f"{url}/later").expect_status, 200)
    assert failed.found == "status 503"
    threading.Timer(0.3, server.ready.set).start()
    http.get(f"{url}/later", within=5).expect_status(200)


def test_waiting_ends(url: str) -> None:
    failed = refused(http.get(f"{url}/later", within=0.2).expect_status, 200)
    assert failed.found == "status 503 (waited 0.2 s)"


def test_slow_answer_is_no_verdict_unless_a_limit_was_set(url: str) -> None:
    with pytest.raises(httpx.TimeoutException):
        http.get(f"{url}/slow", timeout=0.1).expect_status(200)
    failed = refused(http.get(f"{url}/slow", timeout=0.1, within=0.2).expect_status, 200)
    assert failed.found == "no answer in time (ReadTimeout) (waited 0.2 s)"


def test_proxy_of_the_machine_is_not_used(url: str, monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    http.get(url).expect_status(200)


def test_authors_next_step_comes_before_the_usual_one(url: str) -> None:
    with pytest.raises(CheckFailed, match="Do this"):
        http.get(url).expect_contains("nothing", next_step="Do this.")
