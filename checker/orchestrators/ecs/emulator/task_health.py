"""The health of tasks: that of their containers' own checks, and that of their targets.

Meaning of healthStatus: docs.aws.amazon.com, Amazon ECS API reference, HealthCheck. Docker asks;
what an image itself says of its health does not count, as on AWS.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

from checker.orchestrators.ecs.emulator import rollout
from checker.orchestrators.ecs.emulator.load_balancing import targets
from checker.orchestrators.ecs.health_check_rules import FASTER

UNKNOWN, GOOD, BAD = "UNKNOWN", "HEALTHY", "UNHEALTHY"
OF_DOCKER = {"healthy": GOOD, "unhealthy": BAD}
STABLE_SECONDS = 1.0
"""A task that nobody asks counts as healthy when it has run so long; on AWS it takes 40 s."""

NANO = 1_000_000_000


def build_healthcheck(check: dict[str, Any]) -> dict[str, Any]:
    """Return a healthCheck as Docker's SDK takes it; intervals are shorter than on AWS."""
    command = list(check["command"])
    return {
        "test": command if command[0].startswith("CMD") else ["CMD", *command],
        "interval": int(int(check.get("interval") or 30) / FASTER * NANO),
        "timeout": int(check.get("timeout") or 5) * NANO,
        "retries": int(check.get("retries") or 3),
        "start_period": int(int(check.get("startPeriod") or 0) / FASTER * NANO),
    }


def update_health(task: dict[str, Any], definition: dict[str, Any], engine: Any) -> None:
    """Write the health of a task's containers, and its own, into it, as MiniStack keeps it."""
    essential = []
    identities = task.get("_docker_ids") or []
    pairs = zip(task["containers"], definition.get("containerDefinitions", []), strict=False)
    for at, (container, wanted) in enumerate(pairs):
        if wanted.get("healthCheck") and at < len(identities):
            with contextlib.suppress(Exception):
                state = engine.api.inspect_container(identities[at])["State"]
                said = state.get("Health", {}).get("Status", "")
                container["healthStatus"] = OF_DOCKER.get(said, UNKNOWN)
            if wanted.get("essential", True):
                essential.append(container.get("healthStatus", UNKNOWN))
    if essential:
        task["healthStatus"] = find_worst(essential)


def find_worst(states: Iterable[str]) -> str:
    """Return the state that decides: one unhealthy container, then one that is unknown."""
    found = set(states)
    return BAD if BAD in found else UNKNOWN if UNKNOWN in found else GOOD


def has_health_check(definition: dict[str, Any]) -> bool:
    """Tell whether a task definition has a health check of an essential container."""
    containers = definition.get("containerDefinitions", [])
    return any(each.get("healthCheck") and each.get("essential", True) for each in containers)


def rate_task(container: str | None, of_targets: list[str], age: float, grace: float) -> str:
    """Tell what a running task counts as in a rollout.

    Args:
        container: Its healthStatus; None where none of its containers has a health check.
        of_targets: The state of its target in each target group.
        age: Seconds for which it has run.
        grace: Seconds in which a bad health does not count.
    """
    if container == BAD or targets.UNHEALTHY in of_targets:
        return rollout.UNHEALTHY if age >= grace else rollout.PENDING
    if container is None and not of_targets:
        return rollout.HEALTHY if age >= STABLE_SECONDS else rollout.PENDING
    good = container in (None, GOOD) and all(each == targets.HEALTHY for each in of_targets)
    return rollout.HEALTHY if good else rollout.PENDING
