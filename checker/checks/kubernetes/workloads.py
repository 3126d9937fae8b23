"""Deployments, and what can be expected of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Self

from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import poll_every
from checker.checks.kubernetes.altered_pods import (
    Replacement,
    create_altered_pod,
    expect_probe_refuses,
)
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.manifests import expect_same_spec
from checker.checks.kubernetes.pods import Pod, expect_image
from checker.checks.kubernetes.replacements import expect_replacement
from checker.checks.kubernetes.rollouts import Rollout

SHOWN_PODS = 2
POLL_SECONDS = 0.5
"""Seconds between two looks at how long Pods have run: time that passes is no event."""


class Deployment(DeploymentState):
    """A Deployment and what is expected of it; every `expect_` gives the Deployment back."""

    @property
    def rollout(self) -> Rollout:
        """How it replaces its Pods, and how a rollout ends."""
        return Rollout(self._api, self)

    def expect_replicas(self, expected: int, *, next_step: str = "") -> Self:
        """Expect how many Pods are wanted; `expect_ready` asks whether they are there."""
        if self.replicas != expected:
            what = f"{self.display_name} wants {expected} replicas"
            step = (
                f"Change `replicas` in its manifest and apply it, or: "
                f"kubectl scale deployment {self.name} -n {self.namespace} --replicas={expected}"
            )
            raise CheckFailed(what, f"it wants {self.replicas}", next_step or step)
        return self

    def expect_ready(self, *, within: float = 0, lasting: float = 0, next_step: str = "") -> Self:
        """Expect that all Pods that it wants are ready, and made from its present template.

        Args:
            within: Seconds to wait for that.
            lasting: Seconds for which each must have run; they are waited for as well. Pods that
                were started again must have run for ten seconds in any case.
            next_step: What a learner is told if they do not come up.
        """
        deadline = time.monotonic() + within + lasting
        if not self.replicas:
            step = f"Give it some: {self.suggest_command('scale')} --replicas=1"
            expected = f"{self.display_name} has ready Pods"
            raise CheckFailed(expected, "it wants 0 replicas, so none runs", step)

        def check_rollout() -> None:
            if not self.rolled_out:
                resume = f"Let them go on: kubectl rollout resume deployment {self.name}"
                paused = f"{resume} -n {self.namespace}" if self.spec.get("paused") else ""
                raise CheckFailed(
                    f"{self.display_name} has {self.replicas} ready Pods of its current template",
                    self.pod_counts,
                    paused
                    or next_step
                    or f"See which does not come up: kubectl get pods -n {self.namespace}; then "
                    "kubectl describe pod and kubectl logs with its name.",
                )

        def check_lasting() -> None:
            check_rollout()
            for pod in self.pods:
                if pod.ready:
                    pod.expect_lasting(lasting, next_step=next_step)

        # Nothing comes up while its rollouts are paused.
        self.wait_until_passed(check_rollout, 0 if self.spec.get("paused") else within)
        left = max(0.0, deadline - time.monotonic())
        return self.wait_until_passed(check_lasting, left, poll_every(POLL_SECONDS))

    def expect_replacement(self, gone: str, successor: str, *, next_step: str = "") -> Self:
        """Expect that one of its Pods was deleted, and that another was made in its place."""
        expect_replacement(self._api, self, gone, successor, next_step)
        return self

    def create_altered_pod(
        self, *, command: Sequence[str] = (), settings: Sequence[Replacement] = ()
    ) -> contextlib.AbstractContextManager[Pod]:
        """Create a Pod as its template says, but for what is given; it is gone after the block.

        Args:
            command: In place of the first container's own.
            settings: A ConfigMap or Secret with old value -> new value: the Pod gets a copy of it.
        """
        return create_altered_pod(self._api, self, command=command, settings=settings)

    def expect_probe_refuses(
        self, command: Sequence[str], *, port: int, within: float = 30, next_step: str = ""
    ) -> Self:
        """Expect that its readiness probe refuses a Pod that runs `command`, and serves the port.

        That is tried on a Pod of the check's own.
        """
        expect_probe_refuses(
            self._api, self, command, port=port, within=within, next_step=next_step
        )
        return self

    def expect_same_spec(self, written: Self, *, where: str, next_step: str = "") -> Self:
        """Expect that it wants what a manifest says, nothing less and nothing more.

        Args:
            written: The Deployment of the manifest, from `Namespace.manifest`.
            where: The file that it is in, for messages.
            next_step: What a learner is told if they differ.
        """
        expect_same_spec(self, written, where, next_step)
        return self

    def expect_image(self, reference: str, *, container: str = "", next_step: str = "") -> Self:
        """Expect that a container of its template, or the named one, uses this image."""
        step = next_step or "Change `image` in its manifest, and apply it again."
        expect_image(self.display_name, self.images, reference, container, step)
        return self

    def expect_selector(self, expected: dict[str, str], *, next_step: str = "") -> Self:
        """Expect that it knows its Pods by these labels."""
        for key, value in expected.items():
            step = next_step or "A selector cannot be changed: delete it, and make it again."
            expect_entry(f"{self.display_name}: selector", self.selector, key, value, step)
        return self

    def expect_pod_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that its Pods get this label."""
        labels = self.template["metadata"].get("labels") or {}
        step = next_step or "Labels of Pods are in its manifest, under template, metadata, labels."
        expect_entry(f"{self.display_name}: label of its Pods", labels, key, value, step)
        return self

    def list_troubles(self) -> list[str]:
        """Return those of its Pods that do not come up; if there are none, its own."""
        unready = [pod for pod in self.pods if not pod.ready][:SHOWN_PODS]
        return [
            f"{pod.name}: {pod.state}. {' '.join(map(describe_value, pod.list_troubles()))}"
            for pod in unready
        ] or super().list_troubles()
