"""HorizontalPodAutoscalers, and what can be expected of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.kubernetes.objects import KubernetesObject
from checker.checks.kubernetes.pod_state import PodState
from checker.checks.kubernetes.quantities import parse_quantity
from checker.orchestrators.kind.kube_api import Object

FIELDS = "kubectl explain hpa.spec --api-version=autoscaling/v2 --recursive shows all fields."

DEFAULT_WINDOW = 300
DEFAULT_POLICIES = [{"type": "Percent", "value": 100, "periodSeconds": 15}]
"""Of scaling down, where nothing is said: https://kubernetes.io/docs/tasks/run-application/
horizontal-pod-autoscale/#default-behavior. The API server fills policies in, but no window."""

LONGEST = 1800
"""Seconds: no policy looks at a longer period."""


class Autoscaler(KubernetesObject):
    """A HorizontalPodAutoscaler, in whichever version of the API it was made, as autoscaling/v2."""

    @property
    def target(self) -> str:
        """What it scales, such as `Deployment web`."""
        reference = self.spec["scaleTargetRef"]
        return f"{reference['kind']} {reference['name']}"

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the largest number of Pods."""
        return int(self.spec.get("minReplicas") or 1), int(self.spec["maxReplicas"])

    @property
    def window(self) -> int:
        """For how many seconds fewer Pods must have been enough before it shrinks."""
        given = self._scale_down.get("stabilizationWindowSeconds")
        return DEFAULT_WINDOW if given is None else int(given)

    def expect_target(self, expected: str, *, next_step: str = "") -> Self:
        """Expect what it scales, such as `Deployment web`."""
        return self._expect_equal("scales", self.target, expected, next_step)

    def expect_bounds(self, least: int, most: int, *, next_step: str = "") -> Self:
        """Expect between how many Pods it may choose."""
        found, expected = (f"{a} to {b} Pods" for a, b in (self.bounds, (least, most)))
        return self._expect_equal("may choose", found, expected, next_step)

    def expect_use(
        self, resource: str, percent: int, pod: PodState | None, *, next_step: str = ""
    ) -> Self:
        """Expect that it keeps the use of `cpu` or `memory` at so many percent of the request.

        A value for each Pod is so many percent of what the Pod requests.

        Args:
            resource: `cpu` or `memory`.
            percent: Of the request.
            pod: One of the Pods that it scales; None if there is none.
            next_step: What a learner is told if it is not so.
        """
        metrics = self.spec.get("metrics") or []
        found = join_names((_describe_metric(each, pod) for each in metrics), "nothing")
        expected = f"{resource} at {percent} %"
        fits = [_compute_percent(each, resource, pod) == percent for each in metrics]
        if not fits or not all(fits):
            what = f"{self.display_name} keeps {expected} of the request"
            raise CheckFailed(what, f"it keeps {found}", next_step or FIELDS)
        return self

    def expect_number(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it knows how much is used, so that it can compute a number of Pods."""

        def check_number() -> None:
            step = next_step or f"Look at Conditions: {self.suggest_command('describe')}"
            for each in self.status.get("conditions") or []:
                if each["type"] == "ScalingActive" and each["status"] != "True":
                    found = f"{each.get('reason', '')}: {each.get('message', '')}"
                    raise CheckFailed(f"{self.display_name} has a number", found, step)
            if self.condition("ScalingActive") != "True" or not self.status.get("currentMetrics"):
                raise CheckFailed(f"{self.display_name} has a number", "it has none yet", step)

        return self.wait_until_passed(check_number, within)

    def expect_desired(self, expected: int, *, within: float = 0, next_step: str = "") -> Self:
        """Expect how many Pods it has decided on."""

        def check_desired() -> None:
            desired = self.status.get("desiredReplicas", 0)
            self._expect_equal("wants", f"{desired} Pods", f"{expected} Pods", next_step)

        return self.wait_until_passed(check_desired, within)

    def expect_free(self, *, next_step: str = "") -> Self:
        """Expect that it may go up as well as down."""
        for name in ("scaleUp", "scaleDown"):
            if (self._behavior.get(name) or {}).get("selectPolicy") == "Disabled":
                found = f"behavior.{name} has selectPolicy: Disabled"
                step = next_step or "kubectl explain hpa.spec.behavior --recursive"
                raise CheckFailed(f"{self.display_name} may go up and down", found, step)
        return self

    def expect_window(self, seconds: int, *, next_step: str = "") -> Self:
        """Expect for how long fewer Pods must have been enough before it shrinks."""
        found, expected = f"{self.window} seconds", f"{seconds} seconds"
        return self._expect_equal("shrinks when fewer were enough for", found, expected, next_step)

    def expect_shrinking(self, pods: int, seconds: int, *, next_step: str = "") -> Self:
        """Expect that it takes away so many Pods in each stretch of so many seconds.

        What its policies come to is computed from its largest number down to its least.
        """
        least, most = self.bounds
        wanted, count, second = [(0, most)], most, 0
        while count > least:
            count = max(least, count - pods)
            wanted.append((second, count))
            second += seconds
        found = self.simulate_shrinking()
        if found != wanted or len(found) == 1:
            raise CheckFailed(
                f"{self.display_name} takes away {pods} Pod{'s' * (pods != 1)} every {seconds} s",
                self._describe_steps(found),
                next_step or "kubectl explain hpa.spec.behavior.scaleDown --recursive",
            )
        return self

    def simulate_shrinking(self) -> list[tuple[int, int]]:
        """Return (second, Pods) from its largest number to its least, if nothing is used any more.

        The first pair is where it begins; the window has passed by then. It is what the
        controller does (kubernetes, pkg/controller/podautoscaler/horizontal.go,
        calculateScaleDownLimitWithBehaviors) if it looked every second.
        """
        least, most = self.bounds
        down = self._scale_down
        policies = down.get("policies") or DEFAULT_POLICIES
        # The least change is the highest number that is left.
        choose = max if down.get("selectPolicy") == "Min" else min
        steps, count = [(0, most)], most
        if down.get("selectPolicy") == "Disabled":
            return steps
        for second in range(LONGEST * (most - least) + 1):
            lowest = choose(_find_lowest(steps, count, each, second) for each in policies)
            if (lower := max(least, lowest)) < count:
                count = lower
                steps.append((second, count))
            if count == least:
                break
        return steps

    @property
    def _behavior(self) -> Object:
        return dict(self.spec.get("behavior") or {})

    @property
    def _scale_down(self) -> Object:
        return dict(self._behavior.get("scaleDown") or {})

    def _describe_steps(self, steps: list[tuple[int, int]]) -> str:
        least, most = self.bounds
        if least == most:
            return f"it never shrinks: its bounds are {least} to {most} Pods"
        if len(steps) == 1:
            policy = self._scale_down.get("selectPolicy", "its policies")
            return f"it never shrinks: {policy}"
        path = ", ".join(f"{count} after {second} s" for second, count in steps[1:8])
        return f"from {most} Pods on it would go to {path}"

    def _expect_equal(self, verb: str, found: str, expected: str, next_step: str) -> Self:
        if found != expected:
            what = f"{self.display_name} {verb} {expected}"
            raise CheckFailed(what, found, next_step or FIELDS)
        return self


