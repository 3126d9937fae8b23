"""What a check process is asked to judge, as it travels over its socket."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

STOP = b"stop\n"
"""Sent as it is, in the place of a request, it ends a worker; those of earlier versions as well."""

MOST_BYTES = 1024 * 1024
"""Of a request."""


@dataclass(frozen=True)
class Request:
    """One run of a lab's checks.

    Args:
        folder: The lab's folder, which holds checks.py.
        workspace: The learner's folder.
        engine: The engine of the lab, whose version is told; "none" asks nothing.
        tasks: Ids of the lab's tasks, in their order.
        only: Judge this task alone; checks of the tasks that it requires are run before it.
        all_checks: Also run checks whose prerequisites are not passed.
        collect_only: Only tell which checks there are.
    """

    folder: str
    workspace: str
    engine: str
    tasks: tuple[str, ...]
    only: str | None = None
    all_checks: bool = False
    collect_only: bool = False

    def to_bytes(self) -> bytes:
        """Return the request as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def parse(cls, message: bytes) -> Request:
        """Return the request that `to_bytes` wrote.

        Raises:
            ValueError, TypeError, KeyError: It is none.
        """
        read = json.loads(message)
        return cls(**{**read, "tasks": tuple(read["tasks"])})
