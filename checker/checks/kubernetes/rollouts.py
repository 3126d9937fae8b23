"""How a Deployment replaces its Pods: what is set for it, and how a rollout ends."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, shown
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.objects import KINDS
from checker.checks.kubernetes.pods import Pod

if TYPE_CHECKING:
    from checker.orchestrators.kind.kube_api import Api

POLL_SECONDS = 0.2
"""The end of a rollout is a fact about several objects, which no single watch tells."""

DEADLINE = "ProgressDeadlineExceeded"
TROUBLES = (("Progressing", "False"), ("ReplicaFailure", "True"))
SHOWN_PODS = 3
Object = dict[str, Any]


class Rollout:
    """The rollouts of a Deployment; every fact is looked up anew."""

    def __init__(self, api: Api, deployment: DeploymentState) -> None:
        self._api = api
        self._deployment = deployment

    # --- what is set

    @property
    def max_unavailable(self) -> int:
        """How many of its Pods may be missing; with Recreate, all of them.

        Where percentages leave neither a Pod more nor one fewer, one may be missing all the same
        (kubernetes, pkg/controller/deployment/util, ResolveFenceposts).
        """
        most = self._most("maxUnavailable", up=False)
        return most or int(self.max_surge == 0)

    @property
    def max_surge(self) -> int:
        """How many Pods more than wanted there may be; with Recreate, none."""
        return self._most("maxSurge", up=True)

    @property
    def readiness_probe(self) -> Object:
        """That of the first container; empty if there is none."""
        return dict(_first(self._deployment.template).get("readinessProbe") or {})

    def expect_readiness_probe(self, *, next_step: str = "") -> Self:
        """Its template says how to ask a Pod whether it is ready."""
        if not self.readiness_probe:
            raise CheckFailed(
                f"a readiness probe of {self._deployment.name}",
                "no readiness probe: a Pod gets requests as soon as its process runs",
                next_step or "kubectl explain pod.spec.containers.readinessProbe",
            )
        return self

    def expect_unavailable(self, most: int, *, next_step: str = "") -> Self:
        """A rollout keeps all of its Pods but so many."""
        if self.max_unavailable > most:
            strategy = self._deployment.spec.get("strategy") or {}
            raise CheckFailed(
                f"a rollout of {self._deployment.name} with at most {most} of "
                f"{self._deployment.replicas} Pods missing",
                f"{self.max_unavailable} may be missing: {shown(str(strategy))}",
                next_step or "kubectl explain deployment.spec.strategy.rollingUpdate",
            )
        return self

    # --- how it goes

    @property
    def stuck(self) -> bool:
        """The present rollout has not moved on for longer than its deadline."""
        return any(each.get("reason") == DEADLINE for each in self._conditions)

    @property
    def complete(self) -> bool:
        """All Pods are available and of the present template; old ones may be about to end."""
        shop = self._deployment
        return shop.rolled_out and int(shop.status.get("availableReplicas", 0)) == shop.replicas

    def settle(self, within: float = 60) -> Self:
        """Wait until no rollout is under way and the last old Pod has ended.

        Raises:
            CheckFailed: That takes longer; with the reason that Kubernetes gives.
        """
        settled = self._looked(lambda: self.complete and not self._going())
        if not wait_until(settled, within, POLL_SECONDS):
            raise self._endless(within)
        return self

    def deploy(self, image: str, *, within: float = 60) -> str:
        """Roll another image out, as `kubectl set image` does, and wait for the end.

        Args:
            image: For the first container of the template.
            within: Seconds; `settle` waits for old Pods to end as well.

        Returns:
            complete, or stuck when its progress deadline has passed.

        Raises:
            CheckFailed: Neither in time; with the reason that Kubernetes gives.
            CouldNotFindOut: That image is deployed already, so nothing would happen.
        """
        shop = self._deployment
        shop._refresh()
        containers = list(shop.template["spec"]["containers"])
        if containers[0]["image"] == image:
            raise CouldNotFindOut(
                f"{shop.name} is made from {image} already; rolling it out would do nothing."
            )
        changed = [{**containers[0], "image": image}, *containers[1:]]
        template = {"spec": {"containers": changed}}
        shop.attrs = self._api.patch(
            f"{shop._folder}/{shop.name}", {"spec": {"template": template}}
        )
        wanted = int(shop.attrs["metadata"]["generation"])

        def over() -> bool:
            seen = int(shop.status.get("observedGeneration", 0)) >= wanted
            return seen and (self.stuck or self.complete)

        if not wait_until(self._looked(over), within, POLL_SECONDS):
            raise self._endless(within)
        return "stuck" if self.stuck else "complete"

    @contextlib.contextmanager
    def trial(self, image: str) -> Iterator[Pod]:
        """A Pod as its template says, but from another image, apart from all Services.

        It is of the check's own, and gone after the block.
        """
        shop = self._deployment
        folder = KINDS["pod"].path(shop.namespace)
        spec = dict(shop.template["spec"])
        first, *others = spec["containers"]
        spec |= {"containers": [{**first, "image": image}, *others]}
        name = f"course-check-{uuid.uuid4().hex[:8]}"
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
        made = self._api.create(folder, body)
        try:
            yield Pod(self._api, folder, made)
        finally:
            self._api.delete(f"{folder}/{name}", grace=0)

    def expect_probe_tells(self, good: str, bad: str, *, within: float = 30) -> Self:
        """A Pod as its template says becomes ready from one image, and does not from another."""
        with self.trial(good) as one, self.trial(bad) as other:
            one.expect_ready(
                within=within,
                next_step=f"The probe must be content with {good}: at which port and path, and how "
                "soon, does it ask?",
            )
            if not wait_until(
                lambda: other.seen().ready or _is_refused(other), within, POLL_SECONDS
            ):
                raise CouldNotFindOut(
                    f"Nobody asked the Pod from {bad}.", found=f"{other.state}; {other.events}"
                )
            if other.ready:
                raise CheckFailed(
                    f"a Pod from {bad} does not become ready",
                    f"the readiness probe is content with it: {shown(str(self.readiness_probe))}",
                    "Ask it how it is, and not only whether it is there.",
                )
        return self

    # --- within

    @property
    def _conditions(self) -> list[Object]:
        return list(self._deployment.status.get("conditions") or [])

    def _looked(self, holds: Any) -> Any:
        def look() -> bool:
            self._deployment._refresh()
            return bool(holds())

        return look

    def _going(self) -> list[str]:
        """Its Pods that were told to end and are still there."""
        shop = self._deployment
        selector = ",".join(f"{key}={value}" for key, value in shop.selector.items())
        found = self._api.items(KINDS["pod"].path(shop.namespace), labelSelector=selector)
        return [
            each["metadata"]["name"] for each in found if "deletionTimestamp" in each["metadata"]
        ]

    def _most(self, key: str, *, up: bool) -> int:
        """A number or percent of the strategy, as the Deployment controller resolves it."""
        shop = self._deployment
        strategy = shop.spec.get("strategy") or {}
        if strategy.get("type") == "Recreate":
            return 0 if up else shop.replicas
        given = str((strategy.get("rollingUpdate") or {}).get(key, "25%"))
        if not given.endswith("%"):
            return min(int(given), shop.replicas) if not up else int(given)
        share = int(given[:-1]) * shop.replicas
        return -(-share // 100) if up else min(share // 100, shop.replicas)

    def _endless(self, within: float) -> CheckFailed:
        shop = self._deployment
        return CheckFailed(
            f"the rollout of {shop.name} ends within {within:g} s",
            f"{shop._counts}; {self._reasons()}",
            f"kubectl rollout status deployment {shop.name} -n {shop.namespace}; then "
            f"kubectl describe pods -n {shop.namespace}",
        )

    def _reasons(self) -> str:
        """Why it is not over, each reason once."""
        said = [
            f"{each['type']}: {each.get('message', '')}"
            for each in self._conditions
            if (each["type"], each["status"]) in TROUBLES
        ]
        for pod in [each for each in self._deployment.pods if not each.ready][:SHOWN_PODS]:
            events = pod.events
            said.append(f"{pod.name}: {pod.state}{f' ({events[-1]})' if events else ''}")
        said += [f"{name}: still ending" for name in self._going()[:SHOWN_PODS]]
        return "; ".join(dict.fromkeys(said)) or "nobody says why"


def _is_refused(pod: Pod) -> bool:
    """A probe has failed for another reason than that nothing listens yet."""
    failed = [each for each in pod.events if each.startswith("Unhealthy: Readiness")]
    return any("refused" not in each.lower() for each in failed)


def _first(template: Object) -> Object:
    """The container that requests go to."""
    return dict(template["spec"]["containers"][0])
