"""What of MiniStack's module of ECS is used to schedule and to stop, without Docker."""

from __future__ import annotations

import contextlib
import threading
from types import SimpleNamespace
from typing import Any

CLUSTER = "arn:aws:ecs:us-east-1:000000000000:cluster/demo"


class Container:
    """A container that ends with a code when it is stopped."""

    def __init__(self, stack: FakeStack, identity: str) -> None:
        self._stack = stack
        self._identity = identity

    def stop(self, timeout: int) -> None:
        self._stack.stopped.append((self._identity, timeout))

    def wait(self) -> dict[str, int]:
        return {"StatusCode": 137}


class FakeStack:
    """One cluster `demo` with one service `web` of two tasks, behind the target group `g`."""

    _PRE_STOP_STATUSES = ("PROVISIONING", "PENDING", "ACTIVATING", "RUNNING")

    def __init__(self, count: int = 2, **configuration: Any) -> None:
        self.stopped: list[tuple[str, int]] = []
        self.cleaned: list[str] = []
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self.service: dict[str, Any] = {
            "serviceName": "web",
            "clusterArn": CLUSTER,
            "status": "ACTIVE",
            "taskDefinition": "web:1",
            "desiredCount": count,
            "deployments": [],
            "deploymentConfiguration": configuration,
            "loadBalancers": [{"targetGroupArn": "g", "containerPort": 80}],
        }
        self._services = {"demo/web": self.service}
        self._tasks: dict[str, dict[str, Any]] = {}
        self._task_defs: dict[str, dict[str, Any]] = {
            f"web:{n}": {"containerDefinitions": [{"name": "web", "stopTimeout": 3}]}
            for n in (1, 2, 3)
        }
        self._made = 0
        self.deploy("web:1")

    # --- what a test says

    def deploy(self, definition: str) -> dict[str, Any]:
        """As UpdateService does."""
        for each in self.service["deployments"]:
            if each["status"] == "PRIMARY":
                each["status"] = "ACTIVE"
        made = {
            "id": f"ecs-svc/{definition}",
            "status": "PRIMARY",
            "taskDefinition": definition,
            "desiredCount": self.service["desiredCount"],
            "rolloutState": "IN_PROGRESS",
            "createdAt": f"2026-01-01T00:00:0{len(self.service['deployments'])}Z",
        }
        self.service["deployments"].insert(0, made)
        self.service["taskDefinition"] = definition
        return made

    def run(self) -> None:
        """Whatever starts, runs."""
        for task in self._tasks.values():
            if task["lastStatus"] == "PROVISIONING":
                task["lastStatus"] = "RUNNING"

    def tasks(self, definition: str, *statuses: str) -> list[dict[str, Any]]:
        return [
            each
            for each in self._tasks.values()
            if each["taskDefinitionArn"] == definition
            and each["lastStatus"] in (statuses or self._PRE_STOP_STATUSES)
        ]

    # --- what MiniStack has

    def request_scope(self, *_: str) -> Any:
        return contextlib.nullcontext()

    def resource_lock(self, scope: str, key: str) -> threading.Lock:
        return self._locks.setdefault((scope, key), threading.Lock())

    def _run_task(self, given: dict[str, Any]) -> None:
        for _ in range(given["count"]):
            self._made += 1
            arn = f"arn:aws:ecs:us-east-1:000000000000:task/demo/{self._made}"
            self._tasks[arn] = {
                "taskArn": arn,
                "clusterArn": CLUSTER,
                "group": given["group"],
                "taskDefinitionArn": given["taskDefinition"],
                "lastStatus": "PROVISIONING",
                "desiredStatus": "RUNNING",
                "createdAt": self._made,
                "containers": [{"name": "web"}],
                "_docker_ids": [f"c{self._made}"],
                "_deployment_id": given["_deploymentId"],
                "_container_ip": f"10.0.0.{self._made}",
            }

    def _primary_deployment(self, service: dict[str, Any]) -> dict[str, Any] | None:
        return next((each for each in service["deployments"] if each["status"] == "PRIMARY"), None)

    def _deployment_for_task(self, service: dict[str, Any], task: dict[str, Any]) -> Any:
        wanted = task["_deployment_id"]
        return next((each for each in service["deployments"] if each["id"] == wanted), None)

    def _task_is_active(self, arn: str, task: dict[str, Any]) -> bool:
        return self._tasks.get(arn) is task and task["desiredStatus"] != "STOPPED"

    def _circuit_breaker_threshold(self, service: dict[str, Any]) -> int:
        return 3

    def _cleanup_task_resources(self, task: dict[str, Any], _: Any) -> None:
        self.cleaned.append(task["taskArn"])

    def _get_docker(self) -> Any:
        return SimpleNamespace(
            containers=SimpleNamespace(get=lambda identity: Container(self, identity)),
            api=SimpleNamespace(
                inspect_container=lambda _: {"State": {"Health": {"Status": "unhealthy"}}}
            ),
        )

    def _resolve_task(self, name: str, cluster: str) -> dict[str, Any] | None:
        return self._tasks.get(name)

    def _resolve_cluster_name(self, name: str) -> str | None:
        return name if name == "demo" else None

    def _resolve_td_key(self, name: str) -> str:
        return name

    def _cluster_name_from_arn(self, arn: str) -> str:
        return arn.rpartition("/")[2]

    def _task_ip(self, task: dict[str, Any]) -> str | None:
        address: str | None = task["_container_ip"]
        return address

    def _ts_to_epoch(self, value: Any) -> Any:
        return value

    def _iso(self) -> str:
        return "2026-01-01T00:00:09Z"

    def _bump_task_version(self, task: dict[str, Any]) -> None:
        task["version"] = task.get("version", 0) + 1

    def _sanitize(self, task: dict[str, Any]) -> dict[str, Any]:
        return dict(task)

    def json_response(self, given: dict[str, Any]) -> Any:
        return given

    def error_response_json(self, code: str, text: str, status: int) -> Any:
        return code, status

    def _recount_cluster(self, cluster: str) -> None: ...

    def _refresh_service_state(self, cluster: str, group: str) -> None: ...
