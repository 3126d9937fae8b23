"""Services behind a load balancer: their targets, and how these are asked whether they are well."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self
from xml.etree.ElementTree import Element

from checker.checks.core.failure import CheckFailed
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.health_check_rules import matches_status

POLL_SECONDS = 0.3
"""Nobody is told of changes of targets."""

SUCCESS = 200
ERRORS = range(400, 600)


class EcsBalancing(ABC):
    """What a service is asked about its load balancer."""

    cluster: str
    name: str

    @property
    @abstractmethod
    def attrs(self) -> dict[str, Any]:
        """What the API says of the service now."""

    @property
    def target_groups(self) -> list[Element]:
        """Its target groups, as the API describes them."""
        every = [each.get("targetGroupArn", "") for each in self.attrs.get("loadBalancers") or []]
        given = {f"TargetGroupArns.member.{at}": each for at, each in enumerate(every, 1)}
        return aws_api.call_balancing("DescribeTargetGroups", **given) if given else []

    @property
    def targets(self) -> list[str]:
        """ADDRESS:PORT of what its load balancer sends requests to; not those that drain."""
        return sorted(target for target, state in self._list_targets() if state != "draining")

    def expect_targets(
        self, count: int | None = None, *, within: float = 0, next_step: str = ""
    ) -> Self:
        """Expect so many of its tasks, or as many as are wanted, behind its load balancer."""
        balanced = bool(self.attrs.get("loadBalancers"))

        def check_targets() -> None:
            wanted = self.attrs["desiredCount"] if count is None else count
            targets = self.targets
            if len(targets) != wanted:
                raise CheckFailed(
                    f"{wanted} targets behind the load balancer of {self}",
                    f"{len(targets)}{'' if balanced else '; it has no load balancer'}",
                    next_step
                    or "A service gets its load balancer when it is made: "
                    "aws ecs create-service --load-balancers",
                )

        # Without a load balancer no target will come.
        wait_until_passed(check_targets, poll_every(POLL_SECONDS), within if balanced else 0)
        return self

    def expect_behind(self, balancer: str, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that a load balancer sends to all tasks that are wanted, and that all are well."""
        self._require_balancer()
        names = {each.findtext("TargetGroupArn"): each for each in self.target_groups}
        if not names.keys() & aws_api.list_forwarded_groups(balancer):
            used = ", ".join(each.findtext("TargetGroupName") or "" for each in names.values())
            step = next_step or "aws elbv2 describe-listeners says where a load balancer sends to."
            expected = f"a target group of {self} to which the load balancer {balancer} sends"
            raise CheckFailed(expected, f"its tasks are in the target group {used}", step)

        def check_health() -> None:
            wanted = self.attrs["desiredCount"]
            states = [state for _, state in self._list_targets() if state != "draining"]
            if states != ["healthy"] * wanted or not wanted:
                raise CheckFailed(
                    f"{wanted or 'some'} healthy targets behind the load balancer {balancer}",
                    ", ".join(sorted(states)) or "no target",
                    next_step or "aws elbv2 describe-target-health says why a target is not well.",
                )

        wait_until_passed(check_health, poll_every(POLL_SECONDS), within)
        return self

    def expect_health_check(self, path: str, *, next_step: str = "") -> Self:
        """Expect that its target groups ask for a path, and tell 200 from errors (4xx and 5xx)."""
        self._require_balancer()
        for group in self.target_groups:
            found = group.findtext("HealthCheckPath") or ""
            name = group.findtext("TargetGroupName")
            step = next_step or f"aws elbv2 describe-target-groups --names {name}"
            if found.partition("?")[0] != path:
                what = f"the target group {name} asks for {path}"
                raise CheckFailed(what, f"it asks for {found}", step)
            taken = group.findtext("Matcher/HttpCode") or ""
            errors = [each for each in ERRORS if matches_status(each, taken)]
            if errors or not matches_status(SUCCESS, taken):
                what = f"the target group {name} takes 200 for healthy, and no error"
                raise CheckFailed(what, f"{taken} counts as healthy", step)
        return self

    def expect_illness_noticed(self, seconds: int, *, next_step: str = "") -> Self:
        """Expect that a target that falls ill is out after so many seconds, as AWS counts them."""
        for group in self.target_groups:
            interval = int(group.findtext("HealthCheckIntervalSeconds") or 0)
            threshold = int(group.findtext("UnhealthyThresholdCount") or 0)
            if interval * threshold > seconds:
                name = group.findtext("TargetGroupName")
                raise CheckFailed(
                    f"the target group {name} notices within {seconds} s that a target is ill",
                    f"it takes {threshold} bad answers, one every {interval} s: "
                    f"{interval * threshold} s",
                    next_step
                    or "aws elbv2 modify-target-group sets --health-check-interval-seconds and "
                    "--unhealthy-threshold-count",
                )
        return self

    def _require_balancer(self) -> None:
        if not self.attrs.get("loadBalancers"):
            what = f"a load balancer before {self}"
            step = (
                "A service gets its load balancer when it is made: "
                "aws ecs create-service --load-balancers"
            )
            raise CheckFailed(what, "it has no load balancer", step)

    def _list_targets(self) -> list[tuple[str, str]]:
        """List the targets, ADDRESS:PORT and state, of all its target groups."""
        found = []
        for each in self.attrs.get("loadBalancers") or []:
            group = each["targetGroupArn"]
            for member in aws_api.call_balancing("DescribeTargetHealth", TargetGroupArn=group):
                target = f"{member.findtext('Target/Id')}:{member.findtext('Target/Port')}"
                found.append((target, member.findtext("TargetHealth/State") or ""))
        return found
