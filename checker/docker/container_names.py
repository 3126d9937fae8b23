"""Names of containers, which the Docker Engine forgets when it leaves a Swarm.

It then drops the names of every container in every network, also of those that have nothing to do
with the Swarm, and they find each other no longer until they start anew (moby/moby#45144, open).
A container that is renamed is entered anew without that; but while the engine is in a Swarm, only
in the Swarm's own networks (moby, libnetwork, Endpoint.UpdateDNSNames). Then a start is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from checker.base import process
from checker.docker import docker_engine

if TYPE_CHECKING:
    from docker import DockerClient

CALL_SECONDS = 30.0
WITHOUT_NAMES = frozenset({"bridge", "host", "none", "docker_gwbridge", "ingress"})
"""Networks in which containers have no names."""

TASK = "com.docker.swarm.task.id"
"""A label of what goes with the Swarm."""


def enter_again(containers: Iterable[str]) -> None:
    """Have running containers found by their names again; they notice nothing.

    It does nothing while the engine is in a Swarm.
    """
    for name in containers:
        for old, new in ((name, f"{name}-again"), (f"{name}-again", name)):
            command = ["docker", "rename", old, new]
            process.run(command, timeout=CALL_SECONDS, env=docker_engine.environment(), check=False)


def is_found(name: str, by: str) -> bool:
    """Whether a container finds another one by its name."""
    command = ["docker", "exec", by, "getent", "hosts", name]
    done = process.run(command, timeout=CALL_SECONDS, env=docker_engine.environment(), check=False)
    return done.status == 0


def bearers(client: DockerClient) -> list[str]:
    """Running containers that others may know by their names."""
    running = client.containers.list(ignore_removed=True)
    return sorted(
        str(each.name)
        for each in running
        if set(each.attrs["NetworkSettings"]["Networks"]) - WITHOUT_NAMES
        and TASK not in each.labels
    )
