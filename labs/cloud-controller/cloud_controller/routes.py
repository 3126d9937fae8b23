"""The route controller: each machine's network leads to the Pods of the others.

A cloud has a route table beside its machines. Docker's bridge has none, so the routes are written
into the network of each machine, from outside, by a container that shares it. It is off unless
asked for: the cluster's own pod network keeps the same routes, and two need not do one thing.
"""

from __future__ import annotations

import datetime

from cloud_controller.cloud import Cloud
from cloud_controller.cluster import Cluster, Object
from cloud_controller.nodes import has_condition, internal_addresses

IMAGE = "busybox:1.37"
METRIC = 4000
"""Marks the routes that are ours. Those of a pod network have a smaller one, and go first."""


def script(node: Object, nodes: list[Object]) -> str:
    """The commands that lead from one node to the Pods of all others, and to nothing else."""
    me = node["metadata"]["name"]
    wanted = [
        f"{other['spec']['podCIDR']} via {address}"
        for other in nodes
        if other["metadata"]["name"] != me and other["spec"].get("podCIDR")
        for address in internal_addresses(other)
    ]
    kept = "|".join(["default", *(each.split()[0] for each in wanted)])
    remove = f"case $pods in {kept}) ;; *) ip route del $pods metric {METRIC} ;; esac"
    return "\n".join(
        [
            *(f"ip route replace {each} metric {METRIC}" for each in wanted),
            f"ip route | grep 'metric {METRIC} *$' | while read -r pods _; do {remove}; done",
        ]
    )


class RouteController:
    """Writes routes, and says on the Node that they are there."""

    def __init__(self, cluster: Cluster, cloud: Cloud) -> None:
        self._cluster, self._cloud = cluster, cloud

    def sync(self, name: str) -> bool:
        """Look at one Node; False if there is none whose machine runs."""
        nodes = self._cluster.nodes()
        node = next((each for each in nodes if each["metadata"]["name"] == name), None)
        machine = self._cloud.machine(name)
        if node is None or machine is None or not machine.running:
            return False
        self._cloud.run_in_network_of(name, IMAGE, script(node, nodes))
        self._say_so(node)
        return True

    def _say_so(self, node: Object) -> None:
        if has_condition(node, "NetworkUnavailable", "False"):
            return
        now = datetime.datetime.now(datetime.UTC).isoformat()
        condition = {
            "type": "NetworkUnavailable",
            "status": "False",
            "reason": "RouteCreated",
            "message": "The cloud controller created the routes",
            "lastTransitionTime": now,
            "lastHeartbeatTime": now,
        }
        name = node["metadata"]["name"]
        self._cluster.patch_node_status(name, {"status": {"conditions": [condition]}})
        print(f"node {name}: routes to the Pods of the other nodes are there", flush=True)
