"""An autoscaler is judged by what its settings come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from checker.checks import CheckFailed
from checker.checks.kubernetes.autoscalers import Autoscaler
from checker.checks.kubernetes.fixture import Kube
from tests.checks.cluster import PODS, Cluster, named, pod

AUTOSCALERS = "/apis/autoscaling/v2/namespaces/bakery/horizontalpodautoscalers"
ONE_POD = {"type": "Pods", "value": 1, "periodSeconds": 15}


def resource(kind: str = "Resource", **target: Any) -> dict[str, Any]:
    inner = {"name": "cpu", "target": target}
    if kind == "ContainerResource":
        return {"type": kind, "containerResource": {**inner, "container": "web"}}
    return {"type": kind, "resource": inner}


def autoscaler(**changes: Any) -> Autoscaler:
    cluster = Cluster()
    made = named("web")
    made["spec"] = {
        "scaleTargetRef": {"kind": "Deployment", "name": "web"},
        "minReplicas": 1,
        "maxReplicas": 5,
        "metrics": [resource(type="Utilization", averageUtilization=50)],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 30, "policies": [ONE_POD]}},
        **changes,
    }
    made["status"] = {
        "desiredReplicas": 5,
        "currentMetrics": [{"type": "Resource"}],
        "conditions": [{"type": "ScalingActive", "status": "True"}],
    }
    cluster.add(AUTOSCALERS, made)
    baker = pod("web-1")
    baker["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "10m"}}
    cluster.add(PODS, baker)
    return Kube(cluster).namespace("bakery").autoscaler("web")  # type: ignore[arg-type]


def shrinking(**down: Any) -> dict[str, Any]:
    return {"scaleDown": {"stabilizationWindowSeconds": 30, **down}}


def baker(found: Autoscaler) -> Any:
    return Kube(found._api).namespace("bakery").pod("web-1")


def fails(act: Callable[[], object], *words: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        act()
    for each in words:
        assert each in str(caught.value)


def test_target_and_bounds() -> None:
    found = autoscaler().expect_target("Deployment web").expect_bounds(1, 5)
    found.expect_desired(5).expect_number().expect_free()
    fails(lambda: found.expect_target("Deployment oven"), "scales Deployment oven", "web")
    fails(lambda: found.expect_bounds(1, 4), "1 to 4 Pods", "1 to 5 Pods")
    fails(lambda: found.expect_desired(3), "wants 3 Pods", "5 Pods")
    assert autoscaler(minReplicas=None).bounds == (1, 5)


@pytest.mark.parametrize(
    "metric",
    [
        resource(type="Utilization", averageUtilization=50),
        resource("ContainerResource", type="Utilization", averageUtilization=50),
        resource(type="AverageValue", averageValue="5m"),
        resource("ContainerResource", type="AverageValue", averageValue="0.005"),
    ],
)
def test_use_in_whatever_form(metric: dict[str, Any]) -> None:
    found = autoscaler(metrics=[metric])
    found.expect_use("cpu", 50, baker(found))


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ([], "it keeps nothing"),
        ([resource(type="Utilization", averageUtilization=80)], "cpu at 80 %"),
        ([resource(type="AverageValue", averageValue="10m")], "cpu at 100 %"),
        ([{"type": "External", "external": {}}], "a metric of type External"),
    ],
)
def test_other_use_fails(metrics: list[dict[str, Any]], words: str) -> None:
    found = autoscaler(metrics=metrics)
    fails(lambda: found.expect_use("cpu", 50, baker(found)), "cpu at 50 %", words)


def test_value_without_a_pod_is_no_percentage() -> None:
    found = autoscaler(metrics=[resource(type="AverageValue", averageValue="5m")])
    fails(lambda: found.expect_use("cpu", 50, None), "cpu at 5m")


def test_number_that_is_unknown_is_told_with_its_reason() -> None:
    found = autoscaler()
    unknown = {"type": "ScalingActive", "status": "False", "message": "missing request for cpu"}
    found.attrs["status"]["conditions"] = [unknown]
    fails(found.expect_number, "missing request for cpu")
    found.attrs["status"]["conditions"] = []
    fails(found.expect_number, "it has none yet")


def test_direction_that_is_closed_fails() -> None:
    found = autoscaler(behavior={"scaleUp": {"selectPolicy": "Disabled"}})
    fails(found.expect_free, "behavior.scaleUp")


def test_window_and_its_default() -> None:
    autoscaler().expect_window(30)
    fails(lambda: autoscaler(behavior=None).expect_window(30), "30 seconds", "300 seconds")
    assert autoscaler(behavior=shrinking(stabilizationWindowSeconds=0)).window == 0


@pytest.mark.parametrize(
    "down",
    [
        {"policies": [ONE_POD]},
        {"policies": [ONE_POD], "selectPolicy": "Min"},
        {"policies": [{"type": "Percent", "value": 20, "periodSeconds": 15}]},
        {
            "policies": [ONE_POD, {"type": "Percent", "value": 100, "periodSeconds": 15}],
            "selectPolicy": "Min",
        },
    ],
)
def test_one_pod_at_a_time_in_whatever_form(down: dict[str, Any]) -> None:
    autoscaler(behavior=shrinking(**down)).expect_shrinking(pods=1, seconds=15)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"behavior": None}, "1 after 0 s"),
        ({"minReplicas": 5}, "it never shrinks: its bounds are 5 to 5 Pods"),
        (
            {"behavior": shrinking(policies=[ONE_POD], selectPolicy="Disabled")},
            "it never shrinks: Disabled",
        ),
        (
            {"behavior": shrinking(policies=[{**ONE_POD, "value": 2, "periodSeconds": 30}])},
            "3 after 0 s, 1 after 30 s",
        ),
        (
            {"behavior": shrinking(policies=[{**ONE_POD, "periodSeconds": 60}])},
            "4 after 0 s, 3 after 60 s",
        ),
        (
            {
                "behavior": shrinking(
                    policies=[ONE_POD, {"type": "Percent", "value": 50, "periodSeconds": 15}]
                )
            },
            "2 after 0 s",
        ),
    ],
)
def test_shrinking_that_is_another_fails(changes: dict[str, Any], words: str) -> None:
    found = autoscaler(**changes)
    fails(lambda: found.expect_shrinking(pods=1, seconds=15), "1 Pod every 15 s", words)
