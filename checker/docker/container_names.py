"""Names of containers, which the Docker Engine forgets when it leaves a Swarm.

It then drops the names of every container in every network, also of those that have nothing to do
with the Swarm, and they find each other no longer until they start anew (moby/moby#45144, open).
A container that is renamed is entered anew without that; but while the engine is in a Swarm, only
in the Swarm's own networks (moby, libnetwork, Endpoint.UpdateDNSNames). Then a start is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from checker.docker import connection

if TYPE_CHECKING:
    from docker import DockerClient

CALL_SECONDS = 30.0
WITHOUT_NAMES = frozenset({"bridge", "host", "none", "docker_gwbridge", "ingress"})
"""Networks in which containers have no names."""

TASK = "com.docker.swarm.task.id"
"""A label of what goes with the Swarm."""


def register_names(containers: Iterable[str]) -> None:
    """Have running containers found by their names again; they notice nothing.

    It does nothing while the engine is in a Swarm.
    """
    for name in containers:
        for old, new in ((name, f"{name}-again"), (f"{name}-again", name)):
            connection.run_docker("rename", old, new, timeout=CALL_SECONDS, check=False)


def can_find(name: str, by: str) -> bool:
    """Tell whether a container finds another one by its name."""
    command = ("exec", by, "getent", "hosts", name)
    return connection.run_docker(*command, timeout=CALL_SECONDS, check=False).status == 0


def list_named_containers(client: DockerClient) -> list[str]:
    """Return running containers that others may know by their names."""
    running = client.containers.list(ignore_removed=True)
    return sorted(
        str(each.name)
        for each in running
        if set(each.attrs["NetworkSettings"]["Networks"]) - WITHOUT_NAMES
        and TASK not in each.labels
    )
