"""The service controller, with an API server and a cloud that only remember."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cloud_controller.haproxy import Backend, Balancer
from cloud_controller.nodes import UNINITIALIZED
from cloud_controller.services import (
    CLASS,
    EXCLUDED,
    FINALIZER,
    Refused,
    ServiceController,
    backends,
    is_wanted,
    plan,
)

Object = dict[str, Any]
MACHINES = (Backend("one", "10.0.0.1"),)


def service(**spec: object) -> Object:
    ports = [{"port": 80, "nodePort": 30080, "protocol": "TCP"}]
    meta = {"namespace": "shop", "name": "web", "uid": "1", "resourceVersion": "7"}
    return {
        "metadata": meta,
        "spec": {"type": "LoadBalancer", "ports": ports, **spec},
        "status": {"loadBalancer": {}},
    }


def node(name: str, address: str = "10.0.0.1", **more: Any) -> Object:
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
    return {
        "metadata": {"name": name, "labels": more.get("labels", {})},
        "spec": {"taints": more.get("taints")},
        "status": {"addresses": addresses},
    }


class Cluster:
    """One Service, and the Events about it."""

    def __init__(self, held: Object | None) -> None:
        self.held = held
        self.told: list[tuple[str, str]] = []

    def service(self, key: str) -> Object | None:
        assert key == "shop/web"
        return copy.deepcopy(self.held)

    def nodes(self) -> list[Object]:
        return [node("one")]

    def patch_service(self, key: str, change: Object) -> None:
        assert self.held
        assert change["metadata"]["resourceVersion"] == self.held["metadata"]["resourceVersion"]
        self.held["metadata"].update(change["metadata"])
        if "deletionTimestamp" in self.held["metadata"] and not change["metadata"]["finalizers"]:
            self.held = None

    def patch_service_status(self, key: str, change: Object) -> None:
        assert self.held
        self.held["status"]["loadBalancer"] = change["status"]["loadBalancer"] or {}
        self.held["metadata"]["resourceVersion"] += "1"

    def record(self, about: Object, kind: str, reason: str, message: str) -> None:
        self.told.append((reason, message))

    @property
    def reasons(self) -> list[str]:
        return [reason for reason, _ in self.told]


class Cloud:
    """Load balancers by their Service; `broken` makes every call fail."""

    def __init__(self) -> None:
        self.made: dict[str, Balancer] = {}
        self.broken = ""

    def has(self, wanted: Balancer) -> bool:
        return wanted.service in self.made

    def ensure(self, wanted: Balancer) -> tuple[str, bool]:
        if self.broken:
            raise OSError(self.broken)
        changed = self.made.get(wanted.service) not in (None, wanted)
        self.made[wanted.service] = wanted
        return "172.18.0.9", changed

    def remove(self, name: str) -> bool:
        return self.made.pop(name, None) is not None


def controller(cluster: Cluster, cloud: Cloud) -> ServiceController:
    return ServiceController(cluster, cloud)  # type: ignore[arg-type]


def test_service_gets_finalizer_balancer_status_and_events() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    controller(cluster, cloud).sync("shop/web")
    assert cluster.held
    assert cluster.held["metadata"]["finalizers"] == [FINALIZER]
    ingress = cluster.held["status"]["loadBalancer"]["ingress"]
    assert ingress == [{"ip": "172.18.0.9", "ipMode": "Proxy"}]
    assert cloud.made["shop/web"].ports == ((80, 30080),)
    assert cluster.reasons == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]


def test_second_look_changes_and_says_nothing() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    controller(cluster, cloud).sync("shop/web")
    before, cluster.told = copy.deepcopy(cluster.held), []
    controller(cluster, cloud).sync("shop/web")
    assert (cluster.held, cluster.told) == (before, [])


def test_killed_before_the_status_was_written_the_next_writes_it() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    cloud.made["shop/web"] = plan(service(), MACHINES)
    controller(cluster, cloud).sync("shop/web")
    assert cluster.held
    assert cluster.held["status"]["loadBalancer"]["ingress"][0]["ip"] == "172.18.0.9"
    assert len(cloud.made) == 1


def test_finalizer_is_there_before_the_balancer() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    cloud.broken = "no room"
    with pytest.raises(OSError, match="no room"):
        controller(cluster, cloud).sync("shop/web")
    assert cluster.held
    assert cluster.held["metadata"]["finalizers"] == [FINALIZER]


def test_failure_is_told_once_until_it_changes() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    ours = controller(cluster, cloud)
    for reason in ("no room", "no room", "no network"):
        cloud.broken = reason
        with pytest.raises(OSError, match=reason):
            ours.sync("shop/web")
    failed = [message for reason, message in cluster.told if reason == "SyncLoadBalancerFailed"]
    assert failed == [f"failed to ensure load balancer: {x}" for x in ("no room", "no network")]


@pytest.mark.parametrize("others", [[], ["example.org/other"]])
def test_deleted_service_loses_balancer_then_our_finalizer_alone(others: list[str]) -> None:
    cluster, cloud = Cluster(service()), Cloud()
    controller(cluster, cloud).sync("shop/web")
    assert cluster.held
    cluster.held["metadata"]["deletionTimestamp"] = "now"
    cluster.held["metadata"]["finalizers"] = [*others, FINALIZER]
    controller(cluster, cloud).sync("shop/web")
    assert cloud.made == {}
    assert cluster.reasons[-1] == "DeletedLoadBalancer"
    assert (cluster.held and cluster.held["metadata"]["finalizers"]) == (others or None)


def test_service_of_another_type_loses_balancer_finalizer_and_status() -> None:
    cluster, cloud = Cluster(service()), Cloud()
    controller(cluster, cloud).sync("shop/web")
    assert cluster.held
    cluster.held["spec"]["type"] = "ClusterIP"
    controller(cluster, cloud).sync("shop/web")
    assert cloud.made == {}
    assert cluster.held["metadata"]["finalizers"] == []
    assert cluster.held["status"]["loadBalancer"] == {}


def test_balancer_whose_service_is_gone_is_removed() -> None:
    cluster, cloud = Cluster(None), Cloud()
    cloud.made["shop/web"] = plan(service(), MACHINES)
    controller(cluster, cloud).sync("shop/web")
    assert cloud.made == {}


@pytest.mark.parametrize(
    ("port", "says"),
    [
        ({"port": 53, "nodePort": 30053, "protocol": "UDP"}, "port 53 is UDP"),
        ({"port": 80, "protocol": "TCP"}, "port 80 has no node port"),
    ],
)
def test_what_the_cloud_does_not_have_is_refused_by_an_event(port: Object, says: str) -> None:
    cluster, cloud = Cluster(service(ports=[port])), Cloud()
    controller(cluster, cloud).sync("shop/web")
    assert cloud.made == {}
    assert cluster.reasons == ["SyncLoadBalancerFailed"]
    assert says in cluster.told[0][1]
    with pytest.raises(Refused, match=says):
        plan(service(ports=[port]), MACHINES)


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({}, True),
        ({"loadBalancerClass": CLASS}, True),
        ({"loadBalancerClass": "example.org/other"}, False),
        ({"type": "NodePort"}, False),
    ],
)
def test_services_of_others_are_left_alone(spec: dict[str, object], wanted: bool) -> None:
    assert is_wanted(service(**spec)) is wanted


def test_plan_follows_affinity_local_traffic_and_allowed_sources() -> None:
    found = plan(
        service(
            sessionAffinity="ClientIP",
            healthCheckNodePort=31000,
            loadBalancerSourceRanges=["10.0.0.0/8"],
        ),
        MACHINES,
    )
    assert (found.sticky, found.health_port, found.sources) == (True, 31000, ("10.0.0.0/8",))


def test_machines_that_are_excluded_or_new_take_no_traffic() -> None:
    nodes = [
        node("two", "10.0.0.2"),
        node("one"),
        node("plane", labels={EXCLUDED: ""}),
        node("new", taints=[{"key": UNINITIALIZED}]),
        node("six", "fd00::1"),
    ]
    assert backends(nodes) == (Backend("one", "10.0.0.1"), Backend("two", "10.0.0.2"))
