"""A run goes to a warm worker; where there is none to be had, to a cold process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.fingerprint import fingerprint_package
from checker.judging import client
from checker.judging.request import Request
from checker.labs.check import check_workspace


@pytest.fixture
def request_line(make_lab, workspace: Path) -> bytes:
    folder = make_lab()
    request = Request(str(folder), str(workspace), "none", ("word", "count"))
    return request.to_bytes()


def answers(connection: Connection) -> list[dict]:
    found = []
    with contextlib.suppress(EOFError):
        while connection.poll(20):
            found.append(json.loads(connection.recv_bytes()))
    return found


def sockets() -> list[Path]:
    return list(paths.runtime().glob("check-*.sock"))


def test_second_run_uses_the_worker_of_the_first(request_line: bytes) -> None:
    inodes = []
    for _ in range(2):
        with client.open_connection() as connection:
            connection.send_bytes(request_line)
            assert answers(connection)[-1] == {"end": True}
        (path,) = sockets()
        inodes.append(path.stat().st_ino)
    assert inodes[0] == inodes[1]


def test_a_process_made_ready_ahead_takes_the_next_request(make_lab, workspace: Path) -> None:
    folder = make_lab(
        checks="import os\nfrom checker.checks import task\n"
        '@task("word")\ndef test_a(workspace):\n'
        '    (workspace.path / "ahead").write_text(os.environ["AHEAD"])\n'
    )
    request = Request(str(folder), str(workspace), "none", ("word",)).to_bytes()
    client.stop_workers()
    with client.connect_ahead():
        assert client._ahead == []  # no worker yet, and none is waited for
    with client.open_connection():
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AHEAD", "as it was then")
        with client.connect_ahead():
            patch.undo()
            with client.open_connection() as connection:
                connection.send_bytes(request)
                assert answers(connection)[-1] == {"end": True}
        with client.connect_ahead():
            assert len(client._ahead) == 1
        assert client._ahead == []
    assert (workspace / "ahead").read_text() == "as it was then"


def test_many_at_once_share_one_worker(request_line: bytes) -> None:
    client.stop_workers()
    ended = []

    def run() -> None:
        with client.open_connection() as connection:
            connection.send_bytes(request_line)
            ended.append(answers(connection)[-1])

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == [{"end": True}] * 4
    assert len(sockets()) == 1


def test_stop_ends_the_worker(request_line: bytes) -> None:
    with client.open_connection() as connection:
        connection.send_bytes(request_line)
        answers(connection)
    (path,) = sockets()
    client.stop_workers()
    assert sockets() == []
    assert client.connect_to_worker(path) is None


def test_worker_of_older_sources_is_replaced(request_line: bytes, monkeypatch) -> None:
    with client.open_connection():
        pass
    (old,) = sockets()
    monkeypatch.setattr(client, "fingerprint_package", lambda: "changed")
    with client.open_connection() as connection:
        connection.send_bytes(request_line)
        assert answers(connection)[-1] == {"end": True}
    assert [path.name for path in sockets()] == ["check-changed.sock"]
    assert not old.exists()


def test_dead_socket_is_no_obstacle(request_line: bytes) -> None:
    client.stop_workers()
    path = paths.ensure_folder(paths.runtime()) / f"check-{fingerprint_package()[:12]}.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    with client.open_connection() as connection:
        connection.send_bytes(request_line)
        assert answers(connection)[-1] == {"end": True}


def test_without_a_worker_a_cold_process_judges(make_lab, workspace, monkeypatch) -> None:
    make_lab()
    monkeypatch.setattr(client, "_connect_warm", lambda: None)
    report = check_workspace("first")
    assert report.verdict == "failed"
    assert report.tasks[0].checks[0].found == "no such file"


def test_worker_that_does_not_start_is_given_up(root, monkeypatch) -> None:
    client.stop_workers()
    monkeypatch.setattr(client, "_clean_environment", lambda: {"PATH": os.environ["PATH"]})
    monkeypatch.setattr("sys.executable", "/bin/false")
    assert client.start_worker(paths.runtime() / "check-none.sock") is None
    monkeypatch.setattr("sys.executable", "/bin/cat")
    monkeypatch.setattr(client, "START_SECONDS", 0.2)
    assert client.start_worker(Path("/dev/stdin")) is None


def test_worker_survives_what_is_no_request(request_line: bytes) -> None:
    with client.open_connection():
        (path,) = sockets()
    for nonsense in (b"nonsense\n", b"\0\0\0\2{}", b""):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(path))
            stream.sendall(nonsense)
            stream.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionResetError):
                assert stream.recv(1) == b""
    with client.open_connection() as connection:
        connection.send_bytes(request_line)
        assert answers(connection)[-1] == {"end": True}


def test_hanging_up_ends_the_run(make_lab, workspace: Path) -> None:
    folder = make_lab(
        checks="import os, time\nfrom checker.checks import task\n"
        '@task("word")\ndef test_a(workspace):\n'
        '    (workspace.path / "pid").write_text(str(os.getpid()))\n    time.sleep(60)\n'
    )
    request = Request(str(folder), str(workspace), "none", ("word",))
    pid = workspace / "pid"
    with client.open_connection() as connection:
        connection.send_bytes(request.to_bytes())
        wait(lambda: pid.exists() and pid.read_text())
    wait(lambda: not Path(f"/proc/{pid.read_text()}").exists() or _is_zombie(pid.read_text()))


def _is_zombie(pid: str) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def wait(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
