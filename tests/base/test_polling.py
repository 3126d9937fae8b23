"""Waiting has a bound, and looks at least once."""

from __future__ import annotations

import time

from checker.base.polling import wait_until


def test_what_is_true_is_not_waited_for() -> None:
    assert wait_until(lambda: True, timeout=0, interval=60)


def test_it_is_looked_at_until_it_is_true() -> None:
    looks = iter([False, False, True])
    assert wait_until(lambda: next(looks), timeout=30, interval=0.001)


def test_without_patience_it_looks_once() -> None:
    looks: list[float] = []
    assert not wait_until(lambda: bool(looks.append(0.0)), timeout=0, interval=60)
    assert len(looks) == 1


def test_it_gives_up_when_the_time_is_up() -> None:
    started = time.monotonic()
    assert not wait_until(lambda: False, timeout=0.05, interval=0.01)
    assert 0.05 <= time.monotonic() - started < 5
