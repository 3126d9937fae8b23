"""Waiting for what tells nobody when it changes: looking again and again, with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable


def becomes(true: Callable[[], bool], within: float, every: float) -> bool:
    """Look at once, and then again until it is true or the time is up.

    Args:
        within: Seconds; 0 looks once.
        every: Seconds between two looks.

    Returns:
        Whether it was true at the last look.
    """
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True
