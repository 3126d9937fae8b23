"""What a machine lacks that Kubernetes wants, found out and made up for in kind's configuration."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass
from typing import Any

from checker.base import process
from checker.docker import docker_engine

WORKERS = 2
LEAST_MEMORY = 4 * 1024**3
"""Below it there is one node: three take 1.5 GB idle, and the labs' Pods come on top."""

SYS_RESOURCE = 1 << 24
"""The bit of CAP_SYS_RESOURCE, capabilities(7)."""

INSTANCES = 1024
WATCHES = 524288
"""Least inotify limits; kind's known issues ask for 512 and 524288 for a few nodes."""

PROBE = """\
grep CapBnd /proc/self/status | cut -f 2
cat /proc/sys/fs/inotify/max_user_instances /proc/sys/fs/inotify/max_user_watches
"""
PROBE_SECONDS = 60.0


@dataclass(frozen=True)
class Quirks:
    """The engine's machine, as far as a cluster cares.

    Args:
        old_cgroups: It has version 1 of control groups, which kubelet takes only if told so.
        no_sys_resource: Even privileged containers lack CAP_SYS_RESOURCE, so no process may get a
            lower OOM score.
        little_memory: There is not enough for three nodes.
    """

    old_cgroups: bool
    no_sys_resource: bool
    little_memory: bool


@functools.cache
def find(image: str = "debian:bookworm-slim") -> Quirks:
    """Ask the engine, and a privileged container of it; inotify limits that are low are raised.

    Args:
        image: Any image with a shell that is there.
    """
    with contextlib.closing(docker_engine.client()) as client:
        info: dict[str, Any] = client.info()
    capabilities, instances, watches = _probe(image)
    if instances < INSTANCES or watches < WATCHES:
        _set_limits(image, max(instances, INSTANCES), max(watches, WATCHES))
    return Quirks(
        old_cgroups=info.get("CgroupVersion") == "1",
        no_sys_resource=not capabilities & SYS_RESOURCE,
        little_memory=int(info["MemTotal"]) < LEAST_MEMORY,
    )


def node_count() -> int:
    """How many nodes the cluster has on this machine."""
    with contextlib.closing(docker_engine.client()) as client:
        return 1 if int(client.info()["MemTotal"]) < LEAST_MEMORY else 1 + WORKERS


def describe() -> str:
    """The nodes, for people."""
    if node_count() == 1:
        return "one node only: there are less than 4 GiB of memory"
    return f"a control plane and {WORKERS} workers"


def configuration(image: str, mounts: dict[str, str] | None = None) -> str:
    """kind's configuration for this machine; JSON, which is YAML as well.

    Args:
        image: Of the nodes.
        mounts: Files of the engine's machine that the control plane gets, host path to node path.
    """
    found = find(image)
    kubelet: dict[str, Any] = {"kind": "KubeletConfiguration"}
    if found.old_cgroups:
        kubelet["failCgroupV1"] = False
    if found.no_sys_resource:
        kubelet["featureGates"] = {"KubeletInUserNamespace": True}
    first: dict[str, Any] = {"role": "control-plane", "image": image}
    if mounts:
        first["extraMounts"] = [
            {"hostPath": host, "containerPath": node} for host, node in mounts.items()
        ]
    workers = [{"role": "worker", "image": image}] * (node_count() - 1)
    config: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"apiServerAddress": "127.0.0.1"},
        "kubeadmConfigPatches": [json.dumps(kubelet)],
        "nodes": [first, *workers],
    }
    if found.no_sys_resource:
        config["containerdConfigPatches"] = [
            '[plugins."io.containerd.grpc.v1.cri"]\n  restrict_oom_score_adj = true\n'
        ]
    return json.dumps(config, indent=2) + "\n"


def _probe(image: str) -> tuple[int, int, int]:
    capabilities, instances, watches = _privileged(image, PROBE).split()
    return int(capabilities, 16), int(instances), int(watches)


def _set_limits(image: str, instances: int, watches: int) -> None:
    """Until the next boot; each node watches hundreds of files."""
    proc = "/proc/sys/fs/inotify"
    script = (
        f"echo {instances} > {proc}/max_user_instances; echo {watches} > {proc}/max_user_watches"
    )
    _privileged(image, script)


def _privileged(image: str, script: str) -> str:
    command = ["docker", "run", "--rm", "--privileged", "--network", "none"]
    command += ["--entrypoint", "sh", image, "-c", script]
    return process.run(command, timeout=PROBE_SECONDS, env=docker_engine.environment()).output
