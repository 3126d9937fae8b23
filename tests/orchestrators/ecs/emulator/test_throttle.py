"""Pauses grow with failures."""

from __future__ import annotations

import threading
import time

import pytest

from checker.orchestrators.ecs.emulator import throttle


def test_pauses_grow_after_three_failures_and_end_with_success() -> None:
    assert throttle.compute_pause("try:1") == 0
    for _ in range(3):
        throttle.record_failure("try:1")
    first = throttle.compute_pause("try:1")
    throttle.record_failure("try:1")
    assert 0 < first < throttle.compute_pause("try:1")
    throttle.record_success("try:1")
    assert throttle.compute_pause("try:1") == 0


def test_the_pause_has_a_limit_and_old_failures_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(throttle.time, "monotonic", lambda: now)
    for _ in range(30):
        throttle.record_failure("old:1")
    assert throttle.compute_pause("old:1") == throttle.LONGEST
    now += throttle.FORGET_SECONDS + 1
    assert throttle.compute_pause("old:1") == 0
    throttle.record_failure("old:1")
    assert throttle.compute_pause("old:1") == 0


def test_what_waits_is_called_off_when_all_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "compute_pause", lambda key: 20.0)
    threading.Timer(0.1, throttle.forget_failures).start()
    begun = time.monotonic()
    with pytest.raises(LookupError, match="try:9 was removed"):
        throttle.wait_for_turn("try:9")
    assert time.monotonic() - begun < 15


def test_without_failures_nothing_waits() -> None:
    throttle.wait_for_turn("new:1")
