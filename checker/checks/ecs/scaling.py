"""How Application Auto Scaling scales a service: between which counts, and by what."""

from __future__ import annotations

from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.orchestrators.ecs import aws_api

CPU = "ECSServiceAverageCPUUtilization"
POLICY = "aws application-autoscaling put-scaling-policy"
TARGET = "aws application-autoscaling register-scalable-target"
SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")


class EcsScaling:
    """What a service is asked about its scaling."""

    cluster: str
    name: str

    @property
    def scaling_bounds(self) -> tuple[int, int] | None:
        """The least and the most tasks that it is scaled to; None where it is not scaled."""
        for each in self._describe_scaling("ScalableTargets"):
            return int(each["MinCapacity"]), int(each["MaxCapacity"])
        return None

    def expect_scaling(self, least: int, most: int, target: float, *, next_step: str = "") -> Self:
        """Expect that it is scaled between two counts, out and in, by target tracking of CPU."""
        bounds = self.scaling_bounds
        if bounds != (least, most):
            here = f"from {bounds[0]} to {bounds[1]}" if bounds else "no scalable target"
            raise CheckFailed(
                f"{self} may scale from {least} to {most} tasks", here, next_step or TARGET
            )
        policies = self._describe_scaling("ScalingPolicies")
        tracked = [each["TargetTrackingScalingPolicyConfiguration"] for each in policies]
        if not tracked or any(not _keeps_cpu(each, target) for each in tracked):
            expected = f"a policy of {self} that keeps CPU at {target:g} %, and no other"
            here = ", ".join(map(_describe_policy, tracked)) or "no policy"
            step = next_step or (
                f"{POLICY}   Under the same --policy-name it replaces the one that is there; "
                "delete-scaling-policy removes one."
            )
            raise CheckFailed(expected, here, step)
        self._expect_both_ways(tracked, next_step)
        return self

    def _expect_both_ways(self, tracked: list[dict[str, Any]], next_step: str) -> None:
        expected = f"{self} is scaled in as well as out"
        if all(each.get("DisableScaleIn") for each in tracked):
            step = next_step or f"{POLICY}   Once more under its name, without DisableScaleIn."
            raise CheckFailed(expected, "its policy has DisableScaleIn", step)
        for each in self._describe_scaling("ScalableTargets"):
            stopped = [key for key in SUSPENDED if each.get("SuspendedState", {}).get(key)]
            if stopped:
                step = next_step or f"{TARGET} --suspended-state {stopped[0]}=false"
                raise CheckFailed(expected, f"its scalable target has {stopped[0]}", step)

    def _describe_scaling(self, kind: str) -> list[dict[str, Any]]:
        name = f"service/{self.cluster}/{self.name}"
        found = aws_api.call_service(aws_api.SCALING, f"Describe{kind}", ServiceNamespace="ecs")
        return [each for each in found[kind] if each["ResourceId"] == name]


def _keeps_cpu(policy: dict[str, Any], target: float) -> bool:
    return _read_metric(policy) == CPU and float(policy["TargetValue"]) == target


def _describe_policy(policy: dict[str, Any]) -> str:
    return f"{_read_metric(policy)} at {float(policy['TargetValue']):g}"


def _read_metric(policy: dict[str, Any]) -> str:
    given = policy.get("PredefinedMetricSpecification") or {}
    return str(given.get("PredefinedMetricType", "another metric"))
