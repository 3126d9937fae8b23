"""What Pods are given, and whether they last; Pods of a check's own with one thing altered."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.kubernetes import altered_pods, workloads
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.orchestrators.kind.kube_api import ApiError
from tests.checks.cluster import DEPLOYMENTS, EVENTS, PODS, Cluster, deployment, named, pod

CORE = "/api/v1/namespaces/bakery"


class Working(Cluster):
    """A cluster in whose containers commands can be run, and that keeps what is made."""

    def __init__(self) -> None:
        super().__init__()
        self.outputs: dict[str, tuple[int, bytes]] = {}
        self.made: list[tuple[str, dict[str, Any]]] = []
        self.ready = False

    def exec(self, path: str, container: str, command: list[str]) -> tuple[int, bytes]:
        return self.outputs.get(command[0], (127, b"not found"))

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.made.append((path, body))
        name = body["metadata"]["name"]
        self.add(path, pod(name, ready=self.ready) if path == PODS else named(name))
        self.texts[f"{PODS}/{name}:80/proxy/"] = "hello"
        return self.objects[f"{path}/{name}"]

    def delete(self, path: str, *, grace: int | None = None) -> None:
        self.objects.pop(path, None)


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Working:
    monkeypatch.setattr(workloads, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(altered_pods, "POLL_SECONDS", 0.01)
    made = Working()
    made.add(DEPLOYMENTS, deployment("web", 1, 1))
    made.add(PODS, pod("web-1"))
    return made


@pytest.fixture
def bakery(cluster: Working) -> Namespace:
    return Kube(cluster).namespace("bakery")  # type: ignore[arg-type]


def fails(act: Callable[[], object], *words: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        act()
    for each in words:
        assert each in str(caught.value)


def start(cluster: Working, seconds: float, restarts: int, end: dict[str, Any] | None = None):
    begun = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    [status] = cluster.objects[f"{PODS}/web-1"]["status"]["containerStatuses"]
    status |= {"state": {"running": {"startedAt": begun}}, "restartCount": restarts}
    status |= {"lastState": {"terminated": end} if end else {}}


# --- ready, and for how long


def test_nothing_wanted_is_not_ready(cluster: Working, bakery: Namespace) -> None:
    cluster.add(DEPLOYMENTS, deployment("web", 0, 0))
    fails(bakery.deployment("web").expect_ready, "wants 0 replicas", "kubectl scale")


def test_pods_between_two_crashes_are_not_ready(cluster: Working, bakery: Namespace) -> None:
    start(cluster, 1, 4, {"reason": "OOMKilled", "exitCode": 137})
    fails(bakery.deployment("web").expect_ready, "started again 4 times", "OOMKilled (137)")
    start(cluster, 30, 4)
    bakery.deployment("web").expect_ready()


def test_pods_that_just_came_up_are_waited_for(cluster: Working, bakery: Namespace) -> None:
    start(cluster, 1, 0)
    bakery.deployment("web").expect_ready()
    bakery.deployment("web").expect_ready(lasting=1.2)
    fails(lambda: bakery.pod("web-1").expect_lasting(60), "runs for 60 s")


def test_paused_rollout_is_told(cluster: Working, bakery: Namespace) -> None:
    cluster.objects[f"{DEPLOYMENTS}/web"]["spec"]["paused"] = True
    cluster.objects[f"{DEPLOYMENTS}/web"]["status"]["updatedReplicas"] = 0
    fails(bakery.deployment("web").expect_ready, "rollouts are paused", "rollout resume")


def test_selector_with_expressions(cluster: Working, bakery: Namespace) -> None:
    cluster.objects[f"{DEPLOYMENTS}/web"]["spec"]["selector"]["matchExpressions"] = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
    ]
    assert bakery.deployment("web").selector_text == "app=web,tier in (a,b),!old"


# --- what it was given


def resources(cluster: Working, own: dict[str, Any], whole: dict[str, Any] | None = None) -> None:
    spec = cluster.objects[f"{PODS}/web-1"]["spec"]
    spec["containers"][0]["resources"] = own
    spec["resources"] = whole


@pytest.mark.parametrize("size", ["256Mi", "268435456", "200M", "0.25Gi", "2e8"])
def test_memory_limit_in_whatever_unit(cluster: Working, bakery: Namespace, size: str) -> None:
    resources(cluster, {"limits": {"memory": size}})
    cluster.outputs["sh"] = (0, b"200000000\n")
    bakery.pod("web-1").expect_memory_limit("256Mi")


def test_memory_limit_of_the_whole_pod(cluster: Working, bakery: Namespace) -> None:
    resources(cluster, {}, {"limits": {"memory": "128Mi"}})
    bakery.pod("web-1").expect_memory_limit("256Mi")


@pytest.mark.parametrize(
    ("own", "kernel", "found"),
    [
        ({}, b"max", "found none"),
        ({"limits": {"memory": "257Mi"}}, b"max", "257Mi"),
        ({"limits": {"memory": "128Mi"}}, b"536870912", "the kernel lets it use 512Mi"),
    ],
)
def test_memory_limit_that_is_too_large_fails(
    cluster: Working, bakery: Namespace, own: dict[str, Any], kernel: bytes, found: str
) -> None:
    resources(cluster, own)
    cluster.outputs["sh"] = (0, kernel)
    fails(lambda: bakery.pod("web-1").expect_memory_limit("256Mi"), "at most 256Mi", found)


def test_request_is_a_sum(cluster: Working, bakery: Namespace) -> None:
    resources(cluster, {"requests": {"cpu": "10m"}})
    second = {"name": "side", "resources": {"requests": {"cpu": "0.03"}}}
    cluster.objects[f"{PODS}/web-1"]["spec"]["containers"].append(second)
    found = bakery.pod("web-1")
    assert float(found.request("cpu")) == 0.04
    assert float(found.request("cpu", container="side")) == 0.03


def test_environment_is_that_of_the_process(cluster: Working, bakery: Namespace) -> None:
    cluster.outputs["cat"] = (0, b"A=1\0B=two words\0")
    assert bakery.pod("web-1").read_environment() == {"A": "1", "B": "two words"}
    cluster.outputs = {"env": (0, b"A=2\n")}
    assert bakery.pod("web-1").read_environment() == {"A": "2"}
    cluster.outputs = {}
    fails(bakery.pod("web-1").read_environment, "status 127")


# --- Pods of a check's own


def settings(cluster: Working, bakery: Namespace) -> Any:
    cluster.add(f"{CORE}/configmaps", {**named("web"), "data": {"greeting": "hello\n", "a": "b"}})
    secret = base64.b64encode(b"tiger").decode()
    cluster.add(f"{CORE}/secrets", {**named("web"), "data": {"word": secret}})
    new = base64.b64encode(b"lion").decode()
    return (
        [(bakery.configmap("web"), {"hello": "bye"}), (bakery.secret("web"), {"tiger": "lion"})],
        new,
    )


def test_settings_are_replaced_wherever_they_are_named(cluster: Working, bakery: Namespace) -> None:
    both, new = settings(cluster, bakery)
    spec = cluster.objects[f"{DEPLOYMENTS}/web"]["spec"]["template"]["spec"]
    spec["containers"][0] |= {
        "envFrom": [{"configMapRef": {"name": "web"}}, {"configMapRef": {"name": "other"}}],
        "env": [{"name": "W", "valueFrom": {"secretKeyRef": {"name": "web", "key": "word"}}}],
    }
    spec["volumes"] = [
        {"name": "a", "secret": {"secretName": "web"}},
        {"name": "b", "projected": {"sources": [{"configMap": {"name": "web"}}]}},
    ]
    with bakery.deployment("web").create_altered_pod(settings=both):
        (_, config), (_, secret), (_, made) = cluster.made
    first, second = config["metadata"]["name"], secret["metadata"]["name"]
    assert (config["data"], secret["data"]) == ({"greeting": "bye", "a": "b"}, {"word": new})
    container = made["spec"]["containers"][0]
    assert [x["configMapRef"]["name"] for x in container["envFrom"]] == [first, "other"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == second
    one, two = made["spec"]["volumes"]
    assert one["secret"]["secretName"] == second
    assert two["projected"]["sources"][0]["configMap"]["name"] == first
    assert not [key for key in cluster.objects if "course-check" in key]


def test_probe_that_refuses(cluster: Working, bakery: Namespace) -> None:
    web = bakery.deployment("web")

    def refuse(path: str, body: dict[str, Any]) -> dict[str, Any]:
        asked = cluster.items

        def items(path: str, **query: object) -> list[dict[str, Any]]:
            if path == EVENTS:
                cluster.texts["asked"] = cluster.texts.get("asked", "") + "."
                return [{"message": "Readiness probe failed", "count": len(cluster.texts["asked"])}]
            return asked(path, **query)

        cluster.items = items  # type: ignore[method-assign]
        return Working.create(cluster, path, body)

    cluster.create = refuse  # type: ignore[method-assign]
    web.expect_probe_refuses(["httpd"], port=80)
    [(_, made)] = cluster.made
    assert made["spec"]["containers"][0]["command"] == ["httpd"]


def test_probe_that_is_content_with_all_fails(cluster: Working, bakery: Namespace) -> None:
    cluster.ready = True
    web = bakery.deployment("web")
    fails(lambda: web.expect_probe_refuses(["httpd"], port=80), "the probe is content with it")


def test_probe_that_nobody_tries_is_no_verdict(cluster: Working, bakery: Namespace) -> None:
    web = bakery.deployment("web")
    with pytest.raises(CouldNotFindOut, match="Nobody asked"):
        web.expect_probe_refuses(["httpd"], port=80, within=0.02)


def test_pod_that_does_not_answer_fails(cluster: Working, bakery: Namespace) -> None:
    cluster.refusals[f"{PODS}/web-1:80/proxy/seal"] = ApiError(503, "connection refused")
    fails(lambda: bakery.pod("web-1").expect_answers(80, path="/seal"), "503")
    cluster.texts[f"{PODS}/web-1:80/proxy/"] = "Welcome"
    bakery.pod("web-1").expect_answers(80, contains="Wel")
