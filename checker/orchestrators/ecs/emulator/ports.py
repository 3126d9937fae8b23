"""The host ports of a task's containers, which Docker chooses where the definition says 0."""

from __future__ import annotations

import contextlib
from typing import Any

from checker.orchestrators.ecs.emulator.labels import CONTAINER, TASK


def add(task: dict[str, Any]) -> None:
    """Give each container of a running task its `networkBindings`.

    A task with an interface of its own (awsvpc) has none, and Docker need not be asked.
    """
    if task.get("attachments"):
        return
    from checker.docker.docker_engine import client

    with contextlib.suppress(Exception), contextlib.closing(client(timeout=10)) as engine:
        wanted: dict[str, str | list[str] | bool] = {"label": f"{TASK}={task['taskArn']}"}
        for each in engine.containers.list(filters=wanted):
            name = each.labels.get(CONTAINER)
            for container in task.get("containers", []):
                if container.get("name") == name:
                    container["networkBindings"] = bindings(each.ports)


def bindings(published: dict[str, Any]) -> list[dict[str, Any]]:
    """Docker's published ports as the API of ECS tells them.

    Args:
        published: As in NetworkSettings.Ports of a container.
    """
    made = []
    for port, hosts in published.items():
        number, _, protocol = port.partition("/")
        made += [
            {
                "bindIP": host["HostIp"],
                "containerPort": int(number),
                "hostPort": int(host["HostPort"]),
                "protocol": protocol,
            }
            for host in hosts or []
        ]
    return made
