"""Waiting until a check passes: it is tried again when something tells of a change, or by time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from checker.checks.core.failure import CheckFailed

if TYPE_CHECKING:
    from checker.orchestrators.kind.kube_api import Api

Found = TypeVar("Found")
Changes = Callable[[float], Iterator[object]]
"""Given seconds, yields at each change for at most so long."""


def wait_until_passed(check: Callable[[], Found], changes: Changes, timeout: float) -> Found:
    """Return what a check returns as soon as it does not raise CheckFailed.

    Args:
        check: Looks again each time.
        changes: When to try it again.
        timeout: Seconds; 0 looks once.

    Raises:
        CheckFailed: The last one, when time is up.
    """
    deadline = time.monotonic() + timeout
    try:
        return check()
    except CheckFailed as failed:
        last = failed
    while (left := deadline - time.monotonic()) > 0:
        for _ in changes(left):
            try:
                return check()
            except CheckFailed as failed:
                last = failed
            if time.monotonic() >= deadline:
                break
    raise last


def poll_every(interval: float) -> Changes:
    """Return the changes of what tells nobody of them: one is assumed every `interval` seconds."""

    def assume_changes(timeout: float) -> Iterator[object]:
        while True:
            time.sleep(interval)
            yield None

    return assume_changes


def watch_list(api: Api, path: str, query: Mapping[str, object]) -> Changes:
    """Return the changes in a list; a watch without a version begins with what is there already."""
    return lambda timeout: api.watch(path, timeout, **query)


def list_events(api: Api, namespace: str, uid: str, most: int = 3) -> list[str]:
    """List the last events of an object, oldest first, in words."""

    def get_time(event: dict[str, Any]) -> str:
        # which of them is set depends on who wrote the event, and on how often it happened
        series = event.get("series") or {}
        last = series.get("lastObservedTime") or event.get("lastTimestamp")
        last = last or event.get("eventTime")
        return str(last or event["metadata"].get("creationTimestamp", ""))

    selector = f"involvedObject.uid={uid}"
    events = api.items(f"/api/v1/namespaces/{namespace}/events", fieldSelector=selector)
    found = []
    for each in sorted(events, key=get_time)[-most:]:
        text = " ".join(each.get("message", "").split())
        shown = text if len(text) <= 200 else f"{text[:200]}…"
        found.append(f"{each.get('reason', '')}: {shown}")
    return found


def add_troubles(failed: CheckFailed, troubles: list[str]) -> CheckFailed:
    """Return the same failure, with what else is known added to what was found."""
    if not troubles:
        return failed
    return CheckFailed(failed.expected, f"{failed.found}. {' '.join(troubles)}", failed.next_step)
