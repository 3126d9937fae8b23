"""An object of a cluster: what all kinds have in common, and where each kind is in the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import (
    Changes,
    add_troubles,
    list_events,
    wait_until_passed,
    watch_list,
)
from checker.orchestrators.kind.kube_api import Api, Object


@dataclass(frozen=True)
class Kind:
    """A kind of object: its name in manifests, its group and version, its plural in paths."""

    name: str
    group: str
    plural: str

    def list_path(self, namespace: str = "") -> str:
        """Return the path that lists all objects of this kind, or those in a namespace."""
        inside = f"/namespaces/{namespace}" if namespace else ""
        return f"{self.group}{inside}/{self.plural}"


CORE, APPS, BATCH = "/api/v1", "/apis/apps/v1", "/apis/batch/v1"
KINDS = {
    kind.name.lower(): kind
    for kind in (
        Kind("Pod", CORE, "pods"),
        Kind("Service", CORE, "services"),
        Kind("ConfigMap", CORE, "configmaps"),
        Kind("Secret", CORE, "secrets"),
        Kind("PersistentVolumeClaim", CORE, "persistentvolumeclaims"),
        Kind("ServiceAccount", CORE, "serviceaccounts"),
        Kind("Deployment", APPS, "deployments"),
        Kind("ReplicaSet", APPS, "replicasets"),
        Kind("StatefulSet", APPS, "statefulsets"),
        Kind("DaemonSet", APPS, "daemonsets"),
        Kind("Job", BATCH, "jobs"),
        Kind("CronJob", BATCH, "cronjobs"),
        Kind("HorizontalPodAutoscaler", "/apis/autoscaling/v2", "horizontalpodautoscalers"),
        Kind("PodDisruptionBudget", "/apis/policy/v1", "poddisruptionbudgets"),
        Kind("EndpointSlice", "/apis/discovery.k8s.io/v1", "endpointslices"),
        Kind("Node", CORE, "nodes"),
        Kind("Namespace", CORE, "namespaces"),
        Kind("PersistentVolume", CORE, "persistentvolumes"),
    )
}


class KubernetesObject:
    """An object as it was when it was asked for. `attrs` is all of it, as in `kubectl get -o json`.

    Args:
        folder: The path of the list that it is in.
    """

    def __init__(self, api: Api, kind: Kind, folder: str, attrs: Object) -> None:
        self._api = api
        self._kind = kind
        self._folder = folder
        self.attrs = attrs

    @property
    def name(self) -> str:
        return str(self.attrs["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Where it is; "" if it is in none."""
        return str(self.attrs["metadata"].get("namespace", ""))

    @property
    def uid(self) -> str:
        """Its identity: what is created again under the same name has another."""
        return str(self.attrs["metadata"]["uid"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.attrs["metadata"].get("labels") or {})

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self.attrs["metadata"].get("annotations") or {})

    @property
    def spec(self) -> Object:
        """What is wanted."""
        return dict(self.attrs.get("spec") or {})

    @property
    def status(self) -> Object:
        """What is so."""
        return dict(self.attrs.get("status") or {})

    @property
    def controller(self) -> Object | None:
        """The reference to what made it and looks after it: kind, name, uid; None if nothing."""
        references = self.attrs["metadata"].get("ownerReferences") or []
        return next((dict(each) for each in references if each.get("controller")), None)

    @property
    def created_at(self) -> datetime:
        return datetime.fromisoformat(self.attrs["metadata"]["creationTimestamp"])

    @property
    def events(self) -> list[str]:
        """The last events about it, oldest first."""
        return list_events(self._api, self.namespace or "default", self.uid)

    def condition(self, type_: str) -> str:
        """Return True, False or Unknown; "" if it has no such condition."""
        for each in self.status.get("conditions") or []:
            if each["type"] == type_:
                return str(each["status"])
        return ""

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that the label is set, and is `value` where one is given."""
        step = next_step or f"Look: {self.suggest_command('get')} --show-labels"
        expect_entry(f"{self.display_name}: label", self.labels, key, value, step)
        return self

    def expect_annotation(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that the annotation is set, and is `value` where one is given."""
        step = next_step or f"Look: {self.suggest_command('describe')}"
        expect_entry(f"{self.display_name}: annotation", self.annotations, key, value, step)
        return self

    def expect_condition(
        self, type_: str, value: str = "True", *, within: float = 0, next_step: str = ""
    ) -> Self:
        """Expect that its condition has this value, at the latest after `within` seconds."""

        def check_condition() -> None:
            if self.condition(type_) != value:
                expected = f"{self.display_name}: condition {type_} is {value}"
                step = next_step or f"Look at Conditions: {self.suggest_command('describe')}"
                raise CheckFailed(expected, f"it is {self.condition(type_) or 'not there'}", step)

        return self.wait_until_passed(check_condition, within)

    # --- for the kinds

    @property
    def display_name(self) -> str:
        """What messages call it."""
        return f"{self._kind.name} {self.name}"

    def suggest_command(self, verb: str) -> str:
        """Return a command of kubectl about this object, which learners can type."""
        where = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl {verb} {self._kind.name.lower()} {self.name}{where}"

    def refresh(self) -> Self:
        """Look the object up again.

        Raises:
            CheckFailed: It is gone.
        """
        found = self._api.find(f"{self._folder}/{self.name}")
        if found is None:
            where = f" -n {self.namespace}" if self.namespace else ""
            command = f"kubectl get {self._kind.plural}{where}"
            raise CheckFailed(f"{self.display_name} is there", "it is gone", f"See: {command}")
        self.attrs = found
        return self

    def wait_until_passed(
        self, check: Callable[[], None], timeout: float, changes: Changes | None = None
    ) -> Self:
        """Check what is known, and again at each change.

        Args:
            check: Raises CheckFailed if it is not so.
            timeout: Seconds; 0 looks once, and at no newer state.
            changes: When to look again; without it, at each change of the object itself.

        Raises:
            CheckFailed: The last one, with the troubles of the object.
        """
        is_first = True

        def refresh_and_check() -> None:
            nonlocal is_first
            # What is known was looked up a moment ago: most checks pass without another request.
            if not is_first:
                self.refresh()
            is_first = False
            check()

        query = {"fieldSelector": f"metadata.name={self.name}"}
        try:
            own_changes = watch_list(self._api, self._folder, query)
            wait_until_passed(refresh_and_check, changes or own_changes, timeout)
        except CheckFailed as failed:
            raise add_troubles(failed, self.list_troubles()) from None
        return self

    def list_troubles(self) -> list[str]:
        """Return what else a learner should know when it is not as it should be."""
        return [f"Last events: {describe_value('; '.join(self.events))}."] if self.events else []
