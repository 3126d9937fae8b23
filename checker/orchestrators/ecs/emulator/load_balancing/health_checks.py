"""Asks every target whether it is well, as its target group says.

Codes and texts: docs.aws.amazon.com, TargetHealth (Elastic Load Balancing API reference).
"""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

from checker.orchestrators.ecs.emulator.load_balancing.targets import FASTER, Health, Key, Targets

LOOK_SECONDS = 0.1
AT_ONCE = 16
"""Targets that are asked at the same time."""

PORT_OF_TRAFFIC = "traffic-port"
Answer = tuple[str, str]
"""Reason and text of a failure; both empty where a check passed."""


class HealthChecks:
    """Looks after the targets of all groups, in a thread.

    Args:
        groups: The target groups that there are now, as the API describes them.
        targets: Where the results go.
        scope: The account in which MiniStack is asked.
    """

    def __init__(
        self,
        groups: Callable[[], list[dict[str, Any]]],
        targets: Targets,
        scope: Callable[[], AbstractContextManager[Any]] = contextlib.nullcontext,
    ) -> None:
        self._groups = groups
        self._targets = targets
        self._scope = scope
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="course-health")

    def start(self) -> None:
        """Look for as long as this process lives."""
        threading.Thread(target=self._go, daemon=True, name="course-health-checks").start()

    def step(self, now: float) -> None:
        """Ask those that are due.

        Args:
            now: Seconds of a clock that never goes back.
        """
        for group in self._groups():
            if group.get("TargetType") == "lambda":
                continue
            interval = int(group["HealthCheckIntervalSeconds"]) / FASTER
            for key, health in self._targets.due(group["TargetGroupArn"], interval, now):
                self._pool.submit(check, key, health, dict(group))

    def _go(self) -> None:
        while True:
            with contextlib.suppress(Exception), self._scope():
                self.step(time.monotonic())
            time.sleep(LOOK_SECONDS)


def check(key: Key, health: Health, group: Mapping[str, Any]) -> None:
    """Ask one target, and note what it says."""
    try:
        health.note(*ask(key, group), group)
    finally:
        health.asked = False


def ask(key: Key, group: Mapping[str, Any]) -> Answer:
    """One health check."""
    _, host, port = key
    if group["HealthCheckPort"] != PORT_OF_TRAFFIC:
        port = int(group["HealthCheckPort"])
    connection = http.client.HTTPConnection(
        host, port, timeout=float(group["HealthCheckTimeoutSeconds"])
    )
    try:
        headers = {"User-Agent": "ELB-HealthChecker/2.0", "Connection": "close"}
        connection.request("GET", group["HealthCheckPath"], headers=headers)
        status = connection.getresponse().status
    except TimeoutError:
        return "Target.Timeout", "Request timed out"
    except (OSError, http.client.HTTPException):
        return "Target.FailedHealthChecks", "Health checks failed"
    finally:
        connection.close()
    if fits(status, group["Matcher"]["HttpCode"]):
        return "", ""
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"


def fits(status: int, matcher: str) -> bool:
    """Whether a status is among those of a matcher, such as `200`, `200,202` or `200-299`."""
    for part in matcher.split(","):
        least, _, most = part.strip().partition("-")
        if int(least) <= status <= int(most or least):
            return True
    return False
