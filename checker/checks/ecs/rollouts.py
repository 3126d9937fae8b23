"""Rollouts of a service of ECS: how they are set up, and how one ends."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from abc import ABC, abstractmethod
from typing import Any, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed
from checker.orchestrators.ecs import aws_api

POLL_SECONDS = 0.2
"""ECS tells nobody when a rollout ends."""

COMPLETED, FAILED, ROLLED_BACK = "completed", "failed", "rolled back"
TOLD = 3
"""Events that a learner is shown of a rollout that does not end."""


class Rollouts(ABC):
    """What a service is asked about its rollouts."""

    cluster: str
    name: str

    @property
    @abstractmethod
    def attrs(self) -> dict[str, Any]:
        """What the API says of the service now."""

    @property
    def configuration(self) -> dict[str, Any]:
        """`deploymentConfiguration`: minimumHealthyPercent, maximumPercent, ..."""
        return dict(self.attrs.get("deploymentConfiguration") or {})

    def expect_minimum(self, percent: int, *, next_step: str = "") -> Self:
        """So many percent of the tasks, or more, stay healthy during a rollout."""
        found = int(self.configuration.get("minimumHealthyPercent", 100))
        if found < percent:
            raise CheckFailed(
                f"at least {percent} % of the tasks of the service {self.name} stay healthy",
                f"its minimum healthy percent is {found}",
                next_step or "aws ecs update-service --deployment-configuration",
            )
        return self

    def expect_rollback(self, *, next_step: str = "") -> Self:
        """A circuit breaker ends a rollout that fails, and goes back."""
        breaker = self.configuration.get("deploymentCircuitBreaker") or {}
        if not breaker.get("enable") or not breaker.get("rollback"):
            found = "enabled, without rollback" if breaker.get("enable") else "not enabled"
            raise CheckFailed(
                f"the service {self.name} goes back by itself when a rollout fails",
                f"its deployment circuit breaker is {found}",
                next_step or "deploymentCircuitBreaker is part of the deployment configuration.",
            )
        return self

    def expect_health_check(self, path: str, *, codes: str = "200", next_step: str = "") -> Self:
        """Its target groups ask for this path, and take these status codes for healthy."""
        for group in self._groups():
            found = group.findtext("HealthCheckPath") or ""
            name = group.findtext("TargetGroupName")
            step = next_step or f"aws elbv2 describe-target-groups --names {name}"
            if found != path:
                what = f"the target group {name} asks for {path}"
                raise CheckFailed(what, f"it asks for {found}", step)
            taken = group.findtext("Matcher/HttpCode") or ""
            if taken != codes:
                what = f"the target group {name} takes {codes} for healthy"
                raise CheckFailed(what, f"{taken} counts as healthy", step)
        return self

    def _groups(self) -> list[ElementTree.Element]:
        arns = [each["targetGroupArn"] for each in self.attrs.get("loadBalancers") or []]
        if not arns:
            what = f"a load balancer before the service {self.name}"
            raise CheckFailed(what, "it has none", "aws ecs create-service --load-balancers")
        given = {f"TargetGroupArns.member.{at}": each for at, each in enumerate(arns, 1)}
        return aws_api.balancing("DescribeTargetGroups", **given)

    def expect_definition(self, expected: str, *, next_step: str = "") -> Self:
        """The task definition that its tasks are to be made from, such as shop:1."""
        found = _short(self.attrs["taskDefinition"])
        if found != expected:
            step = next_step or "aws ecs describe-services says what it points to."
            what = f"the service {self.name} points to {expected}"
            raise CheckFailed(what, f"it points to {found}", step)
        return self

    def settle(self, within: float = 60) -> Self:
        """Wait until no rollout is under way.

        Raises:
            CheckFailed: It does not end; with the reasons that ECS gives.
        """
        if not wait_until(lambda: _primary(self.attrs)[1] != "IN_PROGRESS", within, POLL_SECONDS):
            raise self._stuck(within)
        return self

    def deploy(self, definition: str, within: float = 60) -> str:
        """Roll another revision out, as a learner would, and wait for the end.

        Args:
            definition: Family and revision, such as shop:2.

        Returns:
            How it ended: completed, failed or rolled back.

        Raises:
            CheckFailed: It does not end in time; with the reasons that ECS gives.
            CouldNotFindOut: The service points to that revision already, so nothing would happen.
        """
        if _short(self.attrs["taskDefinition"]) == definition:
            raise CouldNotFindOut(
                f"The service {self.name} points to {definition} already; "
                "rolling it out would do nothing."
            )
        given = {"cluster": self.cluster, "service": self.name, "taskDefinition": definition}
        mine = _primary(aws_api.call(aws_api.ECS, "UpdateService", **given)["service"])[0]
        if not wait_until(lambda: bool(_ending(self.attrs, mine)), within, POLL_SECONDS):
            raise self._stuck(within)
        return _ending(self.attrs, mine)

    def _stuck(self, within: float) -> CheckFailed:
        attrs = self.attrs
        reason = next(
            (str(each.get("rolloutStateReason", "")) for each in _primaries(attrs)), "no rollout"
        )
        return CheckFailed(
            f"the rollout of the service {self.name} ends within {within:g} s",
            "; ".join(dict.fromkeys([reason, *_said(attrs), *self._stopped()])),
            "Read its events and why its tasks stopped: aws ecs describe-services, "
            "aws ecs describe-tasks",
        )

    def _stopped(self) -> list[str]:
        """Why tasks have stopped, each reason once, the newest first."""
        found = aws_api.tasks(self.cluster, serviceName=self.name)
        reasons = [
            str(each["stoppedReason"])
            for each in reversed(found)
            if each.get("stoppedReason") and each.get("stopCode") != "ServiceSchedulerInitiated"
        ]
        return list(dict.fromkeys(reasons))[:TOLD]


def _ending(attrs: dict[str, Any], mine: str) -> str:
    """How the deployment `mine` has ended; "" while it has not."""
    primary, state = _primary(attrs)
    states = {each["id"]: str(each.get("rolloutState")) for each in attrs["deployments"]}
    if states.get(mine) == "COMPLETED":
        return COMPLETED
    if primary == mine:
        return FAILED if state == "FAILED" else ""
    return ROLLED_BACK if state == "COMPLETED" else ""


def _primaries(attrs: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in attrs["deployments"] if each["status"] == "PRIMARY"]


def _primary(attrs: dict[str, Any]) -> tuple[str, str]:
    """Id and state of the deployment that is to be."""
    found = _primaries(attrs)
    return (found[0]["id"], str(found[0].get("rolloutState"))) if found else ("", "")


def _said(attrs: dict[str, Any]) -> list[str]:
    return [str(each["message"]) for each in attrs.get("events", [])[:TOLD]]


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]
