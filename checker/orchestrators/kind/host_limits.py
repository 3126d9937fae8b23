"""What a machine lacks that Kubernetes wants, found out and made up for in kind's configuration."""

from __future__ import annotations

import contextlib
import functools
import json
from dataclasses import dataclass
from typing import Any

from checker.docker import connection

WORKERS = 2
LEAST_MEMORY = 4 * 1024**3
"""Below it there is one node: three take 1.5 GB idle, and the labs' Pods come on top."""

SYS_RESOURCE = 1 << 24
"""The bit of CAP_SYS_RESOURCE, capabilities(7)."""

INSTANCES = 1024
WATCHES = 524288
"""Least inotify limits; kind's known issues ask for 512 and 524288 for a few nodes."""

INOTIFY = "/proc/sys/fs/inotify"
PROBE = f"""\
grep CapBnd /proc/self/status | cut -f 2
cat {INOTIFY}/max_user_instances {INOTIFY}/max_user_watches
"""
PROBE_SECONDS = 60.0


@dataclass(frozen=True)
class HostLimits:
    """The engine's machine, as far as a cluster cares.

    Control groups of version 1 kubelet takes only if told so. Where even privileged containers lack
    CAP_SYS_RESOURCE, no process may get a lower OOM score.
    """

    old_cgroups: bool
    no_sys_resource: bool


@functools.cache
def find_limits(image: str = "debian:bookworm-slim") -> HostLimits:
    """Ask the engine, and a privileged container of it; raise inotify limits that are low.

    The image may be any with a shell that is there.
    """
    with contextlib.closing(connection.open_client()) as client:
        info: dict[str, Any] = client.info()
    capabilities, *limits = _run_privileged(image, PROBE).split()
    instances, watches = map(int, limits)
    if instances < INSTANCES or watches < WATCHES:
        # It holds until the next boot; each node watches hundreds of files.
        instances, watches = max(instances, INSTANCES), max(watches, WATCHES)
        files = f"{INOTIFY}/max_user_instances", f"{INOTIFY}/max_user_watches"
        _run_privileged(image, f"echo {instances} > {files[0]}; echo {watches} > {files[1]}")
    return HostLimits(
        old_cgroups=info.get("CgroupVersion") == "1",
        no_sys_resource=not int(capabilities, 16) & SYS_RESOURCE,
    )


def count_nodes() -> int:
    """Return how many nodes the cluster has on this machine."""
    with contextlib.closing(connection.open_client()) as client:
        return 1 if int(client.info()["MemTotal"]) < LEAST_MEMORY else 1 + WORKERS


def describe_nodes() -> str:
    """Describe the nodes for people."""
    if count_nodes() == 1:
        return "one node only: there are less than 4 GiB of memory"
    return f"a control plane and {WORKERS} workers"


def kind_configuration(image: str, mounts: dict[str, str] | None = None) -> str:
    """Return kind's configuration for this machine; JSON, which is YAML as well.

    The control plane gets the mounts from the engine's machine, host path to node path.
    """
    found = find_limits(image)
    kubelet: dict[str, Any] = {"kind": "KubeletConfiguration"}
    if found.old_cgroups:
        kubelet["failCgroupV1"] = False
    if found.no_sys_resource:
        kubelet["featureGates"] = {"KubeletInUserNamespace": True}
    first: dict[str, Any] = {"role": "control-plane", "image": image}
    if mounts:
        pairs = mounts.items()
        first["extraMounts"] = [{"hostPath": host, "containerPath": node} for host, node in pairs]
    workers = [{"role": "worker", "image": image}] * (count_nodes() - 1)
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


def _run_privileged(image: str, script: str) -> str:
    options = ("--rm", "--privileged", "--network", "none", "--entrypoint", "sh")
    words = ("run", *options, image, "-c", script)
    return connection.run_docker(*words, timeout=PROBE_SECONDS).output
