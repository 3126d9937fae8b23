"""An object of a cluster: what all kinds have in common, and where each kind is in the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from checker.checks.core.failure import CheckFailed, shown
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import changes_of, events_of, eventually, with_troubles
from checker.orchestrators.kind.kube_api import Api

Object = dict[str, Any]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Kind:
    """A kind of object: its name in manifests, its group and version, its plural in paths."""

    name: str
    group: str
    plural: str

    def path(self, namespace: str = "") -> str:
        """The list of all of it, or of those in a namespace."""
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


class Thing:
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
        """Its identity: what is made anew under the same name has another."""
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
    def events(self) -> list[str]:
        """The last that was said about it, oldest first."""
        return events_of(self._api, self.namespace or "default", self.uid)

    def condition(self, type_: str) -> str:
        """True, False or Unknown; "" if it has no such condition."""
        for each in self.status.get("conditions") or []:
            if each["type"] == type_:
                return str(each["status"])
        return ""

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """The label is set, and is `value` where one is given."""
        step = next_step or f"Look: {self._kubectl('get')} --show-labels"
        expect_entry(f"{self._called}: label", self.labels, key, value, step)
        return self

    def expect_annotation(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """The annotation is set, and is `value` where one is given."""
        step = next_step or f"Look: {self._kubectl('describe')}"
        expect_entry(f"{self._called}: annotation", self.annotations, key, value, step)
        return self

    def expect_condition(
        self, type_: str, value: str = "True", *, within: float = 0, next_step: str = ""
    ) -> Self:
        """Its condition has this value, at the latest after `within` seconds."""

        def judge() -> None:
            if self.condition(type_) != value:
                raise CheckFailed(
                    f"{self._called}: condition {type_} is {value}",
                    f"it is {self.condition(type_) or 'not there'}",
                    next_step or f"Look at Conditions: {self._kubectl('describe')}",
                )

        return self._within(judge, within)

    # --- for the kinds

    @property
    def _called(self) -> str:
        """What messages call it."""
        return f"{self._kind.name} {self.name}"

    def _kubectl(self, verb: str) -> str:
        """A command that learners can type."""
        where = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl {verb} {self._kind.name.lower()} {self.name}{where}"

    def _refresh(self) -> None:
        found = self._api.find(f"{self._folder}/{self.name}")
        if found is None:
            raise CheckFailed(
                f"{self._called} is there", "it is gone", f"See: {self._list_command()}"
            )
        self.attrs = found

    def _list_command(self) -> str:
        where = f" -n {self.namespace}" if self.namespace else ""
        return f"kubectl get {self._kind.plural}{where}"

    def _within(self, judge: Callable[[], None], within: float) -> Self:
        """Judge what is known, and again at each change of the object; then tell its troubles."""
        self._look_again(judge, within, self._changes)
        return self

    def _look_again(
        self,
        judge: Callable[[], Found],
        within: float,
        changes: Callable[[float], Iterator[object]],
    ) -> Found:
        first = True

        def judge_anew() -> Found:
            nonlocal first
            if not first:
                self._refresh()
            first = False
            return judge()

        try:
            return eventually(judge_anew, changes, within)
        except CheckFailed as failed:
            raise with_troubles(failed, self._troubles()) from None

    def _changes(self, seconds: float) -> Iterator[object]:
        query = {"fieldSelector": f"metadata.name={self.name}"}
        return changes_of(self._api, self._folder, query)(seconds)

    def _troubles(self) -> list[str]:
        """What else a learner should know when it is not as it should be."""
        return [f"Last events: {shown('; '.join(self.events))}."] if self.events else []
