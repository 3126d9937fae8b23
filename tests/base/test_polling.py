"""Waiting has a bound, and looks at least once."""

from __future__ import annotations

import time

from checker.base.polling import becomes


def test_what_is_true_is_not_waited_for() -> None:
    assert becomes(lambda: True, within=0, every=60)


def test_it_is_looked_at_until_it_is_true() -> None:
    looks = iter([False, False, True])
    assert becomes(lambda: next(looks), within=30, every=0.001)


def test_without_patience_it_looks_once() -> None:
    looks: list[float] = []
    assert not becomes(lambda: bool(looks.append(0.0)), within=0, every=60)
    assert len(looks) == 1


def test_it_gives_up_when_the_time_is_up() -> None:
    started = time.monotonic()
    assert not becomes(lambda: False, within=0.05, every=0.01)
    assert 0.05 <= time.monotonic() - started < 5
