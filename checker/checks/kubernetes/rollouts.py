"""How a Deployment replaces its Pods: what is set for it, and how a rollout ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.objects import KINDS
from checker.checks.kubernetes.pods import Pod, create_own_pod, make_own_name
from checker.checks.kubernetes.trial_copies import TrialCopy

if TYPE_CHECKING:
    from checker.orchestrators.kind.kube_api import Api, Object

POLL_SECONDS = 0.2
"""The end of a rollout is a fact about several objects, which no single watch tells."""

DEADLINE = "ProgressDeadlineExceeded"
TROUBLES = (("Progressing", "False"), ("ReplicaFailure", "True"))
SHOWN_PODS = 3


class Rollout:
    """The rollouts of a Deployment."""

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
        most = self._resolve_bound("maxUnavailable", round_up=False)
        return most or int(self.max_surge == 0)

    @property
    def max_surge(self) -> int:
        """How many Pods more than wanted there may be; with Recreate, none."""
        return self._resolve_bound("maxSurge", round_up=True)

    @property
    def readiness_probe(self) -> Object:
        """That of the first container; empty if there is none."""
        first = self._deployment.template["spec"]["containers"][0]
        return dict(first.get("readinessProbe") or {})

    def expect_readiness_probe(self, *, next_step: str = "") -> Self:
        """Expect that its template says how to ask a Pod whether it is ready."""
        if not self.readiness_probe:
            found = "no readiness probe: a Pod gets requests as soon as its process runs"
            step = next_step or "kubectl explain pod.spec.containers.readinessProbe"
            raise CheckFailed(f"a readiness probe of {self._deployment.name}", found, step)
        return self

    def expect_unavailable(self, most: int, *, next_step: str = "") -> Self:
        """Expect that a rollout keeps all of its Pods but `most`."""
        if self.max_unavailable > most:
            strategy = self._deployment.spec.get("strategy") or {}
            raise CheckFailed(
                f"a rollout of {self._deployment.name} with at most {most} of "
                f"{self._deployment.replicas} Pods missing",
                f"{self.max_unavailable} may be missing: {describe_value(str(strategy))}",
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
        available = int(self._deployment.status.get("availableReplicas", 0))
        return self._deployment.rolled_out and available == self._deployment.replicas

    def settle(self, within: float = 60) -> Self:
        """Wait until no rollout is under way and the last old Pod has ended.

        Raises:
            CheckFailed: That takes longer; with the reason that Kubernetes gives.
        """

        def has_settled() -> bool:
            self._deployment.refresh()
            return self.complete and not self._list_ending_pods()

        if not wait_until(has_settled, within, POLL_SECONDS):
            raise self._explain_timeout(within)
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
        deployment = self._deployment.refresh()
        first, *others = deployment.template["spec"]["containers"]
        if first["image"] == image:
            raise CouldNotFindOut(
                f"{deployment.name} is made from {image} already; rolling it out would do nothing."
            )
        template = {"spec": {"containers": [{**first, "image": image}, *others]}}
        deployment.attrs = self._api.patch(
            f"{KINDS['deployment'].list_path(deployment.namespace)}/{deployment.name}",
            {"spec": {"template": template}},
        )
        generation = int(deployment.attrs["metadata"]["generation"])

        def has_ended() -> bool:
            deployment.refresh()
            # Until the controller has seen the change, the status is that of the last rollout.
            seen = int(deployment.status.get("observedGeneration", 0)) >= generation
            return seen and (self.stuck or self.complete)

        if not wait_until(has_ended, within, POLL_SECONDS):
            raise self._explain_timeout(within)
        return "stuck" if self.stuck else "complete"

    @contextlib.contextmanager
    def create_trial_pod(self, copy: str | TrialCopy) -> Iterator[Pod]:
        """Create a Pod as its template says, but for what the copy differs in.

        It is apart from all Services, and gone after the block. A text is an image.
        """
        spec = _as_copy(copy).change_spec(self._deployment.template["spec"])
        namespace = self._deployment.namespace
        with create_own_pod(self._api, namespace, make_own_name(), spec) as pod:
            yield pod

    def expect_probe_tells(
        self,
        good: str | TrialCopy,
        bad: str | TrialCopy | Sequence[str | TrialCopy],
        *,
        within: float = 30,
    ) -> Self:
        """Expect that a good copy of its Pods becomes ready, and that no bad one does."""
        copies = [bad] if isinstance(bad, (str, TrialCopy)) else bad
        with contextlib.ExitStack() as stack:
            one = stack.enter_context(self.create_trial_pod(good))
            others = {
                stack.enter_context(self.create_trial_pod(each)): _as_copy(each) for each in copies
            }
            one.expect_ready(
                within=within,
                next_step=f"The probe must be content with {_as_copy(good).display_name}: at which "
                "port and path, and how soon, does it ask?",
            )
            for other, copy in others.items():
                self._expect_refused(other, copy, within)
        return self

    # --- within

    def _expect_refused(self, pod: Pod, copy: TrialCopy, timeout: float) -> None:
        """Expect that a trial Pod is asked, and does not become ready."""

        def is_decided() -> bool:
            if pod.refresh().ready:
                return True
            failed = [each for each in pod.events if each.startswith("Unhealthy: Readiness")]
            # A refused connection only says that nothing listens yet, where something should.
            return any("refused" not in each.lower() or copy.command for each in failed)

        if not wait_until(is_decided, timeout, POLL_SECONDS):
            message = f"Nobody asked {copy.display_name}."
            raise CouldNotFindOut(message, found=f"{pod.state}; {pod.events}")
        if pod.ready:
            probe = describe_value(str(self.readiness_probe))
            found = f"the readiness probe is content with it: {probe}"
            step = "Ask it how it is, and not only whether it is there."
            raise CheckFailed(f"{copy.display_name} does not become ready", found, step)

    @property
    def _conditions(self) -> list[Object]:
        return list(self._deployment.status.get("conditions") or [])

    def _list_ending_pods(self) -> list[str]:
        """Return its Pods that were told to end and are still there."""
        deployment = self._deployment
        folder = KINDS["pod"].list_path(deployment.namespace)
        items = self._api.items(folder, labelSelector=deployment.selector_text)
        found = [each["metadata"] for each in items]
        return [each["name"] for each in found if "deletionTimestamp" in each]

    def _resolve_bound(self, key: str, *, round_up: bool) -> int:
        """Resolve a number or percent of the strategy as the Deployment controller does."""
        replicas = self._deployment.replicas
        strategy = self._deployment.spec.get("strategy") or {}
        if strategy.get("type") == "Recreate":
            return 0 if round_up else replicas
        given = str((strategy.get("rollingUpdate") or {}).get(key, "25%"))
        if not given.endswith("%"):
            return int(given) if round_up else min(int(given), replicas)
        share = int(given[:-1]) * replicas
        return -(-share // 100) if round_up else min(share // 100, replicas)

    def _explain_timeout(self, timeout: float) -> CheckFailed:
        """Return why the rollout is not over, each reason once."""
        reasons = [
            f"{each['type']}: {each.get('message', '')}"
            for each in self._conditions
            if (each["type"], each["status"]) in TROUBLES
        ]
        deployment = self._deployment
        for pod in [each for each in deployment.pods if not each.ready][:SHOWN_PODS]:
            events = pod.events
            reasons.append(f"{pod.name}: {pod.state}{f' ({events[-1]})' if events else ''}")
        reasons += [f"{name}: still ending" for name in self._list_ending_pods()[:SHOWN_PODS]]
        return CheckFailed(
            f"the rollout of {deployment.name} ends within {timeout:g} s",
            f"{deployment.pod_counts}; {'; '.join(dict.fromkeys(reasons)) or 'nobody says why'}",
            f"kubectl rollout status deployment {deployment.name} -n {deployment.namespace}; then "
            f"kubectl describe pods -n {deployment.namespace}",
        )


def _as_copy(copy: str | TrialCopy) -> TrialCopy:
    return TrialCopy(image=copy) if isinstance(copy, str) else copy
