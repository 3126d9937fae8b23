"""A Deployment is judged by what is set for its rollouts, and by how they end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.kubernetes import rollouts
from checker.checks.kubernetes.fixture import Kube
from checker.checks.kubernetes.trial_copies import TrialCopy
from checker.checks.kubernetes.workloads import Deployment
from checker.orchestrators.kind.kube_api import ApiError
from tests.checks.cluster import DEPLOYMENTS, EVENTS, PODS, Cluster, deployment, named, pod

WEB = f"{DEPLOYMENTS}/web"
STUCK = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": "ReplicaSet has timed out progressing.",
}


class Moving(Cluster):
    """A cluster in which each look at the Deployment finds the next status; the last one stays."""

    def __init__(self) -> None:
        super().__init__()
        self.then: list[dict[str, Any]] = []
        self.patched: list[dict[str, Any]] = []
        self.made: list[dict[str, Any]] = []
        self.gone: list[str] = []

    @property
    def web(self) -> dict[str, Any]:
        return self.objects[WEB]

    def find(self, path: str) -> dict[str, Any] | None:
        if path == WEB and self.then:
            self.web["status"] = self.then.pop(0)
        return super().find(path)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.patched.append(body)
        self.web["spec"]["template"]["spec"] |= body["spec"]["template"]["spec"]
        self.web["metadata"]["generation"] += 1
        return self.web

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.made.append(body)
        image = body["spec"]["containers"][0]["image"]
        made = pod(body["metadata"]["name"], ready=image == "good:1")
        self.add(path, made)
        return made

    def delete(self, path: str, *, grace: int | None = None) -> None:
        self.gone.append(path)
        self.objects.pop(path, None)


def status(generation: int, *conditions: dict[str, Any], available: int = 3) -> dict[str, Any]:
    counts = dict.fromkeys(("replicas", "updatedReplicas", "readyReplicas"), 3)
    return {
        **counts,
        "availableReplicas": available,
        "observedGeneration": generation,
        "conditions": list(conditions),
    }


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(rollouts, "POLL_SECONDS", 0.001)
    made = Moving()
    made.add(DEPLOYMENTS, deployment("web"))
    made.web["metadata"]["generation"] = 1
    made.web["status"] = status(1)
    return made


@pytest.fixture
def web(cluster: Moving) -> Deployment:
    return Kube(cluster).namespace("bakery").deployment("web")  # type: ignore[arg-type]


def fails(act: Callable[[], object], *words: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        act()
    for each in words:
        assert each in str(caught.value)


def strategy(cluster: Moving, surge: Any, unavailable: Any, replicas: int = 3) -> None:
    both = {"maxSurge": surge, "maxUnavailable": unavailable}
    cluster.web["spec"] |= {"replicas": replicas, "strategy": {"rollingUpdate": both}}


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "more", "fewer"),
    [
        (2, "25%", "25%", 1, 0),
        (4, "25%", "25%", 1, 1),
        (3, "50%", "50%", 2, 1),
        (2, 0, "100%", 0, 2),
        (2, 1, 0, 1, 0),
        (2, 1, 5, 1, 2),
        (2, 0, "10%", 0, 1),
    ],
)
def test_numbers_and_percentages_are_resolved_as_kubernetes_does(
    cluster: Moving,
    web: Deployment,
    replicas: int,
    surge: Any,
    unavailable: Any,
    more: int,
    fewer: int,
) -> None:
    strategy(cluster, surge, unavailable, replicas)
    assert (web.rollout.max_surge, web.rollout.max_unavailable) == (more, fewer)


def test_recreate_lets_all_be_missing(cluster: Moving, web: Deployment) -> None:
    cluster.web["spec"]["strategy"] = {"type": "Recreate"}
    assert (web.rollout.max_surge, web.rollout.max_unavailable) == (0, 3)


def test_pods_that_may_be_missing(cluster: Moving, web: Deployment) -> None:
    web.rollout.expect_unavailable(0)
    strategy(cluster, 0, "100%")
    fails(lambda: web.rollout.expect_unavailable(0), "at most 0 of 3", "3 may be missing", "100%")


def test_readiness_probe(cluster: Moving, web: Deployment) -> None:
    fails(web.rollout.expect_readiness_probe, "no readiness probe", "kubectl explain")
    container = cluster.web["spec"]["template"]["spec"]["containers"][0]
    container["readinessProbe"] = {"httpGet": {"path": "/health"}}
    web.rollout.expect_readiness_probe()


def test_rollout_is_asked_for_and_waited_for(cluster: Moving, web: Deployment) -> None:
    cluster.then = [status(1), status(1), status(2, available=1), status(2)]
    assert web.rollout.deploy("nginx:1.27", within=5) == "complete"
    [change] = cluster.patched
    assert change["spec"]["template"]["spec"]["containers"] == [
        {"name": "web", "image": "nginx:1.27"}
    ]
    assert cluster.then == []


def test_rollout_past_its_deadline_is_stuck(cluster: Moving, web: Deployment) -> None:
    cluster.then = [status(1), status(2, available=1), status(2, STUCK, available=1)]
    assert web.rollout.deploy("nginx:1.27", within=5) == "stuck"


def test_deadline_of_the_rollout_before_is_not_taken_for_this_ones(
    cluster: Moving, web: Deployment
) -> None:
    cluster.then = [status(1), status(1, STUCK), status(2)]
    assert web.rollout.deploy("nginx:1.27", within=5) == "complete"


def test_rollout_of_the_same_version_is_no_rollout(cluster: Moving, web: Deployment) -> None:
    with pytest.raises(CouldNotFindOut, match="already"):
        web.rollout.deploy("nginx:1.26")
    assert cluster.patched == []


def test_rollout_that_never_ends_is_told_with_its_reasons(cluster: Moving, web: Deployment) -> None:
    going = pod("web-2")
    going["metadata"]["deletionTimestamp"] = "now"
    cluster.add(PODS, pod("web-9", ready=False, waiting="ImagePullBackOff"), going)
    said = {"metadata": {"name": "e"}, "reason": "Failed", "message": "not found: nginx:1.62"}
    cluster.add(EVENTS, said)
    trouble = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    cluster.then = [status(1), status(2, trouble, available=1)]
    fails(
        lambda: web.rollout.deploy("nginx:1.62", within=0.02),
        "ends within 0.02 s",
        "ReplicaFailure: exceeded quota",
        "web-9: ImagePullBackOff (Failed: not found: nginx:1.62)",
        "web-2: still ending",
        "kubectl rollout status",
    )


def test_rollout_of_which_nobody_tells_anything(cluster: Moving, web: Deployment) -> None:
    cluster.then = [status(1)]
    fails(lambda: web.rollout.deploy("nginx:1.27", within=0.02), "nobody says why")


def test_old_pods_are_waited_for(cluster: Moving, web: Deployment) -> None:
    going = pod("web-2")
    going["metadata"]["deletionTimestamp"] = "now"
    cluster.add(PODS, going)
    fails(lambda: web.rollout.settle(within=0.02), "web-2: still ending")
    del cluster.objects[f"{PODS}/web-2"]
    web.rollout.settle(within=5)


def test_deployment_that_was_deleted_meanwhile_fails(cluster: Moving, web: Deployment) -> None:
    del cluster.objects[WEB]
    fails(lambda: web.rollout.deploy("nginx:1.27"), "it is gone")


def test_trial_is_apart_from_services_and_gone_afterwards(cluster: Moving, web: Deployment) -> None:
    with web.rollout.create_trial_pod("good:1") as made:
        [body] = cluster.made
        assert body["metadata"] == {"name": made.name}
        assert body["spec"]["containers"] == [{"name": "web", "image": "good:1"}]
    assert cluster.gone == [f"{PODS}/{made.name}"]


def refused(message: str) -> dict[str, Any]:
    return {**named("e"), "reason": "Unhealthy", "message": f"Readiness probe failed: {message}"}


def test_probe_tells_good_from_bad(cluster: Moving, web: Deployment) -> None:
    cluster.add(EVENTS, refused("HTTP probe failed with statuscode: 503"))
    web.rollout.expect_probe_tells("good:1", "bad:1", within=1)
    assert len(cluster.gone) == 2


def test_probe_that_is_content_with_bad_fails(cluster: Moving, web: Deployment) -> None:
    fails(
        lambda: web.rollout.expect_probe_tells("good:1", "good:1", within=1),
        "the readiness probe is content with it",
    )


def test_probe_against_nothing_fails_with_what_the_kubelet_says(
    cluster: Moving, web: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add(EVENTS, refused("HTTP probe failed with statuscode: 404"))
    monkeypatch.setattr(cluster, "watch", lambda *a, **k: iter(()))
    fails(
        lambda: web.rollout.expect_probe_tells("bad:1", "bad:1", within=0.02),
        "statuscode: 404",
        "at which port and path",
    )


def test_bad_copy_that_nobody_has_asked_yet_is_no_verdict(cluster: Moving, web: Deployment) -> None:
    cluster.add(EVENTS, refused("dial tcp 10.0.0.1:3000: connect: connection refused"))
    with pytest.raises(CouldNotFindOut, match="Nobody asked"):
        web.rollout.expect_probe_tells("good:1", "bad:1", within=0.02)


def test_each_of_several_bad_copies_is_tried(cluster: Moving, web: Deployment) -> None:
    cluster.add(EVENTS, refused("HTTP probe failed with statuscode: 503"))
    web.rollout.expect_probe_tells("good:1", ["bad:1", TrialCopy("bad:2")], within=1)
    assert len(cluster.gone) == 3
    fails(
        lambda: web.rollout.expect_probe_tells(
            "good:1", ["bad:1", TrialCopy("good:1", title="a copy without Redis")], within=1
        ),
        "a copy without Redis does not become ready",
        "the readiness probe is content with it",
    )


def test_refused_connection_tells_of_a_copy_that_answers_nobody(
    cluster: Moving, web: Deployment
) -> None:
    cluster.add(EVENTS, refused("dial tcp 10.0.0.1:3000: connect: connection refused"))
    web.rollout.expect_probe_tells("good:1", TrialCopy("bad:1", command=("sleep", "9")), within=1)


def test_cluster_that_refuses_the_change_is_no_verdict(
    cluster: Moving, web: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, body: dict[str, Any]) -> dict[str, Any]:
        raise ApiError(403, "forbidden")

    monkeypatch.setattr(cluster, "patch", refuse)
    with pytest.raises(CouldNotFindOut, match="403"):
        web.rollout.deploy("nginx:1.27")
