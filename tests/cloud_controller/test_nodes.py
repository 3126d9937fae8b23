"""The node and route controllers, with an API server and a cloud that only remember."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from cloud_controller.cloud import Machine
from cloud_controller.nodes import SHUTDOWN, UNINITIALIZED, NodeController, machine_name
from cloud_controller.routes import METRIC, RouteController, script

from checker.base import process

Object = dict[str, Any]
RUNNING = Machine("worker", True, "172.18.0.3", "container-2cpu-24gib")
STOPPED = Machine("worker", False, "", "container-2cpu-24gib")


def node(ready: str = "True", taints: tuple[str, ...] = (), provider_id: str = "") -> Object:
    return {
        "metadata": {"name": "worker", "resourceVersion": "7", "labels": {}},
        "spec": {
            "taints": [{"key": key, "effect": "NoSchedule"} for key in taints],
            **({"providerID": provider_id} if provider_id else {}),
        },
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


class Cluster:
    """One Node, or more that nothing happens to."""

    def __init__(self, held: Object | None, *others: Object) -> None:
        self.held, self.others = held, others
        self.reasons: list[str] = []
        self.patched = 0

    def node(self, name: str) -> Object | None:
        return self.held

    def nodes(self) -> list[Object]:
        return [each for each in (self.held, *self.others) if each]

    def patch_node(self, name: str, change: Object) -> None:
        assert self.held
        self.patched += 1
        self.held["metadata"]["labels"].update(change["metadata"].get("labels", {}))
        self.held["spec"].update(change["spec"])

    def patch_node_status(self, name: str, change: Object) -> None:
        assert self.held
        self.patched += 1
        self.held["status"].update(change["status"])

    def delete_node(self, name: str) -> None:
        self.held = None

    def record(self, about: Object, kind: str, reason: str, message: str) -> None:
        self.reasons.append(reason)


class Cloud:
    cluster = "course"

    def __init__(self, machine: Machine | None) -> None:
        self.held = machine
        self.scripts: list[str] = []

    def machine(self, name: str) -> Machine | None:
        return self.held

    def place(self) -> tuple[str, str]:
        return "docker", "laptop"

    def run_in_network_of(self, machine: str, image: str, text: str) -> None:
        self.scripts.append(text)


def after(held: Object, machine: Machine | None) -> Cluster:
    cluster = Cluster(held)
    NodeController(cluster, Cloud(machine)).sync("worker")  # type: ignore[arg-type]
    return cluster


def taints(cluster: Cluster) -> list[str]:
    assert cluster.held
    return [each["key"] for each in cluster.held["spec"]["taints"]]


def test_new_node_learns_what_its_machine_is_and_loses_only_the_taint_of_new_ones() -> None:
    found = after(node("False", (UNINITIALIZED, "mine")), RUNNING)
    assert found.held
    assert found.held["spec"]["providerID"] == "docker://course/worker"
    assert found.held["metadata"]["labels"] == {
        "topology.kubernetes.io/region": "docker",
        "topology.kubernetes.io/zone": "laptop",
        "node.kubernetes.io/instance-type": "container-2cpu-24gib",
    }
    internal = {"type": "InternalIP", "address": "172.18.0.3"}
    assert internal in found.held["status"]["addresses"]
    assert taints(found) == ["mine"]
    assert found.reasons == ["Synced"]


def test_provider_id_that_is_there_stays() -> None:
    found = after(node("True", (UNINITIALIZED,), "kind://docker/course/worker"), RUNNING)
    assert found.held
    assert found.held["spec"]["providerID"] == "kind://docker/course/worker"


@pytest.mark.parametrize(
    ("ready", "machine", "before", "then"),
    [
        ("True", RUNNING, (), []),
        ("Unknown", RUNNING, (), []),
        ("Unknown", STOPPED, (), [SHUTDOWN]),
        ("Unknown", STOPPED, (SHUTDOWN,), [SHUTDOWN]),
        ("Unknown", RUNNING, (SHUTDOWN,), []),
        ("True", RUNNING, (SHUTDOWN,), []),
        ("True", STOPPED, (), []),
    ],
)
def test_silent_node_whose_machine_is_stopped_is_tainted(
    ready: str, machine: Machine, before: tuple[str, ...], then: list[str]
) -> None:
    found = after(node(ready, before), machine)
    assert taints(found) == then
    assert found.patched == (list(before) != then)


@pytest.mark.parametrize(("ready", "kept"), [("True", True), ("False", False), ("Unknown", False)])
def test_node_without_a_machine_goes_unless_it_is_ready(ready: str, kept: bool) -> None:
    found = after(node(ready), None)
    assert (found.held is not None) is kept
    assert found.reasons == ([] if kept else ["DeletingNode"])


def test_node_of_another_cloud_is_left_alone() -> None:
    assert after(node("False", (), "aws:///eu-1a/i-1"), None).held


def test_machine_is_the_last_part_of_the_provider_id() -> None:
    assert machine_name(node(provider_id="kind://docker/course/worker9")) == "worker9"
    assert machine_name(node()) == "worker"


def neighbour(pods: str | None) -> Object:
    addresses = [{"type": "InternalIP", "address": "172.18.0.4"}]
    spec = {"podCIDR": pods} if pods else {}
    return {"metadata": {"name": "other"}, "spec": spec, "status": {"addresses": addresses}}


def test_routes_lead_to_the_pods_of_others_and_the_node_says_so_once() -> None:
    cluster, cloud = Cluster(node(), neighbour("10.244.2.0/24")), Cloud(RUNNING)
    ours = RouteController(cluster, cloud)  # type: ignore[arg-type]
    assert ours.sync("worker")
    ((first, *_),) = (text.splitlines() for text in cloud.scripts)
    assert first == f"ip route replace 10.244.2.0/24 via 172.18.0.4 metric {METRIC}"
    assert cluster.held
    (condition,) = cluster.held["status"]["conditions"]
    found = (condition["type"], condition["status"], condition["reason"])
    assert found == ("NetworkUnavailable", "False", "RouteCreated")
    assert ours.sync("worker")
    assert cluster.patched == 1


def test_node_that_has_no_pods_yet_has_no_route() -> None:
    assert "ip route replace" not in script(node(), [node(), neighbour(None)])


@pytest.mark.parametrize(("pods", "removed"), [("10.244.2.0/24", ["9"]), (None, ["2", "9"])])
def test_only_our_routes_to_networks_that_no_node_has_are_removed(
    tmp_path: Path, pods: str | None, removed: list[str]
) -> None:
    routes = [
        "default via 172.18.0.1 dev eth0 ",
        f"10.244.2.0/24 via 172.18.0.4 dev eth0  metric {METRIC} ",
        f"10.244.9.0/24 via 172.18.0.9 dev eth0  metric {METRIC} ",
        "10.244.8.0/24 via 172.18.0.8 dev eth0 ",
    ]
    (tmp_path / "routes").write_text("\n".join(routes))
    ip = tmp_path / "ip"
    ip.write_text('#!/bin/sh\ntest "$2" && echo "$@" >> asked || cat routes\n')
    ip.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    command = ["sh", "-ec", script(node(), [node(), neighbour(pods)])]
    process.run(command, timeout=30, cwd=tmp_path, env={"PATH": path})
    asked = (tmp_path / "asked").read_text().splitlines()
    expected = [f"route del 10.244.{each}.0/24 metric {METRIC}" for each in removed]
    assert [each for each in asked if " del " in each] == expected


def test_stopped_machine_gets_no_routes() -> None:
    cloud = Cloud(STOPPED)
    assert not RouteController(Cluster(node()), cloud).sync("worker")  # type: ignore[arg-type]
    assert cloud.scripts == []
