"""A request arrives as it was sent."""

from __future__ import annotations

import socket

import pytest

from checker.judging.check_run import receive
from checker.judging.request import Request

REQUEST = Request("/lab", "/work", "docker", ("a", "b"), "a", True, False, {"A": "ü\n"})


def test_request_survives_the_way() -> None:
    here, there = socket.socketpair()
    with here, there:
        here.sendall(REQUEST.line())
        assert receive(there) == REQUEST


def test_connection_without_a_request_is_refused() -> None:
    here, there = socket.socketpair()
    with there:
        here.sendall(b'{"folder": ')
        here.close()
        with pytest.raises(ValueError, match="no request"):
            receive(there)
