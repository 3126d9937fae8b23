"""Services with their deployments and targets, and what can be expected of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.waiting import eventually
from checker.checks.ecs.rollouts import Rollouts
from checker.checks.ecs.task_definitions import Definition
from checker.checks.ecs.tasks import Task, of_cluster
from checker.orchestrators.ecs import aws_api

POLL_SECONDS = 0.3


class Service(Rollouts):
    """A service and what is expected of it; every `expect_` gives the service back."""

    def __init__(self, cluster: str, name: str) -> None:
        self.cluster = cluster
        self.name = name

    @property
    def attrs(self) -> dict[str, Any]:
        """What the API says of it now."""
        found = aws_api.call(
            aws_api.ECS, "DescribeServices", cluster=self.cluster, services=[self.name]
        )
        described: dict[str, Any] = found["services"][0]
        return described

    @property
    def definition(self) -> Definition:
        """The revision that it is to run."""
        wanted = self.attrs["taskDefinition"]
        found = aws_api.call(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=wanted)
        return Definition(found["taskDefinition"])

    @property
    def tasks(self) -> list[Task]:
        """Its tasks that run now."""
        return [each for each in self.all_tasks if each.status == "RUNNING"]

    @property
    def all_tasks(self) -> list[Task]:
        """Its tasks, the stopped ones too, the oldest first."""
        return of_cluster(self.cluster, service=self.name)

    @property
    def deployments(self) -> list[dict[str, Any]]:
        """Its deployments, the newest first."""
        return list(self.attrs["deployments"])

    @property
    def targets(self) -> list[str]:
        """ADDRESS:PORT of what its load balancer sends requests to; not those that drain."""
        found = []
        for each in self.attrs.get("loadBalancers", []):
            group = each["targetGroupArn"]
            for member in aws_api.balancing("DescribeTargetHealth", TargetGroupArn=group):
                if member.findtext("TargetHealth/State") == "draining":
                    continue
                target = f"{member.findtext('Target/Id')}:{member.findtext('Target/Port')}"
                found.append(target)
        return sorted(found)

    def expect_desired(self, count: int, *, next_step: str = "") -> Self:
        """So many tasks are wanted; `expect_running` asks whether they are there."""
        wanted = self.attrs["desiredCount"]
        if wanted != count:
            update = f"--cluster {self.cluster} --service {self.name} --desired-count {count}"
            step = next_step or f"aws ecs update-service {update}"
            raise CheckFailed(f"{self} wants {count} tasks", f"it wants {wanted}", step)
        return self

    def expect_running(
        self, count: int, *, within: float = 0, lasting: float = 0, next_step: str = ""
    ) -> Self:
        """So many tasks run, all of the revision that the service is to run.

        Args:
            within: Seconds until it must be so.
            lasting: Seconds for which a task must have run to count; one that fails soon does not.
        """

        def judge() -> None:
            attrs = self.attrs
            revision = attrs["taskDefinition"].rpartition("/")[2]
            running = [
                each for each in self.tasks if each.definition == revision and each.age >= lasting
            ]
            if len(running) != count:
                found = f"{len(running)} run, {attrs['desiredCount']} are wanted"
                raise CheckFailed(
                    f"{self} has {count} running tasks of {revision}",
                    f"{found}{self._last_trouble()}",
                    next_step
                    or f"Read its events and its stopped tasks, then the task "
                    f"definition {revision}.",
                )

        return self._within(judge, within)

    def expect_steady(self, *, within: float = 0, next_step: str = "") -> Self:
        """Its only deployment is completed, and all tasks that are wanted run."""

        def judge() -> None:
            attrs = self.attrs
            states = [each.get("rolloutState") for each in attrs["deployments"]]
            counts = attrs["runningCount"], attrs["desiredCount"]
            if states != ["COMPLETED"] or counts[0] != counts[1]:
                found = (
                    f"deployments: {', '.join(map(str, states))}; {counts[0]} of {counts[1]} run"
                )
                raise CheckFailed(
                    f"{self} is steady",
                    f"{found}{self._last_trouble()}",
                    next_step or "Read its events: aws ecs describe-services",
                )

        return self._within(judge, within)

    def expect_revision(self, number: int, *, next_step: str = "") -> Self:
        """It is to run this revision of its task definition."""
        found = self.definition
        if found.revision != number:
            wanted = f"{found.family}:{number}"
            update = f"--cluster {self.cluster} --service {self.name} --task-definition {wanted}"
            raise CheckFailed(
                f"{self} points to {wanted}",
                f"it points to {found.name}",
                next_step
                or f"A new revision changes no service by itself: aws ecs update-service {update}",
            )
        return self

    def expect_targets(
        self, count: int | None = None, *, within: float = 0, next_step: str = ""
    ) -> Self:
        """So many of its tasks, or as many as are wanted, are behind its load balancer."""
        balanced = bool(self.attrs.get("loadBalancers"))

        def judge() -> None:
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

        return self._within(judge, within if balanced else 0)

    def expect_scaling(self, least: int, most: int, target: float, *, next_step: str = "") -> Self:
        """It is scaled between two counts by target tracking of CPU."""
        name = f"service/{self.cluster}/{self.name}"
        given = {"ServiceNamespace": "ecs"}
        found = aws_api.call(aws_api.SCALING, "DescribeScalableTargets", **given)["ScalableTargets"]
        mine = [each for each in found if each["ResourceId"] == name]
        bounds = [(each["MinCapacity"], each["MaxCapacity"]) for each in mine]
        if bounds != [(least, most)]:
            here = f"from {bounds[0][0]} to {bounds[0][1]}" if bounds else "no scalable target"
            step = next_step or "aws application-autoscaling register-scalable-target"
            raise CheckFailed(f"{self} may scale from {least} to {most} tasks", here, step)
        found = aws_api.call(aws_api.SCALING, "DescribeScalingPolicies", **given)["ScalingPolicies"]
        values = [_target(each) for each in found if each["ResourceId"] == name]
        if values != [target]:
            here = ", ".join(f"{each:g}" for each in values) or "no policy"
            step = next_step or "aws application-autoscaling put-scaling-policy"
            raise CheckFailed(f"a policy of {self} that keeps CPU at {target:g} %", here, step)
        return self

    def _last_trouble(self) -> str:
        stopped = [each for each in self.all_tasks if each.status == "STOPPED"]
        troubled = [each for each in stopped if each.attrs.get("stopCode") != "UserInitiated"]
        return f". The last one: {troubled[-1].story}" if troubled else ""

    def _within(self, judge: Callable[[], None], seconds: float) -> Self:
        eventually(judge, _looks, seconds)
        return self

    def __str__(self) -> str:
        return f"the service {self.name}"


def _target(policy: dict[str, Any]) -> float:
    return float(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"])


def _looks(_: float) -> Iterator[None]:
    """ECS tells nobody of changes."""
    while True:
        time.sleep(POLL_SECONDS)
        yield
