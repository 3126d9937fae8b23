"""Whether a cluster works, told by what its parts renew: what they once wrote may be stale.

After a reboot the API still says what was true before it: nodes Ready, Pods running, leaders that
are gone. Each part renews a Lease while it lives (kubernetes.io, concepts: Leases).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

OBJECTS = "nodes,leases,pods"
"""What `find_missing_parts` looks at, as kubectl names it."""

LEADERS = ("kube-controller-manager", "kube-scheduler")
LEADER_SECONDS = 15
"""How long a leader may be silent before another takes over: --leader-elect-lease-duration."""

PROXY, DNS = "kube-proxy", "kube-dns"
"""The Pods, by their label k8s-app, without which a Service cannot be reached."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)
Object = dict[str, Any]
Leases = Mapping[str, Object]
Started = Mapping[str, datetime]


def find_missing_parts(objects: Iterable[Object], count: int, started: Started) -> list[str]:
    """Return what does not work yet, in words for people; nothing if the cluster works.

    A Node without a machine, which a lab or a learner made, is no part of the cluster.

    Args:
        objects: All nodes, Leases and Pods of the cluster.
        count: How many nodes it should have.
        started: When the machine of each node was started: what it said before is stale.
    """
    every = list(objects)
    strangers = {
        each["metadata"]["name"]
        for each in every
        if each["kind"] == "Node" and each["metadata"]["name"] not in started
    }
    every = [
        each
        for each in every
        if (each["metadata"]["name"] if each["kind"] == "Node" else _find_node(each))
        not in strangers
    ]
    leases = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": each["spec"]
        for each in every
        if each["kind"] == "Lease"
    }
    nodes = [each for each in every if each["kind"] == "Node"]
    lines = [f"{len(nodes)} of {count} nodes are there"] if len(nodes) != count else []
    return [
        *lines,
        *_find_silent_nodes(nodes, leases, started),
        *_find_silent_leaders(leases, started),
        *_find_broken_pods(
            [each for each in every if each["kind"] == "Pod"],
            [each["metadata"]["name"] for each in nodes],
            started,
        ),
    ]


def parse_time(text: str) -> datetime:
    """Parse a time as Kubernetes and Docker write it."""
    return datetime.fromisoformat(text)


def _find_silent_nodes(nodes: list[Object], leases: Leases, started: Started) -> Iterator[str]:
    for node in nodes:
        name = str(node["metadata"]["name"])
        fresh = _parse_renewal(leases.get(f"kube-node-lease/{name}")) > started.get(name, LONG_AGO)
        if not (fresh and _is_ready(node)):
            yield f"node {name}"


def _find_silent_leaders(leases: Leases, started: Started) -> Iterator[str]:
    # The clock is that of the cluster, which may be another machine's: its newest Lease.
    now = max(map(_parse_renewal, leases.values()), default=LONG_AGO)
    for name in LEADERS:
        lease = leases.get(f"kube-system/{name}") or {}
        node = (lease.get("holderIdentity") or "").partition("_")[0]
        renewed = _parse_renewal(lease)
        fresh = now - renewed < timedelta(seconds=LEADER_SECONDS)
        if not (node and fresh and renewed > started.get(node, LONG_AGO)):
            yield name


def _find_broken_pods(pods: list[Object], nodes: list[str], started: Started) -> list[str]:
    """Each node has its kube-proxy, and any one of the DNS servers serves all."""
    found: dict[str, list[Object]] = {PROXY: [], DNS: []}
    for pod in pods:
        app = (pod["metadata"].get("labels") or {}).get("k8s-app")
        if app in found and "deletionTimestamp" not in pod["metadata"]:
            found[app].append(pod)
    broken = {app: [pod for pod in of if not _runs(pod, started)] for app, of in found.items()}
    if len(broken[DNS]) < len(found[DNS]):
        broken[DNS] = []
    served = {_find_node(pod) for pod in found[PROXY]}
    lines = [f"{PROXY} on {name}" for name in nodes if name not in served]
    return [*lines, *(str(pod["metadata"]["name"]) for each in broken.values() for pod in each)]


def _find_node(item: Object) -> str:
    """Return the node of a Pod, or that for which a DaemonSet made it; empty if it has none."""
    spec = item.get("spec") or {}
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    fields = [
        name
        for term in required.get("nodeSelectorTerms") or []
        for field in term.get("matchFields") or []
        for name in field.get("values") or []
    ]
    return str(spec.get("nodeName") or next(iter(fields), ""))


def _runs(pod: Object, started: Started) -> bool:
    """Tell whether a Pod has run ever since its machine was started."""
    states = [each.get("state", {}) for each in pod["status"].get("containerStatuses", [])]
    since = [parse_time(each["running"]["startedAt"]) for each in states if "running" in each]
    whole_seconds = started.get(pod["spec"].get("nodeName", ""), LONG_AGO).replace(microsecond=0)
    return bool(since) and min(since) >= whole_seconds and _is_ready(pod)


def _is_ready(item: Object) -> bool:
    conditions = item.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _parse_renewal(lease: Object | None) -> datetime:
    renewed = (lease or {}).get("renewTime")
    return parse_time(renewed) if renewed else LONG_AGO
