"""Services with their deployments and targets, and what can be expected of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.checks.ecs.balancing import EcsBalancing
from checker.checks.ecs.rollouts import EcsRollouts
from checker.checks.ecs.scaling import EcsScaling
from checker.checks.ecs.task_definitions import TaskDefinition
from checker.checks.ecs.tasks import EcsTask, list_tasks
from checker.orchestrators.ecs import aws_api

POLL_SECONDS = 0.3
"""ECS tells nobody of changes."""

PORT_TAKEN = "port is already allocated"
"""What Docker says where the host port of a task is taken."""


class EcsService(EcsRollouts, EcsBalancing, EcsScaling):
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
                trouble = self._describe_trouble()
                step = next_step or (
                    f"Read its events and its stopped tasks, then the task definition {revision}."
                )
                if PORT_TAKEN in trouble:
                    step = (
                        "The host port that the new task needs is taken. If the task before has "
                        "it, let the service stop that one first: aws ecs update-service --cluster "
                        f"{self.cluster} --service {self.name} --deployment-configuration "
                        "minimumHealthyPercent=0,maximumPercent=100"
                    )
                raise CheckFailed(expected, f"{found}{trouble}", step)

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

    def expect_family(self, family: str, *, next_step: str = "") -> Self:
        """Expect that it is to run a revision of this family."""
        found = self.definition
        if found.family != family:
            update = f"--cluster {self.cluster} --service {self.name} --task-definition {family}"
            step = next_step or f"aws ecs update-service {update}"
            raise CheckFailed(f"{self} runs the family {family}", f"it runs {found.name}", step)
        return self

    def _describe_trouble(self) -> str:
        stopped = [each for each in self.all_tasks if each.status == "STOPPED"]
        troubled = [each for each in stopped if each.attrs.get("stopCode") != "UserInitiated"]
        return f". The last one: {troubled[-1].story}" if troubled else ""

    def _wait_until_passed(self, check: Callable[[], None], timeout: float) -> Self:
        wait_until_passed(check, poll_every(POLL_SECONDS), timeout)
        return self

    def __str__(self) -> str:
        return f"the service {self.name}"
