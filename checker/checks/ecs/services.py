"""Services with their deployments and targets, and what can be expected of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.checks.ecs.rollouts import EcsRollouts
from checker.checks.ecs.task_definitions import TaskDefinition
from checker.checks.ecs.tasks import EcsTask, list_tasks
from checker.orchestrators.ecs import aws_api

POLL_SECONDS = 0.3
"""ECS tells nobody of changes."""


class EcsService(EcsRollouts):
    """A service and what is expected of it; every `expect_` gives the service back."""

    def __init__(self, cluster: str, name: str) -> None:
        self.cluster = cluster
        self.name = name

    @property
    def attrs(self) -> dict[str, Any]:
        """What the API says of it now."""
        query = {"cluster": self.cluster, "services": [self.name]}
        found = aws_api.call_service(aws_api.ECS, "DescribeServices", **query)
        return dict(found["services"][0])

    @property
    def definition(self) -> TaskDefinition:
        """The revision that it is to run."""
        wanted = self.attrs["taskDefinition"]
        found = aws_api.call_service(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=wanted)
        return TaskDefinition(found["taskDefinition"])

    @property
    def tasks(self) -> list[EcsTask]:
        """Its tasks that run now."""
        return [each for each in self.all_tasks if each.status == "RUNNING"]

    @property
    def all_tasks(self) -> list[EcsTask]:
        """Its tasks, the stopped ones too, the oldest first."""
        return list_tasks(self.cluster, service=self.name)

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
            for member in aws_api.call_balancing("DescribeTargetHealth", TargetGroupArn=group):
                if member.findtext("TargetHealth/State") == "draining":
                    continue
                target = f"{member.findtext('Target/Id')}:{member.findtext('Target/Port')}"
                found.append(target)
        return sorted(found)

    def expect_desired(self, count: int, *, next_step: str = "") -> Self:
        """Expect how many tasks are wanted; `expect_running` asks whether they are there."""
        wanted = self.attrs["desiredCount"]
        if wanted != count:
            update = f"--cluster {self.cluster} --service {self.name} --desired-count {count}"
            step = next_step or f"aws ecs update-service {update}"
            raise CheckFailed(f"{self} wants {count} tasks", f"it wants {wanted}", step)
        return self

    def expect_running(
        self, count: int, *, within: float = 0, lasting: float = 0, next_step: str = ""
    ) -> Self:
        """Expect how many tasks run, all of the revision that the service is to run.

        It must be so after `within` seconds. A task counts once it has run for `lasting` seconds;
        one that fails soon does not.
        """

        def check_tasks() -> None:
            attrs = self.attrs
            revision = attrs["taskDefinition"].rpartition("/")[2]
            current = [each for each in self.tasks if each.definition == revision]
            running = [each for each in current if each.age_seconds >= lasting]
            if len(running) != count:
                found = f"{len(running)} run, {attrs['desiredCount']} are wanted"
                expected = f"{self} has {count} running tasks of {revision}"
                step = (
                    f"Read its events and its stopped tasks, then the task definition {revision}."
                )
                raise CheckFailed(expected, f"{found}{self._describe_trouble()}", next_step or step)

        return self._wait_until_passed(check_tasks, within)

    def expect_steady(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that its only deployment is completed, and all tasks that are wanted run."""

        def check_deployments() -> None:
            attrs = self.attrs
            states = [each.get("rolloutState") for each in attrs["deployments"]]
            running, wanted = attrs["runningCount"], attrs["desiredCount"]
            if states != ["COMPLETED"] or running != wanted:
                found = f"deployments: {', '.join(map(str, states))}; {running} of {wanted} run"
                step = next_step or "Read its events: aws ecs describe-services"
                raise CheckFailed(f"{self} is steady", f"{found}{self._describe_trouble()}", step)

        return self._wait_until_passed(check_deployments, within)

    def expect_revision(self, number: int, *, next_step: str = "") -> Self:
        """Expect that it is to run this revision of its task definition."""
        found = self.definition
        if found.revision != number:
            wanted = f"{found.family}:{number}"
            update = f"--cluster {self.cluster} --service {self.name} --task-definition {wanted}"
            expected = f"{self} points to {wanted}"
            step = f"A new revision changes no service by itself: aws ecs update-service {update}"
            raise CheckFailed(expected, f"it points to {found.name}", next_step or step)
        return self

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
        return self._wait_until_passed(check_targets, within if balanced else 0)

    def expect_scaling(self, least: int, most: int, target: float, *, next_step: str = "") -> Self:
        """Expect that it is scaled between two counts by target tracking of CPU."""
        targets = self._describe_scaling("ScalableTargets")
        bounds = [(each["MinCapacity"], each["MaxCapacity"]) for each in targets]
        if bounds != [(least, most)]:
            here = f"from {bounds[0][0]} to {bounds[0][1]}" if bounds else "no scalable target"
            step = next_step or "aws application-autoscaling register-scalable-target"
            raise CheckFailed(f"{self} may scale from {least} to {most} tasks", here, step)
        policies = self._describe_scaling("ScalingPolicies")
        tracked = [each["TargetTrackingScalingPolicyConfiguration"] for each in policies]
        values = [float(each["TargetValue"]) for each in tracked]
        if values != [target]:
            here = ", ".join(f"{each:g}" for each in values) or "no policy"
            step = next_step or "aws application-autoscaling put-scaling-policy"
            raise CheckFailed(f"a policy of {self} that keeps CPU at {target:g} %", here, step)
        return self

    def _describe_scaling(self, kind: str) -> list[dict[str, Any]]:
        name = f"service/{self.cluster}/{self.name}"
        found = aws_api.call_service(aws_api.SCALING, f"Describe{kind}", ServiceNamespace="ecs")
        return [each for each in found[kind] if each["ResourceId"] == name]

    def _describe_trouble(self) -> str:
        stopped = [each for each in self.all_tasks if each.status == "STOPPED"]
        troubled = [each for each in stopped if each.attrs.get("stopCode") != "UserInitiated"]
        return f". The last one: {troubled[-1].story}" if troubled else ""

    def _wait_until_passed(self, check: Callable[[], None], timeout: float) -> Self:
        wait_until_passed(check, poll_every(POLL_SECONDS), timeout)
        return self

    def __str__(self) -> str:
        return f"the service {self.name}"
