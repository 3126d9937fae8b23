"""Whether a cluster works, judged by what its parts renew: what they once wrote may be stale.

After a reboot the API still says what was true before it: nodes Ready, Pods running, leaders that
are gone. Each part renews a Lease while it lives (kubernetes.io, concepts: Leases).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

OBJECTS = "nodes,leases,pods"
"""What `lacking` looks at, as kubectl names it."""

LEADERS = ("kube-controller-manager", "kube-scheduler")
LEADER_SECONDS = 15
"""How long a leader may be silent before another takes over: --leader-elect-lease-duration."""

PROXY, DNS = "kube-proxy", "kube-dns"
"""The Pods, by their label k8s-app, without which a Service cannot be reached."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Object = dict[str, Any]
Leases = Mapping[str, Object]
Started = Mapping[str, datetime]


def lacking(objects: Iterable[Object], count: int, started: Started) -> list[str]:
    """What is not there yet, for people; empty if the cluster works.

    Args:
        objects: All nodes, Leases and Pods of the cluster.
        count: How many nodes it should have.
        started: When the machine of each node was started: what it said before is stale.
    """
    found = list(objects)
    leases = {_name(each): each["spec"] for each in found if each["kind"] == "Lease"}
    nodes = [each for each in found if each["kind"] == "Node"]
    lines = [f"{len(nodes)} of {count} nodes are there"] if len(nodes) != count else []
    return [
        *lines,
        *_silent_nodes(nodes, leases, started),
        *_silent_leaders(leases, started),
        *_pods_down([each for each in found if each["kind"] == "Pod"], started),
    ]


def moment(text: str) -> datetime:
    """A time as Kubernetes and Docker write it."""
    return datetime.fromisoformat(text)


def _silent_nodes(nodes: list[Object], leases: Leases, started: Started) -> Iterator[str]:
    for node in nodes:
        name = str(node["metadata"]["name"])
        fresh = _renewed(leases.get(f"kube-node-lease/{name}")) > started.get(name, LONG_AGO)
        if not (fresh and _is_ready(node)):
            yield f"node {name}"


def _silent_leaders(leases: Leases, started: Started) -> Iterator[str]:
    """The clock is that of the cluster, which may be another machine's: its newest Lease."""
    now = max((_renewed(each) for each in leases.values()), default=LONG_AGO)
    for name in LEADERS:
        lease = leases.get(f"kube-system/{name}") or {}
        node = (lease.get("holderIdentity") or "").partition("_")[0]
        last = _renewed(lease)
        fresh = now - last < timedelta(seconds=LEADER_SECONDS)
        if not (node and fresh and last > started.get(node, LONG_AGO)):
            yield name


def _pods_down(pods: list[Object], started: Started) -> list[str]:
    """Each kube-proxy serves its node, and any one of the DNS servers serves all."""
    down = {app: [pod for pod in _of(pods, app) if _is_down(pod, started)] for app in (PROXY, DNS)}
    if len(down[DNS]) < len(_of(pods, DNS)):
        down[DNS] = []
    return [str(pod["metadata"]["name"]) for each in down.values() for pod in each]


def _of(pods: list[Object], app: str) -> list[Object]:
    """The Pods of a part that are not about to go."""
    every = [pod for pod in pods if (pod["metadata"].get("labels") or {}).get("k8s-app") == app]
    return [pod for pod in every if "deletionTimestamp" not in pod["metadata"]]


def _is_down(pod: Object, started: Started) -> bool:
    """Whether it does not run since its machine was started."""
    states = [each.get("state", {}) for each in pod["status"].get("containerStatuses", [])]
    since = [moment(each["running"]["startedAt"]) for each in states if "running" in each]
    whole_seconds = started.get(pod["spec"].get("nodeName", ""), LONG_AGO).replace(microsecond=0)
    return not since or min(since) < whole_seconds or not _is_ready(pod)


def _is_ready(thing: Object) -> bool:
    conditions = thing.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _name(thing: Object) -> str:
    return f"{thing['metadata'].get('namespace', '')}/{thing['metadata']['name']}"


def _renewed(lease: Object | None) -> datetime:
    renewed = (lease or {}).get("renewTime")
    return moment(renewed) if renewed else LONG_AGO
