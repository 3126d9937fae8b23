"""Which tasks of a service to start and to stop next, so that a rolling update goes as it should.

Rules: docs.aws.amazon.com, Amazon ECS API reference, DeploymentConfiguration, and Deploy Amazon ECS
services by replacing tasks. Old tasks are stopped as soon as the minimum allows it, also where the
maximum has room for new ones; AWS does not say which it does first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PENDING, HEALTHY, UNHEALTHY = "pending", "healthy", "unhealthy"


@dataclass(frozen=True)
class ServiceTask:
    """A task of the service that was not told to stop; its name is its ARN.

    It is new if it belongs to the deployment that is to be. Its health is PENDING while it is not
    known, and during the grace period. It was created at that many seconds since the epoch.
    """

    name: str
    new: bool
    health: str
    created: float = 0.0


@dataclass(frozen=True)
class DeploymentGoal:
    """How many tasks there may be: the desired count, the least healthy ones that must be left, and
    the most of all that are starting or running. A deployment that has failed starts no more.
    """

    count: int
    least: int
    most: int
    failed: bool = False


@dataclass(frozen=True)
class RolloutStep:
    """How many tasks to start now, and which to stop; it is steady if nothing is left to do.

    They are stopped because there are too many, or as sick, or as those of former deployments.
    """

    start: int = 0
    scale_in: list[str] = field(default_factory=list)
    sick: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    steady: bool = False


def compute_goal(count: int, minimum: int, maximum: int, failed: bool = False) -> DeploymentGoal:
    """Apply the percents of a deployment configuration; least is rounded up, most down."""
    most = max(1, count * maximum // 100)
    return DeploymentGoal(count, math.ceil(count * minimum / 100), most, failed)


def read_goal(service: Mapping[str, Any], failed: bool = False) -> DeploymentGoal:
    """Return the goal of a service; defaults as in CreateService (docs.aws.amazon.com)."""
    given = service.get("deploymentConfiguration") or {}
    return compute_goal(
        int(service.get("desiredCount", 0)),
        int(given.get("minimumHealthyPercent", 100)),
        int(given.get("maximumPercent", 200)),
        failed,
    )


def plan_step(tasks: Sequence[ServiceTask], goal: DeploymentGoal) -> RolloutStep:
    """Decide what is to be done now."""
    tasks = sorted(tasks, key=lambda each: each.created)
    new = [each for each in tasks if each.new]
    good = [each for each in new if each.health != UNHEALTHY]
    sick = [each for each in new if each.health == UNHEALTHY]
    if goal.failed:
        return RolloutStep(sick=list_arns(sick))
    surplus = good[goal.count :]
    healthy = [each for each in good[: goal.count] if each.health == HEALTHY]
    need = max(0, goal.count - len(good))
    room = max(0, goal.most - len(tasks))
    enough = len(healthy) >= goal.count
    # Old tasks that do not work go at once; of the others as many as the minimum allows.
    old = [each for each in tasks if not each.new]
    working = [each for each in old if each.health == HEALTHY]
    spare = max(0, len(healthy) + len(working) - goal.least)
    leaving = [*(each for each in old if each.health != HEALTHY), *working[:spare]]
    return RolloutStep(
        start=min(need, room),
        scale_in=list_arns(surplus),
        sick=list_arns(sick if enough else sick[: max(0, need - room)]),
        old=list_arns(leaving),
        steady=enough and len(tasks) == goal.count,
    )


def list_arns(tasks: Sequence[ServiceTask]) -> list[str]:
    """Return the ARNs of tasks."""
    return [each.name for each in tasks]
