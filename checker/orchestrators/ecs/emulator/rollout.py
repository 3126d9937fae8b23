"""Which tasks of a service to start and to stop next, so that a rolling update goes as it should.

Rules: docs.aws.amazon.com, Amazon ECS API reference, DeploymentConfiguration, and Deploy Amazon ECS
services by replacing tasks. Old tasks are stopped as soon as the minimum allows it, also where the
maximum has room for new ones; AWS does not say which it does first.

An old task that ends by itself during a rollout is made up for by one of its own revision, as far
as the minimum needs it: on AWS each deployment has counts of its own that are desired, pending and
running (API reference, Deployment), and so has each source revision of a service deployment.
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

    It is new if it belongs to the deployment that is to be, and kept if it belongs to the one that
    was completed before. Its health is PENDING while it is not known, and during the grace period.
    It was created at that many seconds since the epoch.
    """

    name: str
    new: bool
    health: str
    created: float = 0.0
    kept: bool = False


@dataclass(frozen=True)
class DeploymentGoal:
    """How many tasks there may be: the desired count, the least healthy ones that must be left, and
    the most of all that are starting or running. A deployment that has failed starts no more. Lost
    are tasks of the deployment before that ended by themselves.
    """

    count: int
    least: int
    most: int
    failed: bool = False
    lost: int = 0


@dataclass(frozen=True)
class RolloutStep:
    """How many tasks to start now, and which to stop; it is steady if nothing is left to do.

    They are stopped because there are too many, or as sick, or as those of former deployments. What
    replaces a lost one is started from the deployment before.
    """

    start: int = 0
    replace: int = 0
    scale_in: list[str] = field(default_factory=list)
    sick: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    steady: bool = False


def compute_goal(
    count: int, minimum: int, maximum: int, failed: bool = False, lost: int = 0
) -> DeploymentGoal:
    """Apply the percents of a deployment configuration; least is rounded up, most down."""
    most = max(1, count * maximum // 100)
    return DeploymentGoal(count, math.ceil(count * minimum / 100), most, failed, lost)


def read_goal(service: Mapping[str, Any], failed: bool = False, lost: int = 0) -> DeploymentGoal:
    """Return the goal of a service; defaults as in CreateService (docs.aws.amazon.com)."""
    given = service.get("deploymentConfiguration") or {}
    return compute_goal(
        int(service.get("desiredCount", 0)),
        int(given.get("minimumHealthyPercent", 100)),
        int(given.get("maximumPercent", 200)),
        failed,
        lost,
    )


def plan_step(tasks: Sequence[ServiceTask], goal: DeploymentGoal) -> RolloutStep:
    """Decide what is to be done now."""
    tasks = sorted(tasks, key=lambda each: each.created)
    new = [each for each in tasks if each.new]
    good = [each for each in new if each.health != UNHEALTHY]
    sick = [each for each in tasks if each.health == UNHEALTHY and (each.new or each.kept)]
    room = max(0, goal.most - len(tasks))
    if goal.failed:
        return RolloutStep(sick=list_arns(sick), replace=min(goal.lost, room))
    surplus = good[goal.count :]
    healthy = [each for each in good[: goal.count] if each.health == HEALTHY]
    need = max(0, goal.count - len(good))
    enough = len(healthy) >= goal.count
    # What the minimum needs is made up for first. Old tasks that do not work go at once, except
    # those that were started to make up for others; of those that work, as many as may.
    old = [each for each in tasks if not each.new]
    working = [each for each in old if each.health == HEALTHY]
    starting = [each for each in old if each.health == PENDING and each.kept]
    short = max(0, goal.least - len(healthy) - len(working))
    spare = max(0, len(healthy) + len(working) - goal.least)
    useless = [each for each in old if each not in (*working, *starting, *sick)]
    replace = min(goal.lost, max(0, short - len(starting)), room)
    start = min(need, room - replace)
    # Unhealthy tasks stay until others have come, where there is room for these.
    leaving = sick if enough else [each for each in sick if each.kept]
    if not enough:
        leaving += [each for each in sick if each.new][: max(0, need - start)]
    return RolloutStep(
        start=start,
        replace=replace,
        scale_in=list_arns(surplus),
        sick=list_arns(leaving),
        old=list_arns([*useless, *starting[short:], *working[:spare]]),
        steady=enough and len(tasks) == goal.count,
    )


def list_arns(tasks: Sequence[ServiceTask]) -> list[str]:
    """Return the ARNs of tasks."""
    return [each.name for each in tasks]
