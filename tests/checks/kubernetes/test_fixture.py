"""What is expected of a cluster holds, or fails with what is there and what to do."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.orchestrators.kind.kube_api import ApiError
from tests.checks.cluster import (
    DEPLOYMENTS,
    EVENTS,
    PODS,
    SERVICES,
    SLICES,
    Cluster,
    deployment,
    endpoint_slice,
    named,
    node,
    pod,
    service,
)

PROXY = f"{SERVICES}/web:80/proxy/"
CORE = "/api/v1/namespaces/bakery"
TAINT = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.fixture
def cluster() -> Cluster:
    """A bakery with one of each kind."""
    made = Cluster()
    made.add(PODS, pod("web-1"), pod("sick", ready=False, waiting="ErrImagePull", node=""))
    made.add(DEPLOYMENTS, deployment("web"), deployment("slow", ready=1))
    made.add(SERVICES, service("web"), service("lost", app="wbe"))
    made.add(SLICES, endpoint_slice("web", "10.0.0.1", "10.0.0.2"), endpoint_slice("lost"))
    made.add(f"{CORE}/configmaps", {**named("settings"), "data": {"MODE": "test"}})
    secret = base64.b64encode(b"tiger").decode()
    made.add(f"{CORE}/secrets", {**named("key"), "data": {"PASSWORD": secret}})
    made.add(
        f"{CORE}/persistentvolumeclaims",
        {**named("disk"), "status": {"phase": "Bound"}},
        {**named("new"), "status": {"phase": "Pending"}},
    )
    made.add("/api/v1/nodes", node("worker"), node("old", "False", unschedulable=True))
    made.add("/api/v1/nodes", node("gpu", taints=[TAINT]))
    made.texts[f"{PODS}/web-1/log"] = "booting\nready\n"
    made.texts[PROXY] = "Welcome"
    return made


@pytest.fixture
def kube(cluster: Cluster) -> Kube:
    return Kube(cluster)  # type: ignore[arg-type]


@pytest.fixture
def bakery(kube: Kube) -> Namespace:
    return kube.namespace("bakery")


HOLDS: list[Callable[[Namespace], object]] = [
    lambda b: b.pod("web-1").expect_running().expect_ready().expect_on_node("worker"),
    lambda b: b.pod("web-1").expect_image("docker.io/library/nginx:1.26").expect_label("app"),
    lambda b: b.pod("web-1").expect_owner("ReplicaSet").expect_log("ready"),
    lambda b: b.pods("app=web").expect_count(2).expect_ready(1),
    lambda b: b.deployment("web").expect_replicas(3).expect_ready().expect_image("nginx:1.26"),
    lambda b: b.deployment("web").expect_selector({"app": "web"}).expect_pod_label("app", "web"),
    lambda b: b.service("web").expect_type("ClusterIP").expect_port(80, target=8080),
    lambda b: b.service("web").expect_selector({"app": "web"}).expect_endpoints(2),
    lambda b: b.service("web").expect_endpoints(at_least=2).expect_answers(80, contains="Wel"),
    lambda b: b.configmap("settings").expect_data("MODE", "test"),
    lambda b: b.secret("key").expect_data("PASSWORD", "tiger"),
    lambda b: b.pvc("disk").expect_bound(),
    lambda b: b.expect_no("Pod", "gone"),
]


@pytest.mark.parametrize("expect", HOLDS)
def test_what_holds_is_accepted(bakery: Namespace, expect) -> None:
    expect(bakery)


FAILS: list[tuple[Callable[[Namespace], object], str, str]] = [
    (lambda b: b.pod("sick").expect_running(), "Pod sick is running", "ErrImagePull"),
    (lambda b: b.pod("sick").expect_ready(), "Pod sick is ready", "ErrImagePull"),
    (lambda b: b.pod("sick").expect_on_node("worker"), "is on worker", "no node yet"),
    (lambda b: b.pod("web-1").expect_image("nginx:1.27"), "nginx:1.27", "nginx:1.26"),
    (lambda b: b.pod("web-1").expect_label("app", "db"), "label app=db", "app=web"),
    (lambda b: b.pod("web-1").expect_annotation("a"), "annotation a", "it is not set"),
    (lambda b: b.pod("web-1").expect_owner("Job"), "made by a Job", "ReplicaSet rs"),
    (lambda b: b.pod("web-1").expect_log("done"), "'done' in the logs", "booting"),
    (lambda b: b.pods("app=web").expect_count(3), "3 Pods app=web", "sick (ErrImagePull)"),
    (lambda b: b.pods("app=web").expect_ready(2), "2 ready Pods", "1: "),
    (lambda b: b.deployment("web").expect_replicas(4), "wants 4 replicas", "it wants 3"),
    (lambda b: b.deployment("slow").expect_ready(), "3 ready Pods", "sick: ErrImagePull"),
    (lambda b: b.deployment("web").expect_image("nginx:1"), "image nginx:1", "nginx:1.26"),
    (lambda b: b.deployment("web").expect_selector({"app": "x"}), "selector app=x", "app=web"),
    (lambda b: b.deployment("web").expect_pod_label("tier"), "tier", "it is not set"),
    (lambda b: b.service("web").expect_type("NodePort"), "type NodePort", "type ClusterIP"),
    (lambda b: b.service("web").expect_port(80, target=80), "on to 80", "80 to 8080"),
    (lambda b: b.service("web").expect_port(81), "passes port 81", "80 to 8080"),
    (lambda b: b.service("web").expect_selector({"app": "x"}), "selector app=x", "app=web"),
    (lambda b: b.service("web").expect_endpoints(3), "3 ready Pods", "2; its selector app=web"),
    (lambda b: b.service("lost").expect_endpoints(), "1 or more", "app=wbe matches no Pod"),
    (lambda b: b.service("web").expect_answers(80, contains="Hi"), "'Hi'", "Welcome"),
    (lambda b: b.configmap("settings").expect_data("MODE", "live"), "MODE=live", "MODE=test"),
    (lambda b: b.secret("key").expect_data("USER"), "key USER", "it is not set"),
    (lambda b: b.pvc("new").expect_bound(), "new is Bound", "Pending"),
    (lambda b: b.expect_no("Pod", "web-1"), "no Pod web-1", "it is there"),
    (lambda b: b.deployment("webb"), "a Deployment webb", "no such Deployment, but web"),
    (lambda b: b.deployment("web-1"), "a Deployment web-1", "but a bare Pod web-1"),
]


@pytest.mark.parametrize(("expect", "expected", "found"), FAILS)
def test_what_does_not_hold_fails_for_its_reason(bakery, expect, expected, found) -> None:
    with pytest.raises(CheckFailed) as failed:
        expect(bakery)
    assert expected in failed.value.expected
    assert found in failed.value.found
    assert failed.value.next_step


def test_what_is_in_another_namespace_is_told(cluster: Cluster, bakery: Namespace) -> None:
    elsewhere = DEPLOYMENTS.replace("bakery", "default")
    cluster.add(elsewhere, {**deployment("door"), **named("door", "default")})
    with pytest.raises(CheckFailed) as failed:
        bakery.deployment("door")
    assert failed.value.found == "one in the namespace default"
    assert "kubectl delete deployment door -n default" in failed.value.next_step


def test_a_namespace_that_is_missing_is_told_with_its_nearest_name(kube: Kube) -> None:
    with pytest.raises(CheckFailed, match="but bakery"):
        kube.namespace("bakry")


def test_nodes(kube: Kube) -> None:
    assert [each.name for each in kube.nodes()] == ["gpu", "old", "worker"]
    kube.node("worker").expect_ready().expect_schedulable().expect_no_taint("gpu")
    kube.node("gpu").expect_taint("gpu=yes:NoSchedule").expect_label("zone", "a")


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        (lambda k: k.node("old").expect_ready(), "it is False"),
        (lambda k: k.node("old").expect_schedulable(), "it is cordoned"),
        (lambda k: k.node("gpu").expect_no_taint("gpu"), "gpu=yes:NoSchedule"),
        (lambda k: k.node("old").expect_taint("gpu=yes:NoSchedule"), "none"),
        (lambda k: k.node("wrker"), "but worker"),
        (lambda k: k.get("PersistentVolume", "pv"), "no such PersistentVolume"),
        (lambda k: k.raw("/nowhere"), "not found"),
    ],
)
def test_what_does_not_hold_of_the_cluster_fails(kube: Kube, expect, found) -> None:
    with pytest.raises(CheckFailed) as failed:
        expect(kube)
    assert found in failed.value.found


def test_waiting_ends_with_the_change_that_was_waited_for(cluster: Cluster, bakery) -> None:
    cluster.happens = [lambda: None, lambda: cluster.add(PODS, pod("sick"))]
    bakery.pod("sick").expect_ready(within=5)
    cluster.happens = [lambda: cluster.add(SLICES, endpoint_slice("lost", "10.0.0.9"))]
    bakery.service("lost").expect_endpoints(1, within=5)


def test_time_that_is_up_tells_the_last_events_and_log_lines(cluster: Cluster, bakery) -> None:
    cluster.add(EVENTS, {**named("e"), "reason": "Failed", "message": "no such image"})
    cluster.texts[f"{PODS}/sick/log"] = "one\ntwo\nthree\n"
    cluster.happens = [lambda: None]
    with pytest.raises(CheckFailed) as failed:
        bakery.deployment("slow").expect_ready(within=0.0)
    assert "Failed: no such image" in failed.value.found
    assert "two / three" in failed.value.found


def test_a_log_is_followed(cluster: Cluster, bakery) -> None:
    cluster.lines = ["almost", "now done"]
    bakery.pod("web-1").expect_log("now", within=1)


def test_ports_by_name_are_what_the_pods_mean(cluster: Cluster, bakery) -> None:
    cluster.objects[f"{SERVICES}/web"]["spec"]["ports"] = [{"port": 80, "targetPort": "http"}]
    with pytest.raises(CheckFailed, match="80 to http, which names no port"):
        bakery.service("web").expect_port(80, target=8080)
    container = cluster.objects[f"{PODS}/web-1"]["spec"]["containers"][0]
    container["ports"] = [{"name": "http", "containerPort": 8080}]
    bakery.service("web").expect_port(80, target=8080).expect_port(80, target="http")
    with pytest.raises(CheckFailed, match="80 to http, which names 8080"):
        bakery.service("web").expect_port(80, target=80)


def test_port_of_another_protocol_or_without_an_address_fails(cluster: Cluster, bakery) -> None:
    spec = cluster.objects[f"{SERVICES}/web"]["spec"]
    spec["ports"][0]["protocol"] = "UDP"
    with pytest.raises(CheckFailed, match=r"80 \(UDP\) to 8080"):
        bakery.service("web").expect_port(80)
    spec["ports"][0]["protocol"] = "TCP"
    spec["clusterIP"] = "None"
    with pytest.raises(CheckFailed, match="it is headless"):
        bakery.service("web").expect_port(80)


def test_pods_behind_a_service_are_known_by_their_identity(cluster: Cluster, bakery) -> None:
    [one] = cluster.objects[f"{SLICES}/web-1"]["endpoints"][:1]
    cluster.objects[f"{SLICES}/web-1"]["endpoints"] = [one]
    one["targetRef"] = {"kind": "Pod", "name": "web-1", "uid": "uid-web-1"}
    web = bakery.deployment("web")
    bakery.service("web").expect_pods_of(web)
    one["targetRef"] = {"kind": "Pod", "name": "web-1", "uid": "an older one"}
    with pytest.raises(CheckFailed, match="not its own: web-1; missing: web-1"):
        bakery.service("web").expect_pods_of(web)
    cluster.objects[f"{SERVICES}/web"]["spec"]["selector"] = None
    with pytest.raises(CheckFailed, match="it has no selector"):
        bakery.service("web").expect_pods_of(web)


def test_size_of_a_claim_in_whatever_unit(cluster: Cluster, bakery) -> None:
    claim = cluster.objects[f"{CORE}/persistentvolumeclaims/disk"]
    claim["spec"] = {"resources": {"requests": {"storage": "16777216"}}}
    claim["spec"]["accessModes"] = ["ReadWriteOnce"]
    bakery.pvc("disk").expect_size("16Mi").expect_access_mode("ReadWriteOnce")
    with pytest.raises(CheckFailed, match="it asks for 16777216"):
        bakery.pvc("disk").expect_size("16M")
    with pytest.raises(CheckFailed, match="found ReadWriteOnce"):
        bakery.pvc("disk").expect_access_mode("ReadWriteMany")


def test_value_under_any_key(bakery) -> None:
    bakery.configmap("settings").expect_value("test")
    bakery.secret("key").expect_value("tiger")
    with pytest.raises(CheckFailed, match="MODE=test"):
        bakery.configmap("settings").expect_value("lion")


def test_a_service_without_an_answer_fails_with_the_words_of_the_api(cluster, bakery) -> None:
    cluster.refusals[PROXY] = ApiError(503, "connection refused")
    with pytest.raises(CheckFailed, match="503: connection refused"):
        bakery.service("web").expect_answers(80)


def test_a_cluster_that_does_not_answer_is_no_failure(cluster, kube, monkeypatch) -> None:
    def away(path: str) -> None:
        raise CouldNotFindOut("The cluster does not answer.")

    monkeypatch.setattr(cluster, "find", away)
    with pytest.raises(CouldNotFindOut):
        kube.namespace("bakery")
