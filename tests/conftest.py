"""What holds for tests of every kind."""

from __future__ import annotations

import signal

import pytest


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell has what it starts with & ignore Ctrl-C, and that is inherited by our children."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
