"""The queue: each key once, one worker a key, failures later and later."""

from __future__ import annotations

import threading
import time

import pytest
from cloud_controller import workqueue
from cloud_controller.workqueue import Key, WorkQueue

WEB, API = Key("service", "shop/web"), Key("service", "shop/api")


def waiting(queue: WorkQueue) -> list[Key]:
    """All that could be taken now; they stay taken."""
    queue.add(Key("zzz", "last"), pause=0.05)
    found = []
    while (key := queue.get()) and key.kind != "zzz":
        found.append(key)
    return found


def test_key_that_is_added_thrice_waits_once() -> None:
    queue = WorkQueue()
    for key in (WEB, API, WEB, WEB):
        queue.add(key)
    assert sorted(waiting(queue)) == [API, WEB]


def test_key_that_is_worked_on_comes_again_only_when_it_is_given_back() -> None:
    queue = WorkQueue()
    queue.add(WEB)
    assert queue.get() == WEB
    queue.add(WEB)
    assert waiting(queue) == []
    queue.done(WEB, failed=False)
    assert queue.get() == WEB


def test_key_that_fails_comes_again_after_a_pause_that_doubles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workqueue, "FIRST_PAUSE", 0.1)
    queue = WorkQueue()
    queue.add(WEB)
    pauses = []
    for _ in range(3):
        assert queue.get() == WEB
        queue.done(WEB, failed=True)
        pauses.append(round(queue._due[WEB] - time.monotonic(), 1))
    assert pauses == [0.1, 0.2, 0.4]


def test_success_makes_the_pause_short_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workqueue, "FIRST_PAUSE", 0.01)
    queue = WorkQueue()
    queue.add(WEB)
    for failed in (True, True, False):
        assert queue.get() == WEB
        queue.done(WEB, failed)
    assert queue._failures == {}
    assert queue._due == {}


def test_pause_has_a_longest() -> None:
    queue = WorkQueue()
    queue._failures[WEB] = 30
    queue.done(WEB, failed=True)
    assert queue._due[WEB] - time.monotonic() <= workqueue.LONGEST_PAUSE


def test_what_fails_for_days_still_comes_again() -> None:
    queue = WorkQueue()
    for _ in range(1100):
        queue.done(WEB, failed=True)
    assert WEB in queue._due


def test_change_during_a_pause_is_looked_at_at_once() -> None:
    queue = WorkQueue()
    queue.add(WEB, pause=60)
    queue.add(WEB)
    assert queue.get() == WEB


def test_closed_queue_sends_its_workers_home() -> None:
    queue = WorkQueue()
    found: list[Key | None] = []
    worker = threading.Thread(target=lambda: found.append(queue.get()))
    worker.start()
    queue.close()
    worker.join(5)
    assert found == [None]
