"""A cluster is ready by what lives in it, not by what was once written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from checker.orchestrators.kind import readiness
from tests.orchestrators.kind import cluster_objects
from tests.orchestrators.kind.cluster_objects import (
    LEADERS,
    NOW,
    STARTED,
    lease,
    node,
    pod,
    working,
)

NODES = cluster_objects.NODES[:2]
EACH = dict.fromkeys(NODES, STARTED)
BEFORE = STARTED - timedelta(minutes=1)


def lacking(*changed: dict[str, Any]) -> list[str]:
    """What a working cluster lacks after objects of it were changed."""
    names = {(each["kind"], each["metadata"]["name"]) for each in changed}
    kept = [e for e in working(NODES) if (e["kind"], e["metadata"]["name"]) not in names]
    return readiness.find_missing_parts([*kept, *changed], len(NODES), EACH)


def test_working_cluster_lacks_nothing() -> None:
    assert lacking() == []


def test_missing_node_is_counted() -> None:
    assert readiness.find_missing_parts(working(NODES), 3, EACH) == ["2 of 3 nodes are there"]


@pytest.mark.parametrize("ready", ["False", "Unknown"])
def test_node_that_is_not_ready_is_named(ready: str) -> None:
    assert lacking(node("course-worker", ready)) == ["node course-worker"]


def test_node_that_was_ready_before_the_reboot_is_not_believed() -> None:
    assert lacking(lease("course-worker", "kube-node-lease", BEFORE)) == ["node course-worker"]


@pytest.mark.parametrize("name", LEADERS)
def test_leader_from_before_the_reboot_is_not_believed(name: str) -> None:
    assert lacking(lease(name, "kube-system", BEFORE)) == [name]


@pytest.mark.parametrize("name", LEADERS)
def test_leader_that_fell_silent_is_named(name: str) -> None:
    assert lacking(lease(name, "kube-system", NOW - timedelta(seconds=16))) == [name]
    assert lacking(lease(name, "kube-system", NOW - timedelta(seconds=14))) == []


def test_lease_that_nobody_holds_yet_counts_as_silent() -> None:
    empty = {**lease("kube-scheduler", "kube-system"), "spec": {}}
    assert lacking(empty) == ["kube-scheduler"]
    given_up = lease("kube-scheduler", "kube-system")
    given_up["spec"]["holderIdentity"] = ""
    assert lacking(given_up) == ["kube-scheduler"]


def test_restart_of_one_worker_says_nothing_of_what_runs_elsewhere() -> None:
    started = {**EACH, "course-worker": NOW + timedelta(minutes=1)}
    found = readiness.find_missing_parts(working(NODES), len(NODES), started)
    assert found == ["node course-worker", "kube-proxy-course-worker"]


def test_cluster_that_says_nothing_lacks_everything() -> None:
    assert readiness.find_missing_parts([], 1, {}) == ["0 of 1 nodes are there", *LEADERS]


def test_proxy_of_each_node_must_run() -> None:
    name = "kube-proxy-course-worker"
    here = "course-worker"
    assert lacking(pod(name, "kube-proxy", BEFORE, node=here)) == [name]
    assert lacking(pod(name, "kube-proxy", ready="False", node=here)) == [name]
    going = pod(name, "kube-proxy", BEFORE, node=here, deletionTimestamp="now")
    assert lacking(going) == ["kube-proxy on course-worker"]


def test_node_that_no_proxy_serves_is_named() -> None:
    without = [e for e in working(NODES) if e["metadata"]["name"] != "kube-proxy-course-worker"]
    found = readiness.find_missing_parts(without, len(NODES), EACH)
    assert found == ["kube-proxy on course-worker"]


def test_node_without_a_machine_is_no_part_of_the_cluster() -> None:
    waiting = pod("kube-proxy-x", "kube-proxy", ready="False", node="")
    waiting["spec"]["affinity"] = {"nodeAffinity": affinity_of("depot")}
    assert lacking(node("depot", "Unknown"), waiting) == []
    waiting["spec"]["affinity"] = {"nodeAffinity": affinity_of("course-worker")}
    assert lacking(waiting) == ["kube-proxy-x"]


def affinity_of(name: str) -> dict[str, Any]:
    """As the controller of DaemonSets writes it."""
    field = {"key": "metadata.name", "operator": "In", "values": [name]}
    terms = {"nodeSelectorTerms": [{"matchFields": [field]}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": terms}


def test_one_dns_server_is_enough_and_none_is_not() -> None:
    down = [pod(name, "kube-dns", ready="False") for name in ("coredns-1", "coredns-2")]
    assert lacking(down[0]) == []
    assert lacking(*down) == ["coredns-1", "coredns-2"]


def test_container_that_does_not_run_is_down() -> None:
    waiting = pod("kube-proxy-course-worker", "kube-proxy", node="course-worker")
    waiting["status"]["containerStatuses"] = [{"state": {"waiting": {}}}]
    assert lacking(waiting) == ["kube-proxy-course-worker"]
