"""Waiting for what tells nobody when it changes: looking again and again, with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], timeout: float, interval: float) -> bool:
    """Look at once, and then again until the condition holds or the time is up.

    Args:
        condition: Called for each look; it holds where what it returns is true.
        timeout: Seconds; 0 looks once.
        interval: Seconds between two looks.

    Returns:
        Whether the condition held at the last look.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True
