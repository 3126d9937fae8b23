"""The cloud: the Docker Engine. Its machines are kind's containers, its load balancers are ours.

Whatever must outlive this process is in the containers' labels; nothing is kept in a file.
"""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import docker
from docker.errors import NotFound
from docker.models.containers import Container

from cloud_controller.haproxy import Balancer, render

MACHINE_LABELS = ("io.x-k8s.kind.cluster", "course.cloud.machine")
"""Either says of which cluster a container is a machine: kind's own, or one for its containers."""

CLUSTER_LABEL = "course.cloud.cluster"
SERVICE_LABEL = "course.cloud.service"
UID_LABEL = "course.cloud.uid"
PORTS_LABEL = "course.cloud.ports"

IMAGE = "haproxy:3.0"
CONFIG = PurePosixPath("/usr/local/etc/haproxy/haproxy.cfg")
USABLE = ("created", "exited", "running")
"""States from which a container gets to run by a start; one that is paused or dead is replaced."""

CALL_SECONDS = 60


@dataclass(frozen=True)
class Machine:
    """A container that is a node of the cluster."""

    name: str
    running: bool
    address: str
    instance_type: str


class Cloud:
    """The engine, as far as one cluster is concerned.

    Args:
        cluster: kind's name of the cluster.
        network: The Docker network of its nodes.
    """

    def __init__(self, cluster: str, network: str) -> None:
        self.cluster = cluster
        self._network = network
        self._docker = docker.from_env(timeout=CALL_SECONDS)
        self._applied: dict[str, str] = {}

    def place(self) -> tuple[str, str]:
        """Region and zone. All machines fail together with the one that runs the engine."""
        return "docker", str(self._docker.info()["Name"])

    def machine(self, name: str) -> Machine | None:
        """The machine of that name; None if the cloud has none."""
        found = self._get(name)
        if found is None or not self._is_machine(found.labels):
            return None
        return Machine(name, found.status == "running", self._address(found), self._size(found))

    def balancers(self) -> list[str]:
        """The Services that have a load balancer."""
        label: dict[str, str | list[str] | bool] = {"label": f"{CLUSTER_LABEL}={self.cluster}"}
        found = self._docker.containers.list(all=True, filters=label)
        return [each.labels[SERVICE_LABEL] for each in found]

    def has(self, wanted: Balancer) -> bool:
        """Whether there is a load balancer that only needs its configuration, or a start."""
        found = self._find(wanted.service)
        return found is not None and self._fits(found, wanted)

    def ensure(self, wanted: Balancer) -> tuple[str, bool]:
        """Have a load balancer that runs as wanted.

        Returns:
            Its address, and whether anything had to be changed.
        """
        found = self._find(wanted.service)
        if found and not self._fits(found, wanted):
            self._remove(found)
            found = None
        container = found or self._create(wanted)
        changed = self._configure(container, render(wanted))
        if container.status != "running":
            container.start()
            container.reload()
            changed = True
        return self._address(container), changed

    def remove(self, service: str) -> bool:
        """Remove a Service's load balancer; False if there is none."""
        found = self._find(service)
        if found:
            self._remove(found)
        return found is not None

    def events(self) -> Iterator[tuple[str, str]]:
        """`node` or `service`, and the name of that whose machine or load balancer changes.

        It ends when the engine goes away.
        """
        wanted = {"type": "container", "event": ["start", "die", "destroy", "pause"]}
        for event in self._docker.events(decode=True, filters=wanted):
            labels = event["Actor"]["Attributes"]
            if self._is_machine(labels):
                yield "node", labels["name"]
            if labels.get(CLUSTER_LABEL) == self.cluster:
                yield "service", labels[SERVICE_LABEL]

    def run_in_network_of(self, machine: str, image: str, script: str) -> None:
        """Run a shell script in a machine's network, as its cloud may."""
        name = f"{self.cluster}-route.{machine}"
        with contextlib.suppress(NotFound):  # one that a killed controller left
            self._docker.containers.get(name).remove(force=True)
        self._docker.containers.run(
            image,
            ["sh", "-ec", script],
            name=name,
            network_mode=f"container:{machine}",
            cap_add=["NET_ADMIN"],
            labels={CLUSTER_LABEL + ".helper": self.cluster},
            remove=True,
        )

    def _is_machine(self, labels: dict[str, str]) -> bool:
        return self.cluster in [labels.get(each) for each in MACHINE_LABELS]

    def _name(self, service: str) -> str:
        """The container's name. The engine gives a name once, so nothing is ever made twice."""
        return f"{self.cluster}-lb.{service.replace('/', '.')}"

    def _find(self, service: str) -> Container | None:
        return self._get(self._name(service))

    def _get(self, name: str) -> Container | None:
        try:
            return self._docker.containers.get(name)
        except NotFound:
            return None

    def _fits(self, found: Container, wanted: Balancer) -> bool:
        """The engine publishes ports only of a new container; all else is configuration."""
        of_it = (found.labels.get(UID_LABEL), found.labels.get(PORTS_LABEL))
        return of_it == (wanted.uid, _ports(wanted)) and found.status in USABLE

    def _create(self, wanted: Balancer) -> Container:
        return self._docker.containers.create(
            IMAGE,
            name=self._name(wanted.service),
            labels={
                CLUSTER_LABEL: self.cluster,
                SERVICE_LABEL: wanted.service,
                UID_LABEL: wanted.uid,
                PORTS_LABEL: _ports(wanted),
            },
            network=self._network,
            ports={f"{port}/tcp": ("127.0.0.1", node) for port, node in wanted.ports},
            restart_policy={"Name": "always"},
        )

    def _configure(self, container: Container, config: str) -> bool:
        """Write the configuration, and have HAProxy read it; it keeps its connections.

        What was applied is known to this process only: after a start it is applied once more,
        since the process before may have been killed between writing and reloading. No lock: a
        Service, and so its container, has one worker at a time.
        """
        known = self._applied.get(str(container.id))
        if known == config:
            return False
        container.put_archive(str(CONFIG.parent), _archive(config))
        if container.status == "running":
            container.kill(signal="SIGHUP")
        self._applied[str(container.id)] = config
        return known is not None

    def _remove(self, container: Container) -> None:
        container.remove(force=True, v=True)
        self._applied.pop(str(container.id), None)

    def _address(self, container: Container) -> str:
        networks: dict[str, Any] = container.attrs["NetworkSettings"]["Networks"]
        return str(networks.get(self._network, {}).get("IPAddress", ""))

    def _size(self, container: Container) -> str:
        """As clouds name sizes: the limits of the container, or all that the engine has."""
        limits, whole = container.attrs["HostConfig"], self._docker.info()
        cpus = limits["NanoCpus"] // 10**9 or whole["NCPU"]
        memory = limits["Memory"] or whole["MemTotal"]
        return f"container-{cpus}cpu-{round(memory / 1024**3)}gib"


def _ports(balancer: Balancer) -> str:
    return ",".join(f"{port}:{node_port}" for port, node_port in balancer.ports)


def _archive(config: str) -> bytes:
    data, packed = config.encode(), io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(CONFIG.name)
        member.size, member.mode = len(data), 0o644
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()
