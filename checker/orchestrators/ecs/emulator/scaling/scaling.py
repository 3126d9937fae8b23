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
class Watched:
    """A policy at work: how many high and low metrics there were in a row, and its last act."""

    policy: dict[str, Any]
    high: int = 0
    low: int = 0
    rests_until: float = 0.0


@dataclass
class Scaler:
    """The targets, policies and activities of Application Auto Scaling."""

    targets: dict[str, dict[str, Any]] = field(default_factory=dict)
    watched: dict[tuple[str, str], Watched] = field(default_factory=dict)
    activities: list[dict[str, Any]] = field(default_factory=list)
    measure: Callable[[str, str, str], float | None] = usage.measure
    lock: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Look at every policy once a minute of ours, in a thread."""
        threading.Thread(target=self._go, daemon=True, name="course-ecs-scaler").start()

    def reset(self) -> None:
        """Forget everything."""
        with self.lock:
            self.targets.clear()
            self.watched.clear()
            self.activities.clear()

    def answer(self, action: str, given: dict[str, Any]) -> dict[str, Any]:
        """Answer a call.

        Raises:
            Refused: An unknown operation, or one that AWS would refuse as well.
        """
        actions: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "DescribeScalableTargets": self._targets,
            "PutScalingPolicy": self._put,
            "DeleteScalingPolicy": self._delete,
            "DescribeScalingPolicies": self._policies,
            "DescribeScalingActivities": self._activities,
        }
        if action not in actions:
            raise aws_api.Refused("UnknownOperationException", f"The course knows no {action}.")
        if given.get("ServiceNamespace") != "ecs":
            raise scaling_forms.invalid(
                "The course scales services of ECS alone: --service-namespace ecs"
            )
        with self.lock:
            return actions[action](given)

    def step(self, now: float) -> None:
        """Look at every policy once, and scale where one asks for it.

        Args:
            now: Seconds of a clock that never goes back.
        """
        for watched in list(self.watched.values()):
            target = self.targets.get(watched.policy["ResourceId"])
            with contextlib.suppress(CouldNotFindOut):
                if target:
                    self._judge(watched, target, now)

    def _go(self) -> None:
        while True:
            begun = time.monotonic()
            self.step(begun)
            time.sleep(max(0.05, MINUTE - (time.monotonic() - begun)))

    def _judge(self, watched: Watched, target: dict[str, Any], now: float) -> None:
        settings = watched.policy["TargetTrackingScalingPolicyConfiguration"]
        metric = settings["PredefinedMetricSpecification"]["PredefinedMetricType"]
        cluster, service = scaling_forms.names(target)
        value = self.measure(cluster, service, metric)
        if value is None:
            return
        wanted = float(settings["TargetValue"])
        watched.high = watched.high + 1 if value > wanted else 0
        watched.low = watched.low + 1 if value < wanted * LOW_AT else 0
        out = watched.high >= HIGH_IN_A_ROW
        goes_in = watched.low >= LOW_IN_A_ROW and not settings.get("DisableScaleIn")
        if now < watched.rests_until or not (out or goes_in):
            return
        count = usage.describe(cluster, service)["desiredCount"]
        better = min(
            max(math.ceil(count * value / wanted), target["MinCapacity"]),
            int(target["MaxCapacity"]),
        )
        if better == count or (better < count) != goes_in:
            return
        self._scale(target, watched.policy, better, "high" if out else "low")
        cooldown = settings.get("ScaleOutCooldown" if out else "ScaleInCooldown", COOLDOWN)
        watched.rests_until = now + cooldown / 60 * MINUTE
        watched.high = watched.low = 0

    def _scale(
        self, target: dict[str, Any], policy: dict[str, Any], count: int, which: str
    ) -> None:
        cluster, service = scaling_forms.names(target)
        aws_api.call(
            aws_api.ECS, "UpdateService", cluster=cluster, service=service, desiredCount=count
        )
        self.activities.insert(0, scaling_forms.activity(policy, count, which))

    def _register(self, given: dict[str, Any]) -> dict[str, Any]:
        name = scaling_forms.resource(given)
        target = {**self.targets.get(name, scaling_forms.target(name))}
        for part in ("MinCapacity", "MaxCapacity"):
            if part in given:
                target[part] = int(given[part])
            elif part not in target:
                raise scaling_forms.invalid(
                    "MinCapacity and MaxCapacity are required for a new target."
                )
        if target["MinCapacity"] > target["MaxCapacity"]:
            raise scaling_forms.invalid("Maximum capacity cannot be less than minimum capacity")
        cluster, service = scaling_forms.names(target)
        usage.describe(cluster, service)
        self.targets[name] = target
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def _deregister(self, given: dict[str, Any]) -> dict[str, Any]:
        name = scaling_forms.resource(given)
        if self.targets.pop(name, None) is None:
            raise aws_api.Refused("ObjectNotFoundException", f"No scalable target found: {name}")
        self.watched = {key: each for key, each in self.watched.items() if key[0] != name}
        return {}

    def _targets(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = given.get("ResourceIds")
        found = [each for name, each in self.targets.items() if not wanted or name in wanted]
        return {"ScalableTargets": found}

    def _put(self, given: dict[str, Any]) -> dict[str, Any]:
        name = scaling_forms.resource(given)
        if name not in self.targets:
            raise aws_api.Refused(
                "ObjectNotFoundException", f"No scalable target registered: {name}"
            )
        settings = given.get("TargetTrackingScalingPolicyConfiguration", {})
        metric = settings.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if given.get("PolicyType") != "TargetTrackingScaling" or metric not in usage.METRICS:
            known = " or ".join(usage.METRICS)
            raise scaling_forms.invalid(f"The course has target tracking of {known} alone.")
        key = (name, given["PolicyName"])
        before = self.watched.get(key)
        policy = scaling_forms.policy(name, key[1], settings)
        if before:
            policy["PolicyARN"] = before.policy["PolicyARN"]
        self.watched[key] = Watched(policy)
        return {"PolicyARN": policy["PolicyARN"], "Alarms": []}

    def _delete(self, given: dict[str, Any]) -> dict[str, Any]:
        key = (scaling_forms.resource(given), given.get("PolicyName", ""))
        if self.watched.pop(key, None) is None:
            raise aws_api.Refused("ObjectNotFoundException", f"No scaling policy found: {key[1]}")
        return {}

    def _policies(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = given.get("ResourceId")
        found = [each.policy for key, each in self.watched.items() if wanted in (None, key[0])]
        return {"ScalingPolicies": found}

    def _activities(self, given: dict[str, Any]) -> dict[str, Any]:
        wanted = given.get("ResourceId")
        found = [each for each in self.activities if wanted in (None, each["ResourceId"])]
        return {"ScalingActivities": found}
