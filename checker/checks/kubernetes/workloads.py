"""Deployments, and what can be expected of them."""

from __future__ import annotations

from typing import Self

from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.core.settings import expect_entry
from checker.checks.kubernetes.deployment_state import DeploymentState
from checker.checks.kubernetes.pods import expect_image
from checker.checks.kubernetes.rollouts import Rollout

SHOWN_PODS = 2


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

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that all Pods that it wants are ready, and made from its present template."""

        def check_rollout() -> None:
            if not self.rolled_out:
                raise CheckFailed(
                    f"{self.display_name} has {self.replicas} ready Pods of its current template",
                    self.pod_counts,
                    next_step
                    or f"See which does not start: kubectl get pods -n {self.namespace}; then "
                    "kubectl describe pod and kubectl logs with its name.",
                )

        return self.wait_until_passed(check_rollout, within)

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
