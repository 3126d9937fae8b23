"""What Pods, endpoints and a Deployment went through is noted once, when it is first seen."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.measure import follower as follower_module
from checker.measure import kubernetes
from checker.measure.kubernetes import KubernetesFollower
from checker.orchestrators.kind import cluster_files

Object = dict[str, Any]
RUNNING: Object = {"running": {}}
TERMINATED: Object = {"terminated": {"exitCode": 0}}


def pod(
    name: str, state: Object = RUNNING, *, going: bool = False, image: str = "shop:1"
) -> Object:
    metadata: Object = {"name": f"shop-1-{name}"}
    if going:
        metadata["deletionTimestamp"] = "now"
    statuses = [{"state": state}] if state else []
    spec = {"containers": [{"name": "shop", "image": image}]}
    return {"metadata": metadata, "spec": spec, "status": {"containerStatuses": statuses}}


def slices(*ready: str, unready: tuple[str, ...] = ()) -> list[Object]:
    def end(name: str, is_ready: bool) -> Object:
        target = {"kind": "Pod", "name": f"shop-1-{name}"}
        return {"conditions": {"ready": is_ready}, "targetRef": target}

    ends = [end(each, True) for each in ready] + [end(each, False) for each in unready]
    return [{"endpoints": ends}, {"endpoints": None}, {"endpoints": [{"conditions": None}]}]


def deployment(image: str, *, done: bool = True) -> Object:
    template = {"spec": {"containers": [{"image": image}]}}
    selector = {"matchLabels": {"app": "shop"}}
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": int(done)}
    return {
        "metadata": {"generation": 2},
        "spec": {"replicas": 1, "selector": selector, "template": template},
        "status": {"observedGeneration": 2, **counts},
    }


@pytest.mark.parametrize(
    ("given", "ready", "kinds"),
    [
        (pod("a", {}), False, []),
        (pod("a", {"waiting": {}}), False, []),
        (pod("a"), False, ["started"]),
        (pod("a"), True, ["started", "joined"]),
        (pod("a", going=True), False, ["started", "stopping"]),
        (pod("a", TERMINATED, going=True), False, ["stopping", "ended"]),
        (pod("a", TERMINATED), False, ["failed"]),
    ],
)
def test_state_of_a_pod_says_what_has_happened(
    given: Object, ready: bool, kinds: list[str]
) -> None:
    assert kubernetes.list_pod_events(given, ready) == kinds


def test_only_ready_endpoints_get_requests() -> None:
    assert kubernetes.find_ready_pods(slices("a", unready=("b",))) == {"shop-1-a"}


def test_version_is_a_variable_or_else_the_tag() -> None:
    given = pod("a", image="shop:2@sha256:aa")
    assert kubernetes.find_version(given) == "2"
    env = [{"name": "SECRET", "valueFrom": {}}, {"name": "VERSION", "value": "9"}]
    given["spec"]["containers"][0]["env"] = env
    assert kubernetes.find_version(given) == "9"


def test_rollout_is_done_when_the_controller_has_seen_it_and_all_are_available() -> None:
    given = deployment("shop:2")
    assert kubernetes.is_rollout_done(given)
    given["metadata"]["generation"] = 3
    assert not kubernetes.is_rollout_done(given)
    assert not kubernetes.is_rollout_done(deployment("shop:2", done=False))


Look = tuple[Object, list[Object], list[Object]]


class Fake:
    """Each look finds the next state of Deployment, Pods and slices; the last one stays."""

    def __init__(self, *looks: Look | Exception) -> None:
        self.looks = list(looks)
        self.last = threading.Event()
        self.now: Look = ({}, [], [])

    def get(self, path: str) -> Object:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        self.now = look
        return look[0]

    def items(self, path: str, **query: object) -> list[Object]:
        if path.endswith("/pods"):
            assert query == {"labelSelector": "app=shop"}
            return self.now[1]
        if len(self.looks) == 1:
            self.last.set()
        return self.now[2]

    def close(self) -> None: ...


def follow(monkeypatch: pytest.MonkeyPatch, *looks: Look | Exception) -> list[tuple[str, str]]:
    fake = Fake(*looks, looks[-1])
    monkeypatch.setattr(kubernetes, "Api", lambda path: fake)
    monkeypatch.setattr(cluster_files, "kubeconfig_file", lambda: Path("none"))
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.001)
    with KubernetesFollower("market", "shop") as follower:
        assert fake.last.wait(10)
    assert all(moment > 1_700_000_000 for moment, _ in follower.moments)
    return [(event.kind, event.subject) for _, event in follower.moments]


def test_each_thing_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = deployment("shop:1"), deployment("shop:2")
    before = (old, [pod("a")], slices("a"))
    found = follow(
        monkeypatch,
        before,
        before,
        CouldNotFindOut("busy"),
        (deployment("shop:2", done=False), [pod("a"), pod("b", image="shop:2")], slices("a")),
        (new, [pod("a", going=True), pod("b", image="shop:2")], slices("b", unready=("a",))),
        (new, [pod("b", image="shop:2")], slices("b")),
        (new, [pod("b", image="shop:2")], slices("b")),
    )
    assert found == [
        ("started", "Pod a"),
        ("joined", "Pod a"),
        ("begin", ""),
        ("started", "Pod b"),
        ("done", ""),
        ("stopping", "Pod a"),
        ("left", "Pod a"),
        ("joined", "Pod b"),
        ("ended", "Pod a"),
    ]


def test_rollout_that_is_undone_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = deployment("shop:3", done=False)
    good = deployment("shop:1")
    found = follow(
        monkeypatch,
        (good, [pod("a")], slices("a")),
        (bad, [pod("a"), pod("b")], slices("a")),
        (good, [pod("a")], slices("a")),
    )
    assert [what for what, _ in found if what in ("begin", "back", "done")] == [
        "begin",
        "back",
        "done",
    ]
    assert ("ended", "Pod b") in found
    assert ("left", "Pod b") not in found


def test_pod_that_is_gone_between_two_looks_has_left_and_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good = deployment("shop:1")
    found = follow(monkeypatch, (good, [pod("a")], slices("a")), (good, [], slices()))
    assert found[-2:] == [("left", "Pod a"), ("ended", "Pod a")]


def test_deployment_that_is_not_there_is_told_on_entering(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kubernetes, "Api", lambda path: Fake(CouldNotFindOut("404")))
    monkeypatch.setattr(cluster_files, "kubeconfig_file", lambda: Path("none"))
    with pytest.raises(CouldNotFindOut, match="404"), KubernetesFollower("market", "shop"):
        pass
