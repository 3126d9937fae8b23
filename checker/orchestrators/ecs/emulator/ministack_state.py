"""What the scheduler and the stopper both ask of MiniStack's module of ECS."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from checker.orchestrators.ecs.aws_settings import ACCOUNT, REGION


def open_scope(ecs: Any) -> AbstractContextManager[Any]:
    """Enter the account and region in which all is kept; a thread of ours has none otherwise."""
    scope: AbstractContextManager[Any] = ecs.request_scope(ACCOUNT, REGION)
    return scope


def find_definition(ecs: Any, name: str) -> dict[str, Any]:
    """Return the task definition of an ARN or of family:revision; empty where it is gone."""
    return ecs._task_defs.get(ecs._resolve_td_key(name)) or {}


def find_service_key(ecs: Any, task: dict[str, Any]) -> tuple[str, str]:
    """Return the cluster of a task and the key of its service, such as demo and demo/web."""
    cluster = ecs._cluster_name_from_arn(task["clusterArn"])
    return cluster, f"{cluster}/{str(task.get('group', '')).removeprefix('service:')}"


def refresh_counts(ecs: Any, cluster: str, group: str) -> None:
    """Count the tasks of a cluster, and of a service if the group is one, again."""
    ecs._recount_cluster(cluster)
    ecs._refresh_service_state(cluster, group)
