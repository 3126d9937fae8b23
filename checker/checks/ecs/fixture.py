"""The fixture `ecs`: facts of the ECS emulator, looked up when they are asked for."""

from __future__ import annotations

from checker.checks.core.failure import CheckFailed, find_similar_names, join_names
from checker.checks.ecs.services import EcsService
from checker.checks.ecs.task_definitions import TaskDefinition
from checker.checks.ecs.tasks import EcsTask, list_tasks
from checker.orchestrators.ecs import aws_api


class Ecs:
    """The ECS that the learner works with."""

    def cluster(self, name: str) -> EcsCluster:
        """Return the cluster NAME.

        Raises:
            CheckFailed: It is missing.
        """
        if not aws_api.call_service(aws_api.ECS, "DescribeClusters", clusters=[name])["clusters"]:
            arns = aws_api.call_service(aws_api.ECS, "ListClusters")["clusterArns"]
            raise _explain_missing(f"a cluster named {name}", name, arns, "aws ecs list-clusters")
        return EcsCluster(name)

    def definition(self, name: str) -> TaskDefinition:
        """Return the task definition NAME: `web` is its newest revision, `web:1` the first.

        Raises:
            CheckFailed: It is missing.
        """
        try:
            found = aws_api.call_service(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=name)
        except aws_api.AwsError:
            arns = aws_api.call_service(aws_api.ECS, "ListTaskDefinitions")["taskDefinitionArns"]
            command = "aws ecs list-task-definitions"
            raise _explain_missing(f"a task definition {name}", name, arns, command) from None
        return TaskDefinition(found["taskDefinition"])

    def revisions(self, family: str) -> list[int]:
        """Return the numbers of the active revisions of a family, the oldest first."""
        found = aws_api.call_service(aws_api.ECS, "ListTaskDefinitions", familyPrefix=family)
        names = (each.rpartition("/")[2] for each in found["taskDefinitionArns"])
        pairs = [each.rpartition(":") for each in names]
        return sorted(int(number) for name, _, number in pairs if name == family)


class EcsCluster:
    """A cluster and what is in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def service(self, name: str) -> EcsService:
        """Return the service NAME.

        Raises:
            CheckFailed: There is none, or it was deleted.
        """
        if not self._has_service(name):
            found = aws_api.call_service(aws_api.ECS, "ListServices", cluster=self.name)
            command = f"aws ecs list-services --cluster {self.name}"
            expected = f"a service {name} in the cluster {self.name}"
            raise _explain_missing(expected, name, found["serviceArns"], command)
        return EcsService(self.name, name)

    def tasks(self, *, family: str = "") -> list[EcsTask]:
        """Return its tasks, or those of a family; the stopped ones too, the oldest first."""
        return list_tasks(self.name, family=family)

    def expect_no_service(self, name: str, *, next_step: str = "") -> EcsCluster:
        """Expect that there is no service of that name, or that it was deleted."""
        if self._has_service(name):
            expected = f"no service {name} in the cluster {self.name}"
            step = f"aws ecs delete-service --cluster {self.name} --service {name} --force"
            raise CheckFailed(expected, "it is there", next_step or step)
        return self

    def _has_service(self, name: str) -> bool:
        given = {"cluster": self.name, "services": [name]}
        found = aws_api.call_service(aws_api.ECS, "DescribeServices", **given)["services"]
        # A service that was deleted is still described.
        return bool(found) and found[0]["status"] != "INACTIVE"


def _explain_missing(expected: str, name: str, arns: list[str], command: str) -> CheckFailed:
    alike = find_similar_names(name, [each.rpartition("/")[2] for each in arns])
    found = f"none, but {join_names(alike)}" if alike else "none"
    return CheckFailed(expected, found, f"See what there is: {command}")
