"""The cloud controller's Nodes and routes, against the real cluster and the real engine."""

from __future__ import annotations

import json
import shlex
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.orchestrators.kind import kind_cluster
from tests.live.commands import until
from tests.live.conftest import Controller, Object, kubectl, run

pytestmark = [pytest.mark.live, pytest.mark.kind]

FLAGS = "/var/lib/kubelet/kubeadm-flags.env"
UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown"
LONG = 120.0


def find(name: str) -> Object:
    found = kubectl("get", "node", name, "-o", "json", "--ignore-not-found")
    return dict(json.loads(found)) if found else {}


def taints(name: str) -> set[str]:
    return {each["key"] for each in find(name).get("spec", {}).get("taints", [])}


def is_ready(name: str) -> bool:
    conditions = find(name).get("status", {}).get("conditions", [])
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def in_machine(name: str, *words: str, check: bool = True) -> str:
    return run("docker", "exec", name, *words, check=check).output


def join_again(name: str, flags: str) -> None:
    """Have a machine's kubelet register with other flags, as if the machine were new."""
    in_machine(name, "sh", "-c", f"printf %s {shlex.quote(flags)} > {FLAGS}")
    kubectl("delete", "node", name, "--ignore-not-found", "--timeout=60s")
    in_machine(name, "systemctl", "restart", "kubelet")


@pytest.fixture
def worker(cluster: None) -> Iterator[str]:
    """The last machine; afterwards it is there, ready, and no controller has left its mark."""
    name = kind_cluster.node_names()[-1]
    assert "control-plane" not in name
    yield name
    run("docker", "unpause", name, check=False)
    until(lambda: is_ready(name) and not taints(name), LONG)


@pytest.fixture
def new_worker(worker: str) -> Iterator[str]:
    """One that waits for a cloud to say what it is; afterwards it is kind's again."""
    before, identity = in_machine(worker, "cat", FLAGS), find(worker)["spec"]["providerID"]
    own = f"--provider-id={identity}"
    assert own in before
    try:
        join_again(worker, before.replace(own, "--cloud-provider=external"))
        yield worker
    finally:
        join_again(worker, before)
        until(lambda: is_ready(worker), LONG)
        assert in_machine(worker, "cat", FLAGS) == before
        assert find(worker)["spec"]["providerID"] == identity


def test_new_node_waits_for_the_controller_and_learns_what_its_machine_is(
    new_worker: str, tmp_path: Path
) -> None:
    until(lambda: is_ready(new_worker), LONG)
    assert UNINITIALIZED in taints(new_worker)
    assert "providerID" not in find(new_worker)["spec"]
    controller = Controller(tmp_path / "log")
    try:
        until(lambda: UNINITIALIZED not in taints(new_worker))
    finally:
        controller.kill()
    node = find(new_worker)
    assert node["spec"]["providerID"] == f"docker://{kind_cluster.NAME}/{new_worker}"
    zone = run("docker", "info", "--format", "{{.Name}}").output.strip()
    expected = {"topology.kubernetes.io/region": "docker", "topology.kubernetes.io/zone": zone}
    assert expected.items() <= node["metadata"]["labels"].items()
    assert node["metadata"]["labels"]["node.kubernetes.io/instance-type"].startswith("container-")
    addresses = {each["type"]: each["address"] for each in node["status"]["addresses"]}
    assert addresses == {"InternalIP": address(new_worker), "Hostname": new_worker}


def address(machine: str) -> str:
    template = "{{.NetworkSettings.Networks.kind.IPAddress}}"
    return run("docker", "inspect", "--format", template, machine).output.strip()


def test_node_whose_machine_stands_still_has_the_taint_until_it_runs_again(
    worker: str, controller: Controller
) -> None:
    run("docker", "pause", worker)  # after a start, the whole cluster would count as rebooted
    # What the node controller says after a silence of 50 s; nobody else writes it meanwhile.
    silent = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
    change = json.dumps({"status": {"conditions": [silent]}})
    kubectl("patch", "node", worker, "--subresource=status", "-p", change)
    until(lambda: SHUTDOWN in taints(worker))
    run("docker", "unpause", worker)
    until(lambda: SHUTDOWN not in taints(worker), LONG)


def test_node_without_a_machine_is_deleted(controller: Controller) -> None:
    ghost = f"ghost-{uuid.uuid4().hex[:6]}"
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": ghost}}
    kubectl("create", "-f", "-", input=json.dumps(node))
    until(lambda: not find(ghost))
    until(lambda: f"node {ghost}: deleted, its machine is gone" in controller.log)


def routes(machine: str) -> set[str]:
    """Those of the controller, as `NETWORK via ADDRESS`."""
    found = in_machine(machine, "ip", "route", "show", "metric", "4000").splitlines()
    return {" ".join(each.split()[:3]) for each in found}


def wanted(machine: str) -> set[str]:
    nodes = json.loads(kubectl("get", "nodes", "-o", "json"))["items"]
    return {
        f"{each['spec']['podCIDR']} via {address(each['metadata']['name'])}"
        for each in nodes
        if each["metadata"]["name"] != machine
    }


def test_routes_come_back_and_those_to_nodes_that_have_gone_go(
    cluster: None, tmp_path: Path
) -> None:
    machine = kind_cluster.node_names()[0]
    in_machine(machine, "ip", "route", "flush", "metric", "4000", check=False)
    assert routes(machine) == set()
    expected = wanted(machine)
    assert len(expected) == len(kind_cluster.node_names()) - 1
    gone = f"10.99.0.0/24 via {address(kind_cluster.node_names()[-1])}"
    in_machine(machine, "ip", "route", "add", *gone.split(), "metric", "4000")
    controller = Controller(tmp_path / "log", "--configure-cloud-routes")
    try:
        until(lambda: routes(machine) == expected)
        lost = sorted(expected)[0]
        in_machine(machine, "ip", "route", "del", *lost.split(), "metric", "4000")
        until(lambda: routes(machine) == expected, LONG)
        reason = "{.status.conditions[?(@.type=='NetworkUnavailable')].reason}"
        found = kubectl("get", "node", machine, "-o", f"jsonpath={reason}")
        assert found == "RouteCreated"
    finally:
        controller.kill()
        for each in kind_cluster.node_names():
            in_machine(each, "ip", "route", "flush", "metric", "4000", check=False)
