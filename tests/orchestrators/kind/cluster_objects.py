"""The objects by which a cluster is judged, as kubectl prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
NOW = STARTED + timedelta(minutes=5)
NODES = ["course-control-plane", "course-worker", "course-worker2"]
LEADERS = ("kube-controller-manager", "kube-scheduler")


def node(name: str, ready: str = "True") -> dict[str, Any]:
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def lease(name: str, namespace: str, renewed: datetime = NOW) -> dict[str, Any]:
    return {
        "kind": "Lease",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {
            "holderIdentity": f"{NODES[0]}_1",
            "renewTime": renewed.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }


def pod(
    name: str,
    app: str,
    started: datetime = NOW,
    ready: str = "True",
    node: str = NODES[0],
    **meta: Any,
) -> dict[str, Any]:
    running = {"startedAt": started.strftime("%Y-%m-%dT%H:%M:%SZ")}
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "kube-system", "labels": {"k8s-app": app}, **meta},
        "spec": {"nodeName": node},
        "status": {
            "conditions": [{"type": "Ready", "status": ready}],
            "containerStatuses": [{"state": {"running": running}}],
        },
    }


def working(names: list[str]) -> list[dict[str, Any]]:
    """All of a cluster that works."""
    return [
        *(node(name) for name in names),
        *(lease(name, "kube-node-lease") for name in names),
        *(lease(name, "kube-system") for name in LEADERS),
        *(pod(f"kube-proxy-{name}", "kube-proxy", node=name) for name in names),
        *(pod(name, "kube-dns") for name in ("coredns-1", "coredns-2")),
        {
            "kind": "Pod",
            "spec": {},
            "metadata": {"name": "mine", "namespace": "default"},
            "status": {},
        },
    ]