def _find_lowest(steps: list[tuple[int, int]], count: int, policy: Object, second: int) -> int:
    """Return the least number of Pods that one policy allows at a second."""
    since = second - int(policy["periodSeconds"])
    earlier = [before for (at, _), (_, before) in zip(steps[1:], steps, strict=False) if at > since]
    begun_with = earlier[0] if earlier else count
    value = int(policy["value"])
    if policy["type"] == "Pods":
        return begun_with - value
    return int(begun_with * (1 - value / 100))


def _read_metric(metric: Object) -> tuple[str, str, Object]:
    """Return resource, container and target of a metric; "" for a container that is not named."""
    kind = {"Resource": "resource", "ContainerResource": "containerResource"}.get(metric["type"])
    found = metric.get(kind or "") or {}
    return str(found.get("name", "")), str(found.get("container", "")), found.get("target") or {}


def _compute_percent(metric: Object, resource: str, pod: PodState | None) -> Decimal | None:
    """Return at how many percent of the request a metric keeps a resource; None if it does not."""
    name, container, target = _read_metric(metric)
    if name != resource:
        return None
    if target.get("type") == "Utilization":
        return Decimal(target.get("averageUtilization") or 0)
    value = parse_quantity(target.get("averageValue"))
    request = pod.request(resource, container=container) if pod else Decimal(0)
    return value / request * 100 if value is not None and request else None


def _describe_metric(metric: Object, pod: PodState | None) -> str:
    name, container, target = _read_metric(metric)
    if not name:
        return f"a metric of type {metric['type']}"
    of = f" of the container {container}" if container else ""
    percent = _compute_percent(metric, name, pod)
    if percent is not None:
        return f"{name}{of} at {percent:g} %"
    return f"{name}{of} at {target.get('averageValue') or target.get('value')}"
