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


def failed(key: str) -> None:
    """Something under this key, such as shop:2, failed soon after its start or did not start."""
    with _lock:
        count, last = _failures.get(key, (0, 0.0))
        fresh = time.monotonic() - last > FORGET_SECONDS
        _failures[key] = (1 if fresh else count + 1, time.monotonic())


def worked(key: str) -> None:
    """Something under this key ran for a while."""
    with _lock:
        _failures.pop(key, None)


def delay(key: str) -> float:
    """Seconds to wait before the next start."""
    with _lock:
        count, last = _failures.get(key, (0, 0.0))
    if count < FREE or time.monotonic() - last > FORGET_SECONDS:
        return 0.0
    return float(min(2 ** (count - FREE), LONGEST))


def wait(key: str) -> None:
    """Wait before the next start.

    Raises:
        LookupError: All was removed meanwhile; what waited must not start any more.
    """
    with _lock:
        before = len(_resets)
        if _lock.wait_for(lambda: len(_resets) != before, delay(key)):
            raise LookupError(f"{key} was removed")


def reset() -> None:
    """Forget all failures, and call off what waits."""
    with _lock:
        _failures.clear()
        _resets.append(time.monotonic())
        _lock.notify_all()
