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
    def main_container(self) -> Object:
        """The container of the template that bears its name; the first if none does."""
        containers = self.template["spec"]["containers"]
        named = (each for each in containers if each["name"] == self.name)
        return dict(next(named, containers[0]))

    @property
    def template(self) -> Object:
        """What its Pods are made from."""
        return dict(self.spec["template"])

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which it knows its Pods."""
        return dict(self.spec["selector"].get("matchLabels") or {})

    @property
    def selector_text(self) -> str:
        """All of its selector, as `kubectl get pods -l` takes it."""
        parts = [f"{key}={value}" for key, value in self.selector.items()]
        for each in self.spec["selector"].get("matchExpressions") or []:
            key, values = each["key"], ",".join(each.get("values") or [])
            words = {"Exists": key, "DoesNotExist": f"!{key}"}
            parts.append(
                words.get(each["operator"], f"{key} {each['operator'].lower()} ({values})")
            )
        return ",".join(parts)

    @property
    def pods(self) -> Pods:
        """The Pods that its selector matches now."""
        folder = KINDS["pod"].list_path(self.namespace)
        return Pods(self._api, folder, self.selector_text, f"Pods of {self.name}")

    @property
    def replica_sets(self) -> list[KubernetesObject]:
        """Those that it made: one for each template that it has had."""
        kind = KINDS["replicaset"]
        folder = kind.list_path(self.namespace)
        found = [KubernetesObject(self._api, kind, folder, x) for x in self._api.items(folder)]
        return [each for each in found if (each.controller or {}).get("uid") == self.uid]

    @property
    def pod_counts(self) -> str:
        """How many Pods are ready and wanted, in words, for messages."""
        status = self.status
        counts = f"{self.ready} of {self.replicas} ready"
        if self.spec.get("paused"):
            counts += ", and its rollouts are paused"
        old = int(status.get("replicas", 0)) - int(status.get("updatedReplicas", 0))
        return f"{counts}, {old} of an older template" if old > 0 else counts
