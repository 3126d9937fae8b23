"""Whether a port can be listened on."""

from __future__ import annotations

import socket

from checker.base import loopback


def test_a_port_is_free_until_somebody_listens() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        assert not loopback.is_port_free(number)
    assert loopback.is_port_free(number)
