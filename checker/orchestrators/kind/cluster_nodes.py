"""The containers that are the cluster's nodes, and how the course knows that they are its own."""

from __future__ import annotations

import contextlib
import ipaddress
import json
from datetime import datetime
from typing import TYPE_CHECKING

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import connection, container_names, endpoint
from checker.orchestrators.kind import cluster_files, readiness

if TYPE_CHECKING:
    from docker.models.containers import Container

IMAGE = "kindest/node:v1.37"
NETWORK = "kind"
STEP_SECONDS = 120.0
KNOWN_SECONDS = 15.0
POLL_SECONDS = 0.2
NAME = "course"
CONTROL_PLANE = f"{NAME}-control-plane"
NODES = f"io.x-k8s.kind.cluster={NAME}"
LOAD_BALANCERS = f"course.cloud.cluster={NAME}"
"""Labels of containers: kind's, and that of labs/cloud-controller."""


def node_names() -> list[str]:
    """Return the containers that are nodes of the cluster, the control plane first; also stopped
    ones. A cluster of the same name that the course did not create has none.
    """
    return sorted(str(each.name) for each in find_own_containers(NODES))


def load_balancer_names() -> list[str]:
    """Return the containers that a cloud controller created for Services of this cluster."""
    return sorted(str(each.name) for each in find_own_containers(LOAD_BALANCERS))


def start_times() -> dict[str, datetime]:
    """Return when each node was started."""
    return {
        str(each.name): readiness.parse_time(each.attrs["State"]["StartedAt"])
        for each in find_own_containers(NODES)
    }


def node_addresses() -> dict[str, str]:
    """Return the address that each node has now."""
    nodes = find_own_containers(NODES)
    networks = {str(each.name): each.attrs["NetworkSettings"]["Networks"] for each in nodes}
    return {name: str(found.get(NETWORK, {}).get("IPAddress")) for name, found in networks.items()}


def record_addresses() -> None:
    """Record that the cluster is complete, with its nodes at their addresses."""
    paths.write_atomically(cluster_files.finish_mark(), json.dumps(node_addresses()))


def have_their_addresses() -> bool:
    """Tell whether the cluster was complete, and the nodes have the addresses of then."""
    recorded = cluster_files.read_addresses()
    return bool(recorded) and recorded == node_addresses()


def start_nodes() -> bool:
    """Start the nodes, each at its address: what kubeadm wrote, and the backup, names it.

    The engine gives out the lowest free address, and kind cannot ask for another. So nodes that
    are started in the order of their addresses get their own, where nobody else has taken one.

    Returns:
        False if one has another address now or is not found by its name, or the cluster was never
        complete.
    """
    recorded = cluster_files.read_addresses()
    in_order = sorted(recorded, key=lambda name: ipaddress.ip_address(recorded[name]))
    if not in_order or set(in_order) != set(node_names()):
        return False

    connection.run_docker("start", *in_order, timeout=STEP_SECONDS, check=False)
    if not have_their_addresses():
        restart_containers(in_order)
    if not can_find_each_other():
        container_names.register_names(in_order)
    # A node first arranges its own DNS when it has started.
    if not wait_until(can_find_each_other, KNOWN_SECONDS, POLL_SECONDS):
        # The engine has joined another Swarm by now: see container_names.
        restart_containers(in_order)
    return have_their_addresses() and wait_until(can_find_each_other, KNOWN_SECONDS, POLL_SECONDS)


def restart_containers(in_order: list[str]) -> None:
    """Stop nodes and the load balancers, then start them: the nodes first, in this order."""
    # A load balancer may have taken the address of a node that was stopped.
    every = [*in_order, *load_balancer_names()]
    connection.run_docker("stop", *every, timeout=STEP_SECONDS, check=False)
    connection.run_docker("start", *every, timeout=STEP_SECONDS, check=False)


def can_find_each_other() -> bool:
    """Tell whether workers find the control plane, as a kubelet and a kube-proxy do at start."""
    workers = [each for each in node_names() if each != CONTROL_PLANE]
    return all(container_names.can_find(CONTROL_PLANE, by=each) for each in workers[:1])


def refuse_foreign_cluster() -> None:
    """Refuse to touch a cluster of the same name that somebody else created.

    Raises:
        CouldNotFindOut: There is one.
    """
    if not is_ours() and (found := find_containers(NODES)):
        raise CouldNotFindOut(
            f"There is a cluster named {NAME} that the course did not make.",
            found=", ".join(sorted(str(each.name) for each in found)),
            next_step=f"Leave it and give the course another engine with DOCKER_HOST, or if it is "
            f"not needed: kind delete cluster --name {NAME}",
        )


def is_ours() -> bool:
    """Tell whether the course created the cluster: nobody else does in an engine of the course."""
    own = endpoint.find_engine().host == endpoint.daemon_host()
    return own or cluster_files.finish_mark().exists() or cluster_files.start_mark().exists()


def find_own_containers(label: str) -> list[Container]:
    """Return the containers with a label, running or not, if the cluster is the course's."""
    return find_containers(label) if is_ours() else []


def find_containers(label: str) -> list[Container]:
    """Return the containers with a label, running or not; none where no engine answers."""
    filters: dict[str, str | list[str] | bool] = {"label": label}
    try:
        with contextlib.closing(connection.open_client()) as client:
            return client.containers.list(all=True, filters=filters)
    except CouldNotFindOut:
        return []
