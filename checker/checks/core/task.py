"""Which task a check belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Check = TypeVar("Check", bound=Callable[..., None])

MARKER_ATTRIBUTE = "course_task"
TIMEOUT = 30.0


@dataclass(frozen=True)
class CheckMarker:
    """A check's task, what must be passed before it makes sense, and seconds that it may take."""

    task: str
    requires: tuple[str, ...]
    timeout: float


def task(
    id: str, *, requires: str | Iterable[str] = (), timeout: float = TIMEOUT
) -> Callable[[Check], Check]:
    """Tie a check to a task of lab.md.

    Args:
        id: The task's id.
        requires: Tasks without which this check would only confuse; while one of them is not
            passed, the check is skipped and says so.
        timeout: Seconds after which the check could not find out; give more to one that builds.
    """
    required = (requires,) if isinstance(requires, str) else tuple(requires)

    def mark_check(check: Check) -> Check:
        setattr(check, MARKER_ATTRIBUTE, CheckMarker(id, required, timeout))
        return check

    return mark_check


def get_marker(check: object) -> CheckMarker | None:
    """Return what `task` said about a check; None if it was not decorated."""
    marker = getattr(check, MARKER_ATTRIBUTE, None)
    return marker if isinstance(marker, CheckMarker) else None
