"""The fixture `kube`: facts of the cluster, looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, listed, near
from checker.checks.kubernetes.nodes import Node
from checker.checks.kubernetes.objects import KINDS, Kind, Object, Thing
from checker.checks.kubernetes.pods import Pod, Pods
from checker.checks.kubernetes.services import Service
from checker.checks.kubernetes.settings import Claim, ConfigMap, Secret
from checker.checks.kubernetes.workloads import Deployment
from checker.orchestrators.kind.kube_api import Api, ApiError

Made = TypeVar("Made")
MAKERS = ("deployment", "replicaset", "statefulset", "daemonset", "job")
"""What makes Pods: people make a bare Pod in its place, and the other way round."""


class Kube:
    """The cluster that the learner works with."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def namespace(self, name: str) -> Namespace:
        """The namespace NAME.

        Raises:
            CheckFailed: There is none.
        """
        kind = KINDS["namespace"]
        if self._api.find(f"{kind.path()}/{name}") is None:
            raise _missing(kind, name, _names(self._api, kind.path()), "")
        return Namespace(self._api, name)

    def nodes(self) -> list[Node]:
        """All nodes, by name."""
        folder = KINDS["node"].path()
        found = [Node(self._api, folder, each) for each in self._api.items(folder)]
        return sorted(found, key=lambda each: each.name)

    def node(self, name: str) -> Node:
        """The node NAME.

        Raises:
            CheckFailed: There is none.
        """
        kind = KINDS["node"]
        found = self._api.find(f"{kind.path()}/{name}")
        if found is None:
            raise _missing(kind, name, _names(self._api, kind.path()), "")
        return Node(self._api, kind.path(), found)

    def get(self, kind: str, name: str) -> Thing:
        """Something that is in no namespace, such as a PersistentVolume.

        Raises:
            CheckFailed: There is none.
        """
        known = KINDS[kind.lower()]
        found = self._api.find(f"{known.path()}/{name}")
        if found is None:
            raise _missing(known, name, _names(self._api, known.path()), "")
        return Thing(self._api, known, known.path(), found)

    def raw(self, path: str) -> Content:
        """What an address of the API says, as `kubectl get --raw` would show it.

        Raises:
            CheckFailed: There is nothing at that address.
        """
        look = f"kubectl get --raw '{path}'"
        try:
            return Content(f"the answer to {path}", self._api.text(path).encode(), look)
        except ApiError as error:
            if error.status != 404:
                raise
            raise CheckFailed(f"an answer to {path}", error.text, f"Try it: {look}") from None


class Namespace:
    """What is in one namespace. Whoever asks for what is not there is told where it is instead."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.name = name

    def pod(self, name: str) -> Pod:
        return self._one("pod", name, Pod)

    def pods(self, selector: str = "") -> Pods:
        """Those that a selector such as `app=web` matches; all without one."""
        what = f"Pods {selector} in {self.name}" if selector else f"Pods in {self.name}"
        return Pods(self._api, KINDS["pod"].path(self.name), selector, what)

    def deployment(self, name: str) -> Deployment:
        return self._one("deployment", name, Deployment)

    def service(self, name: str) -> Service:
        return self._one("service", name, Service)

    def configmap(self, name: str) -> ConfigMap:
        return self._one("configmap", name, ConfigMap)

    def secret(self, name: str) -> Secret:
        return self._one("secret", name, Secret)

    def pvc(self, name: str) -> Claim:
        return self._one("persistentvolumeclaim", name, Claim)

    def get(self, kind: str, name: str) -> Thing:
        """Something of another kind, such as `get("CronJob", "night")`."""
        known = KINDS[kind.lower()]
        return self._one(kind, name, lambda api, folder, attrs: Thing(api, known, folder, attrs))

    def expect_no(self, kind: str, name: str, *, next_step: str = "") -> None:
        """There is nothing of that kind and name, or it is about to go."""
        known = KINDS[kind.lower()]
        found = self._api.find(f"{known.path(self.name)}/{name}")
        if found and "deletionTimestamp" not in found["metadata"]:
            raise CheckFailed(
                f"no {known.name} {name} in the namespace {self.name}",
                "it is there",
                next_step or f"Delete it: kubectl delete {kind.lower()} {name} -n {self.name}",
            )

    def _one(self, kind: str, name: str, make: Callable[[Api, str, Object], Made]) -> Made:
        known = KINDS[kind.lower()]
        folder = known.path(self.name)
        found = self._api.find(f"{folder}/{name}")
        if found is None:
            raise self._missing(known, name)
        return make(self._api, folder, found)

    def _missing(self, kind: Kind, name: str) -> CheckFailed:
        """Elsewhere, of another kind, or under another name: the first that is so."""
        what = f"a {kind.name} {name} in the namespace {self.name}"
        for item in self._api.metadata(kind.path()):
            if item["name"] == name:
                return _elsewhere(what, kind, name, self.name, item["namespace"])
        pod = KINDS["pod"]
        if kind.name.lower() in MAKERS and self._api.find(f"{pod.path(self.name)}/{name}"):
            step = (
                f"Nobody replaces a bare Pod. Delete it, and make a {kind.name}: it makes the Pods."
            )
            return CheckFailed(what, f"no such {kind.name}, but a bare Pod {name}", step)
        return _missing(kind, name, _names(self._api, kind.path(self.name)), self.name)


def _elsewhere(what: str, kind: Kind, name: str, wanted: str, other: str) -> CheckFailed:
    command = f"kubectl delete {kind.name.lower()} {name} -n {other}"
    return CheckFailed(
        what,
        f"one in the namespace {other}",
        f"Without -n {wanted}, kubectl works in `default`. Make it again with -n {wanted}, and "
        f"remove the other: {command}",
    )


def _names(api: Api, path: str) -> list[str]:
    return [str(each["name"]) for each in api.metadata(path)]


def _missing(kind: Kind, name: str, others: list[str], namespace: str) -> CheckFailed:
    alike = near(name, others)
    where = f" in the namespace {namespace}" if namespace else ""
    found = f"no such {kind.name}, but {listed(alike)}" if alike else f"no such {kind.name}"
    command = f"kubectl get {kind.plural}{f' -n {namespace}' if namespace else ''}"
    return CheckFailed(f"a {kind.name} {name}{where}", found, f"See what there is: {command}")
