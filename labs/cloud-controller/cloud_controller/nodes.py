"""The node controllers: a new Node learns what its machine is; a Node without a machine goes away.

The rules are those of Kubernetes' own cloud-node and cloud-node-lifecycle controllers.
"""

from __future__ import annotations

from cloud_controller.cloud import Cloud, Machine
from cloud_controller.cluster import Cluster, Object

UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown"
SCHEMES = ("docker", "kind")
"""Of the provider ids that name a machine of this cloud. kind's kubelet may bring its own, and a
provider id can never be changed."""


class NodeController:
    """Makes the Nodes what the cloud says of its machines."""

    def __init__(self, cluster: Cluster, cloud: Cloud) -> None:
        self._cluster, self._cloud = cluster, cloud

    def sync(self, name: str) -> None:
        """Look at one Node."""
        node = self._cluster.node(name)
        if node is None or not _is_ours(node):
            return
        machine = self._cloud.machine(machine_name(node))
        if machine and UNINITIALIZED in taint_keys(node):
            self._initialise(node, machine)
        elif has_condition(node, "Ready", "True"):
            self._set_taint(node, SHUTDOWN, False)
        elif machine is None:
            self._delete(node)
        else:
            # Only a kubelet that fell silent makes the controller ask whether its machine stopped.
            self._set_taint(node, SHUTDOWN, not machine.running)

    def _initialise(self, node: Object, machine: Machine) -> None:
        """The taint goes last: until then no Pod comes, and a restart begins again."""
        name = node["metadata"]["name"]
        region, zone = self._cloud.place()
        addresses = [
            {"type": "InternalIP", "address": machine.address},
            {"type": "Hostname", "address": name},
        ]
        if machine.address:
            self._cluster.patch_node_status(name, {"status": {"addresses": addresses}})
        labels = {
            "topology.kubernetes.io/region": region,
            "topology.kubernetes.io/zone": zone,
            "node.kubernetes.io/instance-type": machine.instance_type,
        }
        ours = f"docker://{self._cloud.cluster}/{machine.name}"
        provider_id = node["spec"].get("providerID") or ours
        self._cluster.patch_node(
            name, {"metadata": {"labels": labels}, "spec": {"providerID": provider_id}}
        )
        fresh = self._cluster.node(name)
        if fresh:
            self._set_taint(fresh, UNINITIALIZED, False)
            self._cluster.record(node, "Normal", "Synced", "Node synced successfully")
            print(f"node {name}: initialised as {provider_id} in zone {zone}", flush=True)

    def _delete(self, node: Object) -> None:
        name = node["metadata"]["name"]
        self._cluster.record(
            node,
            "Normal",
            "DeletingNode",
            f"Deleting node {name} because it does not exist in the cloud provider",
        )
        self._cluster.delete_node(name)
        print(f"node {name}: deleted, its machine is gone", flush=True)

    def _set_taint(self, node: Object, key: str, present: bool) -> None:
        """Names the version that was read: the list of taints is written whole."""
        if (key in taint_keys(node)) == present:
            return
        others = [each for each in node["spec"].get("taints") or [] if each["key"] != key]
        taints = [*others, *([{"key": key, "effect": "NoSchedule"}] if present else [])]
        meta = node["metadata"]
        self._cluster.patch_node(
            meta["name"],
            {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"taints": taints}},
        )
        if key == SHUTDOWN:
            said = "its machine is stopped" if present else "its machine runs again"
            print(f"node {meta['name']}: {said}", flush=True)


def machine_name(node: Object) -> str:
    """The container: the last part of the provider id, or the Node's name."""
    return str(node["spec"].get("providerID") or node["metadata"]["name"]).rsplit("/", 1)[-1]


def has_condition(node: Object, kind: str, status: str) -> bool:
    """Whether the Node's status says so; of a Node that is new, nobody has said anything."""
    conditions = node.get("status", {}).get("conditions") or []
    return any((each["type"], each["status"]) == (kind, status) for each in conditions)


def taint_keys(node: Object) -> list[str]:
    """Of all its taints, whatever their effect."""
    return [each["key"] for each in node.get("spec", {}).get("taints") or []]


def internal_addresses(node: Object) -> list[str]:
    """By which the cloud reaches the machine, IPv4 alone."""
    return [
        str(each["address"])
        for each in node.get("status", {}).get("addresses") or []
        if each["type"] == "InternalIP" and ":" not in each["address"]
    ]


def _is_ours(node: Object) -> bool:
    provider_id = node["spec"].get("providerID", "")
    return not provider_id or provider_id.split(":")[0] in SCHEMES
