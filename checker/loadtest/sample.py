"""One request, and what became of it."""

from __future__ import annotations

import errno
from dataclasses import dataclass

OK = "ok"
OUTCOMES = {
    OK: "answered",
    "refused": "nobody accepts connections",
    "reset": "the connection was broken off",
    "closed": "the connection was closed before an answer began",
    "short": "the connection was closed in the middle of the answer",
    "timeout": "no whole answer in time",
    "wrong-status": "a status other than 2xx",
    "wrong-version": "another version than the expected one",
    "not-http": "what came is no HTTP answer, or one over 1 MiB",
    "unreachable": "the system could not connect",
}
"""What can become of a request; all but `ok` are lost ones. None is tried again."""

BY_ERRNO = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.ETIMEDOUT: "timeout",
}


@dataclass(slots=True)
class Sample:
    """A request. All times are seconds since the load began.

    Args:
        intended: When it should have been sent.
        sent: When the probe began to send it.
        ended: When the answer was complete, or the request lost.
        status: The status code, 0 without one.
        version: What the answer says; "" if it says nothing.
        fresh: Sent on a connection that was opened for it.
    """

    intended: float
    sent: float
    ended: float = 0.0
    outcome: str = ""
    status: int = 0
    version: str = ""
    fresh: bool = True

    @property
    def latency(self) -> float:
        """Seconds from when it should have been sent: what a delayed probe or server costs is in
        it, which is called leaving out no coordinated omission."""
        return self.ended - self.intended


def name_outcome(error: int) -> str:
    """Return the outcome that an errno of the system means."""
    return BY_ERRNO.get(error, "unreachable")
