"""Target tracking, with a measure that the test gives."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator.scaling import target_tracking, usage
from checker.orchestrators.ecs.emulator.scaling.target_tracking import Scaler

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/demo/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
POLICY = {
    **TARGET,
    "PolicyName": "cpu",
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 50,
        "PredefinedMetricSpecification": {"PredefinedMetricType": usage.CPU},
        "ScaleOutCooldown": 60,
        "ScaleInCooldown": 60,
    },
}


class Emulator:
    """A service whose desired count is all that matters."""

    def __init__(self) -> None:
        self.count = 1

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "UpdateService":
            self.count = given["desiredCount"]
        return {"services": [{"status": "ACTIVE", "desiredCount": self.count}]}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    fake = Emulator()
    monkeypatch.setattr(aws_api, "call_service", fake.call)
    return fake


@pytest.fixture
def scaler(emulator: Emulator) -> Scaler:
    made = Scaler()
    made.answer_call("RegisterScalableTarget", {**TARGET, "MinCapacity": 1, "MaxCapacity": 4})
    made.answer_call("PutScalingPolicy", POLICY)
    return made


def test_three_high_values_in_a_row_scale_out_and_fifteen_low_ones_in(
    scaler: Scaler, emulator: Emulator
) -> None:
    scaler.measure = lambda *_: 150.0
    for now in (1.0, 2.0):
        scaler.evaluate_policies(now)
    assert emulator.count == 1
    scaler.evaluate_policies(3.0)
    assert emulator.count == 3
    scaler.measure = lambda *_: 5.0
    for now in range(14):
        scaler.evaluate_policies(10.0 + now)
    assert emulator.count == 3
    scaler.evaluate_policies(30.0)
    assert emulator.count == 1
    told = scaler.answer_call("DescribeScalingActivities", TARGET)["ScalingActivities"]
    assert [each["Description"] for each in told] == [
        "Setting desired count to 1.",
        "Setting desired count to 3.",
    ]


def test_the_bound_is_kept_and_an_unknown_value_changes_nothing(
    scaler: Scaler, emulator: Emulator
) -> None:
    scaler.measure = lambda *_: None
    for now in range(20):
        scaler.evaluate_policies(float(now))
    assert emulator.count == 1
    scaler.measure = lambda *_: 5000.0
    for now in range(3):
        scaler.evaluate_policies(50.0 + now)
    assert emulator.count == 4


@pytest.mark.parametrize(
    ("action", "given", "code"),
    [
        ("PutScheduledAction", TARGET, "UnknownOperationException"),
        ("DescribeScalableTargets", {"ServiceNamespace": "dynamodb"}, "ValidationException"),
        ("RegisterScalableTarget", {**TARGET, "MinCapacity": 3}, "ValidationException"),
        (
            "RegisterScalableTarget",
            {**TARGET, "MinCapacity": 3, "MaxCapacity": 1},
            "ValidationException",
        ),
        ("RegisterScalableTarget", {**TARGET, "ResourceId": "web"}, "ValidationException"),
        ("PutScalingPolicy", POLICY, "ObjectNotFoundException"),
        ("DeleteScalingPolicy", POLICY, "ObjectNotFoundException"),
        ("DeregisterScalableTarget", TARGET, "ObjectNotFoundException"),
    ],
)
def test_what_scaling_refuses(
    emulator: Emulator, action: str, given: dict[str, Any], code: str
) -> None:
    with pytest.raises(aws_api.AwsError) as refused:
        Scaler().answer_call(action, given)
    assert refused.value.code == code


def test_targets_and_policies_are_told_and_forgotten(scaler: Scaler) -> None:
    assert (
        scaler.answer_call("DescribeScalableTargets", TARGET)["ScalableTargets"][0]["MaxCapacity"]
        == 4
    )
    assert len(scaler.answer_call("DescribeScalingPolicies", TARGET)["ScalingPolicies"]) == 1
    scaler.answer_call("DeregisterScalableTarget", TARGET)
    assert scaler.answer_call("DescribeScalingPolicies", TARGET)["ScalingPolicies"] == []


def test_a_new_bound_keeps_the_other_and_a_bad_one_changes_nothing(scaler: Scaler) -> None:
    scaler.answer_call("RegisterScalableTarget", {**TARGET, "MaxCapacity": 6})
    with pytest.raises(aws_api.AwsError):
        scaler.answer_call("RegisterScalableTarget", {**TARGET, "MinCapacity": 9})
    [target] = scaler.answer_call("DescribeScalableTargets", TARGET)["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)


def test_a_policy_put_twice_is_one_and_can_be_deleted(scaler: Scaler) -> None:
    [first] = scaler.answer_call("DescribeScalingPolicies", TARGET)["ScalingPolicies"]
    again = scaler.answer_call("PutScalingPolicy", POLICY)
    assert again["PolicyARN"] == first["PolicyARN"]
    scaler.answer_call("DeleteScalingPolicy", POLICY)
    assert scaler.answer_call("DescribeScalingPolicies", TARGET)["ScalingPolicies"] == []


def test_steps_are_not_known(scaler: Scaler) -> None:
    with pytest.raises(aws_api.AwsError, match="target tracking"):
        scaler.answer_call("PutScalingPolicy", {**POLICY, "PolicyType": "StepScaling"})


def test_scaling_in_can_be_forbidden(scaler: Scaler, emulator: Emulator) -> None:
    settings = {**POLICY["TargetTrackingScalingPolicyConfiguration"], "DisableScaleIn": True}
    scaler.answer_call(
        "PutScalingPolicy", {**POLICY, "TargetTrackingScalingPolicyConfiguration": settings}
    )
    emulator.count = 3
    scaler.measure = lambda *_: 1.0
    for now in range(40):
        scaler.evaluate_policies(float(now))
    assert emulator.count == 3


@pytest.mark.parametrize(
    ("direction", "value"),
    [("DynamicScalingInSuspended", 1.0), ("DynamicScalingOutSuspended", 99.0)],
)
def test_scaling_can_be_suspended(
    scaler: Scaler, emulator: Emulator, direction: str, value: float
) -> None:
    given = {**TARGET, "MinCapacity": 1, "MaxCapacity": 4, "SuspendedState": {direction: True}}
    scaler.answer_call("RegisterScalableTarget", given)
    [target] = scaler.describe_targets({})["ScalableTargets"]
    assert target["SuspendedState"] == {direction: True}
    emulator.count = 2
    scaler.measure = lambda *_: value
    for now in range(40):
        scaler.evaluate_policies(float(now))
    assert emulator.count == 2


def test_after_scaling_it_rests_for_the_cooldown(scaler: Scaler, emulator: Emulator) -> None:
    scaler.measure = lambda *_: 60.0
    for now in (1.0, 1.1, 1.2):
        scaler.evaluate_policies(now)
    assert emulator.count == 2
    for now in (1.3, 1.4, 1.5, 2.0):
        scaler.evaluate_policies(now)
    assert emulator.count == 2
    scaler.evaluate_policies(2.3)
    assert emulator.count == 3


def test_at_the_bound_and_for_a_service_that_is_gone_nothing_is_done(
    scaler: Scaler, emulator: Emulator
) -> None:
    emulator.count = 4
    scaler.measure = lambda *_: 500.0
    for now in range(5):
        scaler.evaluate_policies(float(now))
    assert scaler.activities == []

    def gone(*_: str) -> float:
        raise aws_api.AwsError("ValidationException", "gone")

    scaler.measure = gone
    scaler.evaluate_policies(10.0)
    scaler.targets.clear()
    scaler.evaluate_policies(11.0)
    assert scaler.activities == []


def test_reset_forgets_everything(scaler: Scaler) -> None:
    scaler.reset()
    assert (scaler.targets, scaler.policies, scaler.activities) == ({}, {}, [])


def test_it_looks_again_and_again(scaler: Scaler, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    monkeypatch.setattr(target_tracking, "MINUTE", 0.05)

    def look(now: float) -> None:
        looks.append(now)
        if len(looks) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(scaler, "evaluate_policies", look)
    with pytest.raises(KeyboardInterrupt):
        scaler._run_forever()
    assert looks[1] > looks[0]


def test_it_works_in_a_thread_of_its_own(scaler: Scaler, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = threading.Event()
    monkeypatch.setattr(scaler, "_run_forever", ran.set)
    scaler.start_thread()
    assert ran.wait(5)
