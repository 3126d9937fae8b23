"""How a task ends: it leaves its target groups, its requests end, then its processes do.

Order and states: docs.aws.amazon.com, Amazon ECS task lifecycle: deregistered while DEACTIVATING,
SIGTERM and after `stopTimeout` SIGKILL while STOPPING. AWS waits for the whole deregistration
delay; here the wait ends as soon as no request is under way.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from checker.orchestrators.ecs.emulator import ministack_state
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets

STOP_SECONDS = 30
DELAY_SECONDS = 300.0
"""What AWS waits where a container or a target group says nothing."""

DELAY = "deregistration_delay.timeout_seconds"


class TaskStopper:
    """Ends tasks, each in a thread of its own; `targets` counts their requests under way."""

    def __init__(self, ecs: Any, attributes: Any, targets: Targets) -> None:
        self._ecs = ecs
        self._attributes = attributes
        self._targets = targets

    def stop_task(self, parameters: dict[str, Any]) -> Any:
        """Answer StopTask: the task is told to stop at once and stops later, as on AWS."""
        ecs = self._ecs
        cluster = ecs._resolve_cluster_name(parameters.get("cluster", "default"))
        if cluster is None:
            return ecs.error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
        task = ecs._resolve_task(parameters.get("task", ""), cluster)
        if not task:
            text = "The referenced task was not found."
            return ecs.error_response_json("InvalidParameterException", text, 400)
        self.begin_stop(task, parameters.get("reason", "Task stopped by user"), "UserInitiated")
        return ecs.json_response({"task": ecs._sanitize(task)})

    def begin_stop(self, task: dict[str, Any], reason: str, code: str) -> None:
        """Tell a task to end, once; it leaves its target groups before this returns.

        Reason and code become its `stoppedReason` and `stopCode`, as in the API of ECS.
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
        self._refresh_counts(task)
        name = f"course-stop-{arn.rpartition('/')[2][:8]}"
        threading.Thread(target=self._finish_stop, args=[task], daemon=True, name=name).start()

    def _finish_stop(self, task: dict[str, Any]) -> None:
        ecs, arn = self._ecs, task["taskArn"]
        with ministack_state.open_scope(ecs):
            self._drain_targets(task)
            task["lastStatus"] = "STOPPING"
            codes = self._stop_containers(task)
            with ecs.resource_lock("ecs-task", arn):
                # A reset may have thrown all tasks away while this one was ending.
                if ecs._tasks.get(arn) is not task:
                    return
                now = ecs._iso()
                ecs._bump_task_version(task)
                task.update(lastStatus="STOPPED", stoppedAt=now, executionStoppedAt=now)
                for container, code in zip(task["containers"], codes, strict=False):
                    container.update(lastStatus="STOPPED", exitCode=code)
            ecs._cleanup_task_resources(task, ecs._get_docker())
            self._refresh_counts(task)

    def _drain_targets(self, task: dict[str, Any]) -> None:
        service = self._ecs._services.get(ministack_state.find_service_key(self._ecs, task)[1])
        address = self._ecs._task_ip(task)
        for each in (service or {}).get("loadBalancers", []) if address else []:
            group = each.get("targetGroupArn", "")
            key = (group, address, int(each.get("containerPort", 80)))
            seconds = read_drain_seconds(self._attributes.get(group) or [])
            self._targets.drain_target(key, seconds)

    def _stop_containers(self, task: dict[str, Any]) -> list[int | None]:
        """Stop all containers at the same time; return their exit codes."""
        identities = list(task.get("_docker_ids") or [])
        definition = ministack_state.find_definition(self._ecs, task["taskDefinitionArn"])
        seconds = read_stop_timeouts(definition)
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

    def _refresh_counts(self, task: dict[str, Any]) -> None:
        cluster, _ = ministack_state.find_service_key(self._ecs, task)
        ministack_state.refresh_counts(self._ecs, cluster, task.get("group", ""))


def read_drain_seconds(attributes: list[dict[str, str]]) -> float:
    """Return the deregistration delay among the attributes of a target group, in seconds."""
    values = {each["Key"]: each["Value"] for each in attributes}
    return float(values.get(DELAY, DELAY_SECONDS))


def read_stop_timeouts(definition: dict[str, Any]) -> list[int]:
    """Return the seconds between SIGTERM and SIGKILL of each container of a task definition."""
    containers = definition.get("containerDefinitions", [])
    return [int(each.get("stopTimeout") or STOP_SECONDS) for each in containers]
