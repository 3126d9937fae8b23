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
class Copy:
    """A task of the service that was not told to stop.

    Args:
        name: Its ARN.
        new: Whether it belongs to the deployment that is to be.
        health: PENDING while it is not known, and during the grace period.
        created: Seconds since the epoch.
    """

    name: str
    new: bool
    health: str
    created: float = 0.0


@dataclass(frozen=True)
class Wanted:
    """How many tasks there may be.

    Args:
        count: The desired count.
        least: Healthy ones that must be left.
        most: Of all that are starting or running.
        failed: Whether the deployment has failed, so that it starts no more.
    """

    count: int
    least: int
    most: int
    failed: bool = False


@dataclass(frozen=True)
class Step:
    """What is to be done now.

    Args:
        start: How many to start.
        scale_in: Tasks to stop because there are too many.
        sick: Unhealthy tasks to stop.
        old: Tasks of former deployments to stop.
        steady: Whether nothing is left to do.
    """

    start: int = 0
    scale_in: list[str] = field(default_factory=list)
    sick: list[str] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    steady: bool = False


def wanted(count: int, minimum: int, maximum: int, failed: bool = False) -> Wanted:
    """From the percents of a deployment configuration; the least is rounded up, the most down."""
    most = max(1, count * maximum // 100)
    return Wanted(count, math.ceil(count * minimum / 100), most, failed)


def of_service(service: Mapping[str, Any], failed: bool = False) -> Wanted:
    """As a service is configured; the defaults are those of CreateService (docs.aws.amazon.com)."""
    given = service.get("deploymentConfiguration") or {}
    return wanted(
        int(service.get("desiredCount", 0)),
        int(given.get("minimumHealthyPercent", 100)),
        int(given.get("maximumPercent", 200)),
        failed,
    )


def plan(copies: Sequence[Copy], goal: Wanted) -> Step:
    """What is to be done now."""
    new = sorted((each for each in copies if each.new), key=lambda each: each.created)
    good = [each for each in new if each.health != UNHEALTHY]
    sick = [each for each in new if each.health == UNHEALTHY]
    if goal.failed:
        return Step(sick=_names(sick))
    surplus = good[goal.count :]
    healthy = [each for each in good[: goal.count] if each.health == HEALTHY]
    need = max(0, goal.count - len(good))
    room = max(0, goal.most - len(copies))
    enough = len(healthy) >= goal.count
    old = _old(copies, goal, len(healthy))
    return Step(
        start=min(need, room),
        scale_in=_names(surplus),
        sick=_names(sick if enough else sick[: max(0, need - room)]),
        old=_names(old),
        steady=enough and len(copies) == goal.count,
    )


def _old(copies: Sequence[Copy], goal: Wanted, healthy_new: int) -> list[Copy]:
    """Those that do not work, and as many of those that do as the minimum allows."""
    old = sorted((each for each in copies if not each.new), key=lambda each: each.created)
    working = [each for each in old if each.health == HEALTHY]
    spare = max(0, healthy_new + len(working) - goal.least)
    return [*(each for each in old if each.health != HEALTHY), *working[:spare]]


def _names(copies: Sequence[Copy]) -> list[str]:
    return [each.name for each in copies]
