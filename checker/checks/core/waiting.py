"""Waiting in a cluster: a fact is looked at again when the API tells of a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from checker.checks.core.failure import CheckFailed
from checker.orchestrators.kind.kube_api import Api

Found = TypeVar("Found")
Object = dict[str, Any]


def eventually(
    judge: Callable[[], Found], changes: Callable[[float], Iterator[object]], within: float
) -> Found:
    """What `judge` returns as soon as it does not raise CheckFailed.

    Args:
        judge: Looks anew each time.
        changes: Yields at each change, for at most the given seconds.
        within: Seconds; 0 looks once.

    Raises:
        CheckFailed: The last one, when time is up.
    """
    deadline = time.monotonic() + within
    try:
        return judge()
    except CheckFailed as failed:
        last = failed
    while (left := deadline - time.monotonic()) > 0:
        for _ in changes(left):
            try:
                return judge()
            except CheckFailed as failed:
                last = failed
            if time.monotonic() >= deadline:
                break
    raise last


def changes_of(
    api: Api, path: str, query: Mapping[str, object]
) -> Callable[[float], Iterator[object]]:
    """The changes in a list; a watch without a version begins with what is there already."""

    def changes(seconds: float) -> Iterator[object]:
        return api.watch(path, seconds, **query)

    return changes


def events_of(api: Api, namespace: str, uid: str, most: int = 3) -> list[str]:
    """The last events of an object, oldest first, in words."""
    found = api.items(
        f"/api/v1/namespaces/{namespace}/events", fieldSelector=f"involvedObject.uid={uid}"
    )
    found.sort(key=_when)
    return [
        f"{each.get('reason', '')}: {_short(each.get('message', ''))}" for each in found[-most:]
    ]


def with_troubles(failed: CheckFailed, troubles: list[str]) -> CheckFailed:
    """The same failure, with what else is known added to what was found."""
    if not troubles:
        return failed
    return CheckFailed(failed.expected, f"{failed.found}. {' '.join(troubles)}", failed.next_step)


def _when(event: Object) -> str:
    series = event.get("series") or {}
    last = series.get("lastObservedTime") or event.get("lastTimestamp") or event.get("eventTime")
    return str(last or event["metadata"].get("creationTimestamp", ""))


def _short(message: str) -> str:
    text = " ".join(message.split())
    return text if len(text) <= 200 else f"{text[:200]}…"
