"""Rollouts of a service of ECS: how they are set up, and how one ends."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.health_check_rules import FASTER

POLL_SECONDS = 0.2
"""ECS tells nobody when a rollout ends."""

COMPLETED, FAILED, ROLLED_BACK = "completed", "failed", "rolled back"
SHOWN_EVENTS = 3
"""Events that a learner is shown of a rollout that does not end."""


class EcsRollouts(ABC):
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
        """Expect that at least so many percent of the tasks stay healthy during a rollout."""
        found = int(self.configuration.get("minimumHealthyPercent", 100))
        if found < percent:
            expected = f"at least {percent} % of the tasks of the service {self.name} stay healthy"
            step = next_step or "aws ecs update-service --deployment-configuration"
            raise CheckFailed(expected, f"its minimum healthy percent is {found}", step)
        return self

    def expect_left(self, count: int, *, next_step: str = "") -> Self:
        """Expect that at least so many tasks are at work at each moment of a rollout."""
        attrs = self.attrs
        wanted = int(attrs["desiredCount"])
        percent = int(self.configuration.get("minimumHealthyPercent", 100))
        left = math.ceil(wanted * percent / 100)
        if left < count:
            found = (
                f"it wants {wanted}, and its minimum healthy percent is {percent}: {left} of them"
            )
            expected = f"at least {count} tasks of the service {self.name} stay during a rollout"
            step = next_step or "aws ecs update-service --deployment-configuration"
            raise CheckFailed(expected, found, step)
        return self

    def expect_rollback(self, *, next_step: str = "") -> Self:
        """Expect that a circuit breaker ends a rollout that fails, and goes back."""
        breaker = self.configuration.get("deploymentCircuitBreaker") or {}
        if not breaker.get("enable") or not breaker.get("rollback"):
            found = "enabled, without rollback" if breaker.get("enable") else "not enabled"
            expected = f"the service {self.name} goes back by itself when a rollout fails"
            step = next_step or "deploymentCircuitBreaker is part of the deployment configuration."
            raise CheckFailed(expected, f"its deployment circuit breaker is {found}", step)
        return self

    def expect_definition(self, expected: str, *, next_step: str = "") -> Self:
        """Expect the task definition that its tasks are to be made from, such as shop:1."""
        found = self.attrs["taskDefinition"].rpartition("/")[2]
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

        def has_settled() -> bool:
            return _find_primary(self.attrs).get("rolloutState") != "IN_PROGRESS"

        if not wait_until(has_settled, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return self

    def deploy(self, definition: str, within: float = 60) -> str:
        """Roll another revision out, such as shop:2, as a learner would, and wait for the end.

        Returns:
            How it ended: completed, failed or rolled back.

        Raises:
            CheckFailed: It does not end in time; with the reasons that ECS gives.
            CouldNotFindOut: The service points to that revision already, so nothing would happen.
        """
        if self.attrs["taskDefinition"].rpartition("/")[2] == definition:
            raise CouldNotFindOut(
                f"The service {self.name} points to {definition} already; "
                "rolling it out would do nothing."
            )
        given = {"cluster": self.cluster, "service": self.name, "taskDefinition": definition}
        updated = aws_api.call_service(aws_api.ECS, "UpdateService", **given)["service"]
        deployment = _find_primary(updated).get("id", "")

        def has_ended() -> bool:
            return bool(_find_ending(self.attrs, deployment))

        if not wait_until(has_ended, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return _find_ending(self.attrs, deployment)

    def _explain_timeout(self, timeout: float) -> CheckFailed:
        """Return what ECS says of the rollout, and why tasks have stopped, each reason once."""
        attrs = self.attrs
        primary = _find_primary(attrs)
        reason = str(primary.get("rolloutStateReason", "")) if primary else "no rollout"
        events = [str(each["message"]) for each in attrs.get("events", [])[:SHOWN_EVENTS]]
        stopped = [
            str(each["stoppedReason"])
            for each in reversed(aws_api.list_tasks(self.cluster, serviceName=self.name))
            if each.get("stoppedReason") and each.get("stopCode") != "ServiceSchedulerInitiated"
        ]
        newest = list(dict.fromkeys(stopped))[:SHOWN_EVENTS]
        step = (
            "Read its events and why its tasks stopped: aws ecs describe-services, "
            "aws ecs describe-tasks"
        )
        grace = int(attrs.get("healthCheckGracePeriodSeconds") or 0)
        if grace / FASTER > timeout / 2:
            step = (
                f"Its health check grace period is {grace} s, which are {grace / FASTER:g} s here: "
                "so long, ECS holds nothing against a task that is unhealthy. Make it shorter: "
                "aws ecs update-service --health-check-grace-period-seconds"
            )
        return CheckFailed(
            f"the rollout of the service {self.name} ends within {timeout:g} s",
            "; ".join(each for each in dict.fromkeys([reason, *events, *newest]) if each),
            step,
        )


def _find_ending(attrs: dict[str, Any], deployment: str) -> str:
    """Return how the deployment of this id has ended; "" while it has not.

    When ECS goes back, another one is primary.
    """
    states = {each["id"]: str(each.get("rolloutState")) for each in attrs["deployments"]}
    if states.get(deployment) == "COMPLETED":
        return COMPLETED
    primary = _find_primary(attrs)
    state = primary.get("rolloutState")
    if primary.get("id", "") == deployment:
        return FAILED if state == "FAILED" else ""
    return ROLLED_BACK if state == "COMPLETED" else ""


def _find_primary(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return the deployment that is to be; empty if there is none."""
    return next((each for each in attrs["deployments"] if each["status"] == "PRIMARY"), {})
