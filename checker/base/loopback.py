"""Ports of 127.0.0.1."""

from __future__ import annotations

import socket


def is_port_free(port: int) -> bool:
    """Tell whether a server could listen there now; a connection that just ended is no matter."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
