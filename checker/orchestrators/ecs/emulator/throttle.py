"""Waits before a task that failed again and again is started once more.

AWS makes the pause longer up to 27 minutes where tasks never get to run (docs.aws.amazon.com,
Amazon ECS service throttle logic); a minute of AWS is a second here. AWS does not pause for tasks
that run and end at once; the course does, so that they do not keep the learner's machine busy.
"""

from __future__ import annotations

import threading
import time

FREE = 3
"""Failures in a row that cost no wait."""

LONGEST = 27.0
"""Seconds."""

FORGET_SECONDS = 120.0
_failures: dict[str, tuple[int, float]] = {}
_lock = threading.Condition()
_resets: list[float] = []


def record_failure(key: str) -> None:
    """Note that what has this key, such as shop:2, failed soon after its start or before."""
    with _lock:
        count, last = _failures.get(key, (0, 0.0))
        fresh = time.monotonic() - last > FORGET_SECONDS
        _failures[key] = (1 if fresh else count + 1, time.monotonic())


def record_success(key: str) -> None:
    """Note that what has this key ran for a while."""
    with _lock:
        _failures.pop(key, None)


def compute_pause(key: str) -> float:
    """Return the seconds to wait before the next start."""
    with _lock:
        count, last = _failures.get(key, (0, 0.0))
    if count < FREE or time.monotonic() - last > FORGET_SECONDS:
        return 0.0
    return float(min(2 ** (count - FREE), LONGEST))


def wait_for_turn(key: str) -> None:
    """Wait before the next start.

    Raises:
        LookupError: All was removed meanwhile; what waited must not start any more.
    """
    with _lock:
        before = len(_resets)
        if _lock.wait_for(lambda: len(_resets) != before, compute_pause(key)):
            raise LookupError(f"{key} was removed")


def forget_failures() -> None:
    """Forget all failures, and call off what waits."""
    with _lock:
        _failures.clear()
        _resets.append(time.monotonic())
        _lock.notify_all()
