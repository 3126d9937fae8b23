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

from checker.orchestrators.ecs.emulator.load_balancing.targets import (
    TargetHealth,
    TargetKey,
    Targets,
)
from checker.orchestrators.ecs.health_check_rules import FASTER, matches_status

LOOK_SECONDS = 0.1
AT_ONCE = 16
"""Targets that are asked at the same time."""

PORT_OF_TRAFFIC = "traffic-port"
Answer = tuple[str, str]
"""Reason and text of a failure; both empty where a check passed."""


class HealthChecks:
    """Looks after the targets of all groups, which are as the API describes them, in a thread."""

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

    def start_thread(self) -> None:
        """Look for as long as this process lives."""
        threading.Thread(target=self._run_forever, daemon=True, name="course-health-checks").start()

    def ask_due_targets(self, now: float) -> None:
        """Ask the targets that are due, at a second of a clock that never goes back."""
        for group in self._groups():
            if group.get("TargetType") == "lambda":
                continue
            interval = int(group["HealthCheckIntervalSeconds"]) / FASTER
            for key, health in self._targets.select_due(group["TargetGroupArn"], interval, now):
                self._pool.submit(check_target, key, health, dict(group))

    def _run_forever(self) -> None:
        while True:
            # Groups come and go in MiniStack's threads; the next look finds them whole.
            with contextlib.suppress(Exception), self._scope():
                self.ask_due_targets(time.monotonic())
            time.sleep(LOOK_SECONDS)


def check_target(key: TargetKey, health: TargetHealth, group: Mapping[str, Any]) -> None:
    """Ask one target, and note what it says."""
    try:
        health.record_result(*ask_target(key, group), group)
    finally:
        health.asked = False


def ask_target(key: TargetKey, group: Mapping[str, Any]) -> Answer:
    """Make one health check."""
    _, host, port = key
    if group["HealthCheckPort"] != PORT_OF_TRAFFIC:
        port = int(group["HealthCheckPort"])
    timeout = float(group["HealthCheckTimeoutSeconds"])
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
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
    if matches_status(status, group["Matcher"]["HttpCode"]):
        return "", ""
    return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
