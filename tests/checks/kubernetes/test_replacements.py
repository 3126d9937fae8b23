"""A Pod was replaced if one was deleted, and another was made for it by the same ReplicaSet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from checker.checks import CheckFailed
from checker.checks.kubernetes.fixture import Kube
from checker.checks.kubernetes.workloads import Deployment
from tests.checks.cluster import DEPLOYMENTS, PODS, Cluster, deployment, named, pod

REPLICA_SETS = "/apis/apps/v1/namespaces/bakery/replicasets"
EVENTS = "/api/v1/namespaces/bakery/events"
NOW = datetime.now(UTC).replace(microsecond=0)


def at(seconds: float) -> str:
    return (NOW - timedelta(minutes=5) + timedelta(seconds=seconds)).isoformat()


class Noting(Cluster):
    """A cluster whose events are found by what they are about."""

    def items(self, path: str, **query: object) -> list[dict[str, Any]]:
        found = super().items(path, **query)
        about = dict(x.split("=") for x in str(query.get("fieldSelector") or "").split(",") if x)
        short = {key.rpartition(".")[2]: value for key, value in about.items()}
        if path != EVENTS:
            return found
        return [x for x in found if short.items() <= {**x["involvedObject"], **x}.items()]

    def note(self, seconds: float, reason: str, message: str = "", **about: str) -> None:
        event = named(f"event-{len(self.objects)}")
        event |= {"reason": reason, "message": message, "firstTimestamp": at(seconds)}
        self.add(EVENTS, {**event, "involvedObject": about})

    def put(self, name: str, seconds: float, replica_set: str = "web-1") -> None:
        made = pod(name)
        made["metadata"]["creationTimestamp"] = at(seconds)
        owner = {"kind": "ReplicaSet", "name": replica_set, "uid": f"uid-{replica_set}"}
        made["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
        self.add(PODS, made)
        self.note(seconds, "SuccessfulCreate", f"Created pod: {name}", uid=f"uid-{replica_set}")


@pytest.fixture
def cluster() -> Noting:
    made = Noting()
    made.add(DEPLOYMENTS, deployment("web"))
    for name in ("web-1", "web-2"):
        replica_set = named(name)
        owner = {"kind": "Deployment", "name": "web", "uid": "uid-web", "controller": True}
        replica_set["metadata"]["ownerReferences"] = [owner]
        made.add(REPLICA_SETS, replica_set)
    made.put("web-1-aaaaa", 0)
    made.put("web-1-ccccc", 60)
    made.note(0, "Scheduled", name="web-1-bbbbb")
    made.note(60, "Killing", name="web-1-bbbbb")
    return made


@pytest.fixture
def web(cluster: Noting) -> Deployment:
    return Kube(cluster).namespace("bakery").deployment("web")  # type: ignore[arg-type]


def test_successor_of_a_pod(web: Deployment) -> None:
    web.expect_replacement("web-1-bbbbb", "web-1-ccccc")


@pytest.mark.parametrize(
    ("gone", "successor", "words"),
    [
        ("web-1-bbbbb", "web-1-aaaaa", "was there before, and web-1-ccccc"),
        ("web-1-bbbbb", "web-1-later", "that was web-1-ccccc"),
        ("web-1-bbbbb", "web-1-never", "it is not there"),
        ("web-1-bbbbb", "shop-1-aaaaa", "not one of its Pods"),
        ("web-1-zzzzz", "web-1-ccccc", "nothing down of a Pod of that name"),
        ("web-9-bbbbb", "web-1-ccccc", "no ReplicaSet of it"),
        ("web-1-bbbbb", "web-2-ddddd", "a rollout replaced all of them"),
        ("web-1-fewer", "web-1-ccccc", "since fewer were wanted"),
    ],
)
def test_other_pods_are_no_replacement(
    cluster: Noting, web: Deployment, gone: str, successor: str, words: str
) -> None:
    cluster.put("web-1-later", 90)
    cluster.put("web-2-ddddd", 61, "web-2")
    cluster.add(PODS, pod("shop-1-aaaaa"))
    cluster.note(59, "Killing", name="web-1-fewer")
    cluster.note(59, "SuccessfulDelete", "Deleted pod: web-1-fewer", uid="uid-web-1")
    with pytest.raises(CheckFailed) as failed:
        web.expect_replacement(gone, successor)
    assert words in failed.value.found


def test_end_that_was_noted_late_is_no_matter(cluster: Noting, web: Deployment) -> None:
    cluster.note(1, "Started", name="web-1-fffff")
    cluster.note(72, "Killing", name="web-1-fffff")
    web.expect_replacement("web-1-fffff", "web-1-ccccc")
    # Its own twin was made at the same time, a moment before it was deleted.
    cluster.put("web-1-twin1", 70)
    cluster.put("web-1-twin2", 70)
    cluster.note(73, "Killing", name="web-1-twin1")
    with pytest.raises(CheckFailed, match="web-1-twin2 was there before"):
        web.expect_replacement("web-1-twin1", "web-1-twin2")


def test_events_that_are_forgotten_say_nothing(cluster: Noting, web: Deployment) -> None:
    for key in [key for key in cluster.objects if key.startswith(EVENTS)]:
        del cluster.objects[key]
    found = cluster.objects[f"{PODS}/web-1-ccccc"]
    found["metadata"]["creationTimestamp"] = (NOW - timedelta(hours=2)).isoformat()
    web.expect_replacement("web-1-bbbbb", "web-1-ccccc")
