"""What a Deployment wants and what is there of it."""

from __future__ import annotations

from checker.checks.kubernetes.objects import KINDS, KubernetesObject
from checker.checks.kubernetes.pods import Pods
from checker.orchestrators.kind.kube_api import Object


class DeploymentState(KubernetesObject):
    """The facts of a Deployment, on which its expectations and its rollouts stand."""

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
        folder = KINDS["pod"].list_path(self.namespace)
        return Pods(self._api, folder, selector, f"Pods of {self.name}")

    @property
    def pod_counts(self) -> str:
        """How many Pods are ready and wanted, in words, for messages."""
        status = self.status
        counts = f"{self.ready} of {self.replicas} ready"
        old = int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))
        return f"{counts}, {old} of an older template" if old > 0 else counts
