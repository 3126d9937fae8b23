"""The fixture `ecs`: facts of the ECS emulator, looked up when they are asked for."""

from __future__ import annotations

from typing import Any

from checker.checks.core.failure import CheckFailed, listed, near
from checker.checks.ecs.services import Service
from checker.checks.ecs.task_definitions import Definition
from checker.checks.ecs.tasks import Task, of_cluster
from checker.orchestrators.ecs import aws_api


class Ecs:
    """The ECS that the learner works with."""

    def cluster(self, name: str) -> Cluster:
        """The cluster NAME.

        Raises:
            CheckFailed: There is none.
        """
        if not aws_api.call(aws_api.ECS, "DescribeClusters", clusters=[name])["clusters"]:
            names = _names(aws_api.call(aws_api.ECS, "ListClusters")["clusterArns"])
            raise _missing(f"a cluster named {name}", name, names, "aws ecs list-clusters")
        return Cluster(name)

    def definition(self, name: str) -> Definition:
        """The task definition NAME: `web` is its newest revision, `web:1` the first.

        Raises:
            CheckFailed: There is none.
        """
        try:
            found = aws_api.call(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=name)
        except aws_api.Refused:
            names = _names(aws_api.call(aws_api.ECS, "ListTaskDefinitions")["taskDefinitionArns"])
            what = f"a task definition {name}"
            raise _missing(what, name, names, "aws ecs list-task-definitions") from None
        return Definition(found["taskDefinition"])

    def revisions(self, family: str) -> list[int]:
        """The numbers of the active revisions of a family, the oldest first."""
        found = aws_api.call(aws_api.ECS, "ListTaskDefinitions", familyPrefix=family)[
            "taskDefinitionArns"
        ]
        pairs = [each.rpartition("/")[2].rpartition(":") for each in found]
        return sorted(int(number) for name, _, number in pairs if name == family)


class Cluster:
    """A cluster and what is in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def service(self, name: str) -> Service:
        """The service NAME.

        Raises:
            CheckFailed: There is none, or it was deleted.
        """
        found = _services(self.name, name)
        if not found or found[0]["status"] == "INACTIVE":
            names = _names(
                aws_api.call(aws_api.ECS, "ListServices", cluster=self.name)["serviceArns"]
            )
            command = f"aws ecs list-services --cluster {self.name}"
            what = f"a service {name} in the cluster {self.name}"
            raise _missing(what, name, names, command)
        return Service(self.name, name)

    def tasks(self, *, family: str = "") -> list[Task]:
        """Its tasks, the stopped ones too, the oldest first.

        Args:
            family: Only those made from a task definition of this family.
        """
        return of_cluster(self.name, family=family)

    def expect_no_service(self, name: str, *, next_step: str = "") -> Cluster:
        """There is no service of that name, or it was deleted."""
        found = _services(self.name, name)
        if found and found[0]["status"] != "INACTIVE":
            raise CheckFailed(
                f"no service {name} in the cluster {self.name}",
                "it is there",
                next_step
                or f"aws ecs delete-service --cluster {self.name} --service {name} --force",
            )
        return self


def _services(cluster: str, name: str) -> list[dict[str, Any]]:
    found = aws_api.call(aws_api.ECS, "DescribeServices", cluster=cluster, services=[name])
    services: list[dict[str, Any]] = found["services"]
    return services


def _names(arns: list[str]) -> list[str]:
    return [each.rpartition("/")[2] for each in arns]


def _missing(what: str, name: str, names: list[str], command: str) -> CheckFailed:
    alike = near(name, names)
    found = f"none, but {listed(alike)}" if alike else "none"
    return CheckFailed(what, found, f"See what there is: {command}")
