"""Application Auto Scaling for services: target tracking of CPU and memory, measured in Docker.

A minute of AWS is a second here, in cooldowns too. AWS documents that out is faster than in, that
the change is in proportion, and that missing values change nothing (docs.aws.amazon.com, How
target tracking scaling for Application Auto Scaling works). How many values in a row an alarm
takes, and at what part of the target a value is low, it does not document there: 3, 15 and nine
tenths are what its alarms are commonly seen to have.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator.scaling import scaling_forms, usage

MINUTE = 1.0
"""Seconds that stand for a minute."""

HIGH_IN_A_ROW = 3
LOW_IN_A_ROW = 15
LOW_AT = 0.9
"""Below this part of the target a metric is low."""

COOLDOWN = 300


@dataclass
class PolicyState:
    """A policy at work: how many high and low metrics there were in a row, and its last act."""

    policy: dict[str, Any]
    high: int = 0
    low: int = 0
    rests_until: float = 0.0


@dataclass
class Scaler:
    """The targets, policies and activities of Application Auto Scaling."""

    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[tuple[str, str], PolicyState] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    measure: Callable[[str, str, str], float | None] = usage.measure_service
    lock: threading.RLock = field(default_factory=threading.RLock)

    def start_thread(self) -> None:
        """Look at every policy once a minute of ours, in a thread."""
        threading.Thread(target=self._run_forever, daemon=True, name="course-ecs-scaler").start()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.targets.clear()
            self.policies.clear()
            self.activities.clear()

    def answer_call(self, action: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer a call.

        Raises:
            AwsError: An unknown operation, or one that AWS would refuse as well.
        """
        actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "RegisterScalableTarget": self.register_target,
            "DeregisterScalableTarget": self.deregister_target,
            "DescribeScalableTargets": self.describe_targets,
            "PutScalingPolicy": self.put_policy,
            "DeleteScalingPolicy": self.delete_policy,
            "DescribeScalingPolicies": self.describe_policies,
            "DescribeScalingActivities": self.describe_activities,
        }
        if action not in actions:
            raise aws_api.AwsError("UnknownOperationException", f"The course knows no {action}.")
        if parameters.get("ServiceNamespace") != "ecs":
            raise scaling_forms.make_refusal(
                "The course scales services of ECS alone: --service-namespace ecs"
            )
        with self.lock:
            return actions[action](parameters)

    def evaluate_policies(self, now: float) -> None:
        """Look at every policy once, at a monotonic second, and scale where one asks for it."""
        for state in list(self.policies.values()):
            target = self.targets.get(state.policy["ResourceId"])
            with contextlib.suppress(CouldNotFindOut):
                if target:
                    self._evaluate_policy(state, target, now)

    def _run_forever(self) -> None:
        while True:
            begun = time.monotonic()
            self.evaluate_policies(begun)
            time.sleep(max(0.05, MINUTE - (time.monotonic() - begun)))

    def _evaluate_policy(self, state: PolicyState, target: dict[str, Any], now: float) -> None:
        settings = state.policy["TargetTrackingScalingPolicyConfiguration"]
        metric = settings["PredefinedMetricSpecification"]["PredefinedMetricType"]
        cluster, service = scaling_forms.split_resource(target)
        value = self.measure(cluster, service, metric)
        if value is None:
            return
        wanted = float(settings["TargetValue"])
        state.high = state.high + 1 if value > wanted else 0
        state.low = state.low + 1 if value < wanted * LOW_AT else 0
        out = state.high >= HIGH_IN_A_ROW
        goes_in = state.low >= LOW_IN_A_ROW and not settings.get("DisableScaleIn")
        suspended = target.get("SuspendedState", {})
        out = out and not suspended.get("DynamicScalingOutSuspended")
        goes_in = goes_in and not suspended.get("DynamicScalingInSuspended")
        if now < state.rests_until or not (out or goes_in):
            return
        count = usage.describe_service(cluster, service)["desiredCount"]
        better = max(math.ceil(count * value / wanted), target["MinCapacity"])
        better = min(better, int(target["MaxCapacity"]))
        if better == count or (better < count) != goes_in:
            return
        aws_api.call_service(
            aws_api.ECS, "UpdateService", cluster=cluster, service=service, desiredCount=better
        )
        which = "high" if out else "low"
        self.activities.insert(0, scaling_forms.make_activity(state.policy, better, which))
        cooldown = settings.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN)
        state.rests_until = now + cooldown / 60 * MINUTE
        state.high = state.low = 0

    def register_target(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer RegisterScalableTarget."""
        name = scaling_forms.read_resource(parameters)
        target = {**self.targets.get(name, scaling_forms.make_target(name))}
        for part in ("MinCapacity", "MaxCapacity"):
            if part in parameters:
                target[part] = int(parameters[part])
            elif part not in target:
                raise scaling_forms.make_refusal(
                    "MinCapacity and MaxCapacity are required for a new target."
                )
        if "SuspendedState" in parameters:
            target["SuspendedState"] = dict(parameters["SuspendedState"])
        if target["MinCapacity"] > target["MaxCapacity"]:
            text = "Maximum capacity cannot be less than minimum capacity"
            raise scaling_forms.make_refusal(text)
        usage.describe_service(*scaling_forms.split_resource(target))
        self.targets[name] = target
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def deregister_target(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer DeregisterScalableTarget."""
        name = scaling_forms.read_resource(parameters)
        if self.targets.pop(name, None) is None:
            raise aws_api.AwsError("ObjectNotFoundException", f"No scalable target found: {name}")
        self.policies = {key: each for key, each in self.policies.items() if key[0] != name}
        return {}

    def describe_targets(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalableTargets."""
        wanted = parameters.get("ResourceIds")
        found = [each for name, each in self.targets.items() if not wanted or name in wanted]
        return {"ScalableTargets": found}

    def put_policy(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer PutScalingPolicy; only target tracking is known."""
        name = scaling_forms.read_resource(parameters)
        if name not in self.targets:
            raise aws_api.AwsError(
                "ObjectNotFoundException", f"No scalable target registered: {name}"
            )
        settings = parameters.get("TargetTrackingScalingPolicyConfiguration", {})
        metric = settings.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if parameters.get("PolicyType") != "TargetTrackingScaling" or metric not in usage.METRICS:
            known = " or ".join(usage.METRICS)
            raise scaling_forms.make_refusal(f"The course has target tracking of {known} alone.")
        key = (name, parameters["PolicyName"])
        policy = scaling_forms.make_policy(name, key[1], settings)
        if before := self.policies.get(key):
            policy["PolicyARN"] = before.policy["PolicyARN"]
        self.policies[key] = PolicyState(policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": []}

    def delete_policy(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer DeleteScalingPolicy."""
        key = (scaling_forms.read_resource(parameters), parameters.get("PolicyName", ""))
        if self.policies.pop(key, None) is None:
            raise aws_api.AwsError("ObjectNotFoundException", f"No scaling policy found: {key[1]}")
        return {}

    def describe_policies(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalingPolicies."""
        wanted = parameters.get("ResourceId")
        found = [each.policy for key, each in self.policies.items() if wanted in (None, key[0])]
        return {"ScalingPolicies": found}

    def describe_activities(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Answer DescribeScalingActivities, the newest first."""
        wanted = parameters.get("ResourceId")
        found = [each for each in self.activities if wanted in (None, each["ResourceId"])]
        return {"ScalingActivities": found}
