"""The host ports of a task's containers, which Docker chooses where the definition says 0."""

from __future__ import annotations

import contextlib
from typing import Any

from checker.orchestrators.ecs.emulator.labels import CONTAINER, TASK


def add_network_bindings(task: dict[str, Any]) -> None:
    """Give each container of a running task its `networkBindings`.

    A task with an interface of its own (awsvpc) has none, and Docker need not be asked.
    """
    if task.get("attachments"):
        return
    from checker.docker.connection import open_client

    with contextlib.suppress(Exception), contextlib.closing(open_client(timeout=10)) as engine:
        wanted: dict[str, str | list[str] | bool] = {"label": f"{TASK}={task['taskArn']}"}
        for each in engine.containers.list(filters=wanted):
            name = each.labels.get(CONTAINER)
            for container in task.get("containers", []):
                if container.get("name") == name:
                    container["networkBindings"] = describe_bindings(each.ports)


def describe_bindings(published: dict[str, Any]) -> list[dict[str, Any]]:
    """Return ports, given as in Docker's NetworkSettings.Ports, as the API of ECS tells them."""
    return [
        {
            "bindIP": host["HostIp"],
            "containerPort": int(port.partition("/")[0]),
            "hostPort": int(host["HostPort"]),
            "protocol": port.partition("/")[2],
        }
        for port, hosts in published.items()
        for host in hosts or []
    ]
