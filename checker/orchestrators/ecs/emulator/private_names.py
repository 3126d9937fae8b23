"""Every undocumented name that the emulator replaces or uses in another package.

Such a name may change with any release. `replace_name` is the one way to put something in the place
of one, so that a search for it finds every place. The test of this module fails by name when one is
gone, when a package has another version, and when the emulator knows a name that is not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

VERSIONS = {"ministack": "1.5.33", "docker": "7.2.0", "aiohttp": "3.14.5"}
"""The versions that the list was written against; requirements.txt pins them."""

ECS, ALB = "ministack.services.ecs", "ministack.services.alb"
REPLACED, USED = "replaced", "used"


class PrivateName(NamedTuple):
    """An attribute of a module or class, or the key of a mapping; it is REPLACED or USED."""

    owner: str
    name: str
    use: str
    reason: str


def list_names(owner: str, use: str, reasons: Mapping[str, str]) -> tuple[PrivateName, ...]:
    """Return the names of one owner; `reasons` has the reason of each."""
    return tuple(PrivateName(owner, name, use, reason) for name, reason in reasons.items())


NAMES = (
    *list_names(ECS, REPLACED, {
        "_make_deployment": "A deployment is IN_PROGRESS at first; MiniStack says COMPLETED.",
        "_maybe_mark_stopped": "Looks at Docker when a container ended, not ten times a second.",
        "_stop_task": "A task leaves its target groups and ends its requests before it stops.",
        "_reconcile_service_tasks": "A rollout keeps minimumHealthyPercent and maximumPercent.",
        "_record_service_task_failure": "The course's circuit breaker counts it.",
        "_complete_service_deployment": "Does nothing: the scheduler ends deployments.",
        "_schedule_service_deployment_completion": "Does nothing, for the same reason.",
    }),
    *list_names(f"{ECS}._ACTION_MAP", REPLACED, {"StopTask": "It names the old _stop_task."}),
    *list_names(ALB, REPLACED, {"_forward_to_tg": "One healthy target is asked, and asked once."}),
    *list_names(f"{ALB}._ACTION_MAP", REPLACED, {
        "DescribeTargetHealth": "The health that was found by asking the targets.",
        "CreateTargetGroup": "Refuses settings of health checks that AWS refuses.",
        "ModifyTargetGroup": "Refuses settings of health checks that AWS refuses.",
    }),
    *list_names("docker.models.containers.ContainerCollection", REPLACED, {
        "run": "MiniStack starts containers with it; they get the limits of their definition.",
    }),
    *list_names("docker.models.images.ImageCollection", REPLACED, {
        "pull": "An image that is here is not pulled.",
        "get_registry_data": "An image that is here is not asked for at its registry.",
    }),
    *list_names("aiohttp.ClientSession", REPLACED, {
        "_retry_connection": "No second try where a connection breaks off; it would hide losses.",
    }),
    *list_names("ministack.app", USED, {"app": "The application behind the middleware."}),
    *list_names("ministack.services", USED, {
        "alb": "The module of load balancers.",
        "ecs": "The module of clusters, services and tasks.",
    }),
    *list_names(ECS, USED, {
        "_ACTION_MAP": "Has the operation StopTask.",
        "_PRE_STOP_STATUSES": "Tells the tasks of a service that count.",
        "_bump_task_version": "Each change of a task counts in its version.",
        "_circuit_breaker_threshold": "How many failures the circuit breaker takes.",
        "_cleanup_task_resources": "Removes the containers of a task that has ended.",
        "_cluster_name_from_arn": "The key of a service has the cluster's name.",
        "_deployment_for_task": "Tells new tasks from old ones.",
        "_get_docker": "The one Docker client of MiniStack.",
        "_iso": "A moment as MiniStack writes it.",
        "_primary_deployment": "The deployment that is to be.",
        "_recount_cluster": "A cluster's counts follow its tasks.",
        "_refresh_service_state": "A service's counts follow its tasks.",
        "_resolve_cluster_name": "StopTask names a cluster by name or ARN.",
        "_resolve_task": "StopTask names a task by id or ARN.",
        "_resolve_td_key": "A task names its definition by ARN.",
        "_run_task": "Starts the tasks of a service.",
        "_sanitize": "A task without MiniStack's own keys.",
        "_services": "All services, by cluster and name.",
        "_task_defs": "All task definitions, by family and revision.",
        "_task_ip": "The address of a task, which is that of its target.",
        "_task_is_active": "A task is told to end once.",
        "_tasks": "All tasks, by ARN.",
        "_ts_to_epoch": "The age of a task, as a number.",
        "error_response_json": "StopTask refuses.",
        "json_response": "StopTask answers.",
        "request_scope": "A thread of ours has no account and region otherwise.",
        "resource_lock": "No other thread changes a task meanwhile.",
    }),
    *list_names(ALB, USED, {
        "_ACTION_MAP": "Has the operations of target groups.",
        "_error": "A refusal in XML.",
        "_find_lb_by_name": "The load balancer of a path.",
        "_p": "A parameter of a call.",
        "_parse_targets_param": "The targets that DescribeTargetHealth asks for.",
        "_targets": "The registered targets of each group.",
        "_tg_attrs": "The deregistration delay of each group.",
        "_tgs": "All target groups, by ARN.",
        "_xml": "An answer in XML.",
        "dispatch_request": "Finds the listener and the rule for a request.",
    }),
)  # fmt: skip

KEYS = list_names(ECS, USED, {
    "_docker_ids": "The containers of a task.",
    "_deploymentId": "Says for which deployment RunTask starts a task.",
    "_startup_stable": "A task was healthy once.",
    "ministack=ecs": "The label of all containers of tasks.",
})  # fmt: skip
"""Texts that MiniStack uses as keys in what it stores, and as labels."""

OWN_KEYS = {
    "_looked_at": "When the watcher let MiniStack look at a task.",
    "_running_since": "When the scheduler first saw a task run.",
}
"""What the course keeps in MiniStack's tasks; `_sanitize` takes all that begins with _ out."""


def replace_name(owner: Any, name: str, replacement: Any) -> None:
    """Put something in the place of a listed name of a module, class, object or dict.

    Raises:
        LookupError: The name is not listed as replaced.
    """
    if not any(each.name == name and each.use == REPLACED for each in NAMES):
        raise LookupError(f"{name} is not among the replaced names of private_names.py")
    if isinstance(owner, dict):
        owner[name] = replacement
    else:
        setattr(owner, name, replacement)
