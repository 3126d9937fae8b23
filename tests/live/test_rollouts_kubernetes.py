"""Rollouts of real Deployments: how they end, and what a follower sees of them."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.checks.kubernetes.workloads import Deployment
from checker.measure.kubernetes import KubernetesFollower
from checker.orchestrators.kind import cluster_files
from checker.orchestrators.kind.kube_api import Api
from checker.sandbox import session
from tests.live.commands import kubectl, own_namespace

pytestmark = [pytest.mark.live, pytest.mark.kind, pytest.mark.measures]
GOOD, BAD = "nginx:1.26", "busybox:1.37"
SAME = f"docker.io/library/{GOOD}"
"""Another name of the good image, so that a rollout ends well."""

CONTAINER = {
    "name": "web",
    "image": GOOD,
    "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1},
}


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    session.ensure_engines("kind", [GOOD, BAD])
    with contextlib.closing(Api(cluster_files.kubeconfig_file())) as made:
        yield made


@pytest.fixture
def there(api: Api) -> Iterator[Namespace]:
    """A namespace of the test's own, with a Deployment `web` and its Service."""
    with own_namespace(api) as name:
        labels = {"app": "web"}
        spec = {
            "replicas": 1,
            "progressDeadlineSeconds": 5,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"terminationGracePeriodSeconds": 2, "containers": [CONTAINER]},
            },
        }
        made = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
        kubectl("-n", name, "apply", "-f", "-", input=json.dumps({**made, "spec": spec}))
        kubectl("-n", name, "expose", "deployment", "web", "--port=80")
        yield Kube(api).namespace(name)


def ready(there: Namespace) -> Deployment:
    web = there.deployment("web")
    web.rollout.settle(within=60)
    return web


def test_good_rollout_is_complete_and_followed(there: Namespace) -> None:
    web = ready(there)
    with KubernetesFollower(there.name, "web") as follower:
        assert web.rollout.deploy(SAME, within=60) == "complete"
        web.rollout.settle(within=30)
        seen = time.monotonic() + 10
        while not any(event.kind == "ended" for _, event in follower.moments):
            assert time.monotonic() < seen
            time.sleep(0.1)
    kinds = [event.kind for _, event in follower.moments]
    old, new = (event.subject for _, event in follower.moments if event.kind == "joined")
    when = {(event.kind, event.subject): moment for moment, event in follower.moments}
    assert kinds.count("begin") == kinds.count("done") == 1
    assert "back" not in kinds
    assert when["begin", ""] <= when["started", new] <= when["joined", new]
    assert when["joined", new] <= when["left", old] <= when["ended", old]
    assert ("left", new) not in when


def test_bad_version_is_stuck_and_going_back_is_seen(there: Namespace) -> None:
    web = ready(there)
    with KubernetesFollower(there.name, "web") as follower:
        assert web.rollout.deploy(BAD, within=60) == "stuck"
        assert web.ready == 1
        kubectl("-n", there.name, "rollout", "undo", "deployment/web")
        web.rollout.settle(within=60)
        seen = time.monotonic() + 10
        while not any(event.kind == "done" for _, event in follower.moments):
            assert time.monotonic() < seen
            time.sleep(0.1)
    rollout = [event.kind for _, event in follower.moments if not event.subject]
    assert rollout == ["begin", "back", "done"]


def test_rollout_without_an_end_is_told_with_the_pods_reason(there: Namespace) -> None:
    web = ready(there)
    kubectl("-n", there.name, "patch", "deployment", "web", "-p",
            '{"spec": {"progressDeadlineSeconds": 600}}')  # fmt: skip
    with pytest.raises(CheckFailed, match=r"web-.*: (ErrImage|ImagePull|ContainerCreating)"):
        web.rollout.deploy("nginx:1.62", within=6)


def test_same_version_is_refused(there: Namespace) -> None:
    with pytest.raises(CouldNotFindOut, match="already"):
        there.deployment("web").rollout.deploy(GOOD)


def test_probe_is_tried_on_pods_of_its_own(there: Namespace) -> None:
    web = ready(there)
    patch = {"name": "web", "command": ["sh", "-c", "mkdir /w; httpd -f -p 80 -h /w"]}
    patch |= {"image": BAD}
    change = {"spec": {"template": {"spec": {"containers": [patch]}}}}
    kubectl("-n", there.name, "patch", "deployment", "web", "-p", json.dumps(change))
    web = there.deployment("web")
    with pytest.raises(CheckFailed, match="404"):
        web.rollout.expect_probe_tells(BAD, BAD, within=8)
    assert [pod.name for pod in there.pods() if pod.name.startswith("course-check")] == []


def test_cluster_that_is_away_is_no_verdict(
    there: Namespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = there.deployment("web")
    away = Api(cluster_files.kubeconfig_file())
    away._client.configuration.host = "https://127.0.0.1:1"
    monkeypatch.setattr(web, "_api", away)
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        web.rollout.deploy("nginx:1.27", within=5)
