"""Deployments, and what can be expected of them."""

from __future__ import annotations

from typing import Self

from checker.checks.failure import CheckFailed, shown
from checker.checks.kubeobjects import CORE, KINDS, Object, Thing
from checker.checks.pods import Pods, expect_image
from checker.checks.rollouts import Rollout
from checker.checks.settings import expect_entry
from checker.engines.kube import Api

SHOWN_PODS = 2


class Deployment(Thing):
    """A Deployment and what is expected of it; every `expect_` gives the Deployment back."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, KINDS["deployment"], folder, attrs)

    @property
    def replicas(self) -> int:
        """How many Pods are wanted."""
        return int(self.spec.get("replicas", 1))

    @property
    def ready(self) -> int:
        """How many Pods are ready, of whatever version."""
        return int(self.status.get("readyReplicas", 0))

    @property
    def rolled_out(self) -> bool:
        """All Pods that are wanted are ready and of the present template, and no other is left."""
        status = self.status
        counts = (status.get(key, 0) for key in ("replicas", "updatedReplicas", "readyReplicas"))
        seen = status.get("observedGeneration", 0) >= self.attrs["metadata"].get("generation", 0)
        return seen and all(count == self.replicas for count in counts)

    @property
    def images(self) -> dict[str, str]:
        """Container -> image, of the template."""
        return {each["name"]: each["image"] for each in self.template["spec"]["containers"]}

    @property
    def template(self) -> Object:
        """What its Pods are made from."""
        return dict(self.spec["template"])

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which it knows its Pods."""
        return dict(self.spec["selector"].get("matchLabels") or {})

    @property
    def pods(self) -> Pods:
        """The Pods that its selector matches now."""
        selector = ",".join(f"{key}={value}" for key, value in self.selector.items())
        folder = f"{CORE}/namespaces/{self.namespace}/pods"
        return Pods(self._api, folder, selector, f"Pods of {self.name}")

    @property
    def rollout(self) -> Rollout:
        """How it replaces its Pods, and how a rollout ends."""
        return Rollout(self._api, self)

    def expect_replicas(self, expected: int, *, next_step: str = "") -> Self:
        """So many Pods are wanted; `expect_ready` asks whether they are there."""
        if self.replicas != expected:
            raise CheckFailed(
                f"{self._called} wants {expected} replicas",
                f"it wants {self.replicas}",
                next_step
                or f"Change `replicas` in its manifest and apply it, or: "
                f"kubectl scale deployment {self.name} -n {self.namespace} --replicas={expected}",
            )
        return self

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """All Pods that it wants are ready, and made from its present template."""

        def judge() -> None:
            if not self.rolled_out:
                raise CheckFailed(
                    f"{self._called} has {self.replicas} ready Pods of its present template",
                    self._counts,
                    next_step
                    or f"See which does not come up: kubectl get pods -n {self.namespace}; then "
                    "kubectl describe pod and kubectl logs with its name.",
                )

        return self._within(judge, within)

    def expect_image(self, reference: str, *, container: str = "", next_step: str = "") -> Self:
        """One container of its template, or the one that is named, uses this image."""
        step = next_step or "Change `image` in its manifest, and apply it again."
        expect_image(self._called, self.images, reference, container, step)
        return self

    def expect_selector(self, expected: dict[str, str], *, next_step: str = "") -> Self:
        """It knows its Pods by these labels."""
        for key, value in expected.items():
            step = next_step or "A selector cannot be changed: delete it, and make it again."
            expect_entry(f"{self._called}: selector", self.selector, key, value, step)
        return self

    def expect_pod_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Its Pods get this label."""
        labels = self.template["metadata"].get("labels") or {}
        step = next_step or "Labels of Pods stand in its manifest under template, metadata, labels."
        expect_entry(f"{self._called}: label of its Pods", labels, key, value, step)
        return self

    @property
    def _counts(self) -> str:
        status = self.status
        counts = f"{self.ready} of {self.replicas} ready"
        old = int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))
        return f"{counts}, {old} of an older template" if old > 0 else counts

    def _troubles(self) -> list[str]:
        """Of its Pods that do not come up; what happened to itself if there are none."""
        sick = [pod for pod in self.pods if not pod.ready][:SHOWN_PODS]
        return [
            f"{pod.name}: {pod.state}. {' '.join(shown(each) for each in pod._troubles())}"
            for pod in sick
        ] or super()._troubles()
