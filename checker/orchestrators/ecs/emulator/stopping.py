"""How a task ends: it leaves its target groups, its requests end, then its processes do.

Order and states: docs.aws.amazon.com, Amazon ECS task lifecycle: deregistered while DEACTIVATING,
SIGTERM and after `stopTimeout` SIGKILL while STOPPING. AWS waits for the whole deregistration
delay; here the wait ends as soon as no request is under way.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from checker.orchestrators.ecs import aws_settings
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets

STOP_SECONDS = 30
DELAY_SECONDS = 300.0
"""What AWS waits where a container or a target group says nothing."""

DELAY = "deregistration_delay.timeout_seconds"


class Stopping:
    """Ends tasks, each in a thread of its own.

    Args:
        ecs: MiniStack's module of ECS.
        attributes: The attributes of a target group.
        targets: Where requests under way are counted.
    """

    def __init__(self, ecs: Any, attributes: Any, targets: Targets) -> None:
        self._ecs = ecs
        self._attributes = attributes
        self._targets = targets

    def stop_task(self, given: dict[str, Any]) -> Any:
        """StopTask: told to stop at once, stopped later, as on AWS."""
        ecs = self._ecs
        cluster = ecs._resolve_cluster_name(given.get("cluster", "default"))
        if cluster is None:
            return ecs.error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
        task = ecs._resolve_task(given.get("task", ""), cluster)
        if not task:
            text = "The referenced task was not found."
            return ecs.error_response_json("InvalidParameterException", text, 400)
        self.begin(task, given.get("reason", "Task stopped by user"), "UserInitiated")
        return ecs.json_response({"task": ecs._sanitize(task)})

    def begin(self, task: dict[str, Any], reason: str, code: str) -> None:
        """Tell a task to end, once; it leaves its target groups before this returns.

        Args:
            code: `stopCode`, such as ServiceSchedulerInitiated.
        """
        ecs, arn = self._ecs, task["taskArn"]
        with ecs.resource_lock("ecs-task", arn):
            if not ecs._task_is_active(arn, task):
                return
            ecs._bump_task_version(task)
            task.update(
                desiredStatus="STOPPED",
                lastStatus="DEACTIVATING",
                stoppingAt=ecs._iso(),
                stoppedReason=reason,
                stopCode=code,
            )
        self._recount(task)
        name = f"course-stop-{arn.rpartition('/')[2][:8]}"
        threading.Thread(target=self._end, args=[task], daemon=True, name=name).start()

    def _end(self, task: dict[str, Any]) -> None:
        ecs, arn = self._ecs, task["taskArn"]
        with ecs.request_scope(aws_settings.ACCOUNT, aws_settings.REGION):
            self._drain(task)
            task["lastStatus"] = "STOPPING"
            codes = self._stop_containers(task)
            with ecs.resource_lock("ecs-task", arn):
                if ecs._tasks.get(arn) is not task:
                    return
                now = ecs._iso()
                ecs._bump_task_version(task)
                task.update(lastStatus="STOPPED", stoppedAt=now, executionStoppedAt=now)
                for container, code in zip(task["containers"], codes, strict=False):
                    container.update(lastStatus="STOPPED", exitCode=code)
            ecs._cleanup_task_resources(task, ecs._get_docker())
            self._recount(task)

    def _drain(self, task: dict[str, Any]) -> None:
        cluster = self._ecs._cluster_name_from_arn(task["clusterArn"])
        name = str(task.get("group", "")).removeprefix("service:")
        service = self._ecs._services.get(f"{cluster}/{name}") or {}
        address = self._ecs._task_ip(task)
        for each in service.get("loadBalancers", []) if address else []:
            group = each.get("targetGroupArn", "")
            key = (group, address, int(each.get("containerPort", 80)))
            self._targets.drain(key, delay(self._attributes.get(group) or []))

    def _stop_containers(self, task: dict[str, Any]) -> list[int | None]:
        """Stop them side by side; their exit codes."""
        identities = list(task.get("_docker_ids") or [])
        seconds = stop_timeouts(self._definition(task))
        codes: list[int | None] = [None] * len(identities)

        def stop(at: int) -> None:
            with contextlib.suppress(Exception):
                container = self._ecs._get_docker().containers.get(identities[at])
                container.stop(timeout=seconds[at] if at < len(seconds) else STOP_SECONDS)
                codes[at] = int(container.wait()["StatusCode"])

        threads = [threading.Thread(target=stop, args=[at]) for at in range(len(identities))]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        return codes

    def _definition(self, task: dict[str, Any]) -> dict[str, Any]:
        key = self._ecs._resolve_td_key(task["taskDefinitionArn"])
        return self._ecs._task_defs.get(key) or {}

    def _recount(self, task: dict[str, Any]) -> None:
        cluster = self._ecs._cluster_name_from_arn(task["clusterArn"])
        self._ecs._recount_cluster(cluster)
        self._ecs._refresh_service_state(cluster, task.get("group", ""))


def delay(attributes: list[dict[str, str]]) -> float:
    """The deregistration delay among the attributes of a target group, in seconds."""
    given = {each["Key"]: each["Value"] for each in attributes}
    return float(given.get(DELAY, DELAY_SECONDS))


def stop_timeouts(definition: dict[str, Any]) -> list[int]:
    """The seconds between SIGTERM and SIGKILL of each container of a task definition."""
    containers = definition.get("containerDefinitions", [])
    return [int(each.get("stopTimeout") or STOP_SECONDS) for each in containers]
