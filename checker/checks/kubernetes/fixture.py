"""The fixture `kube`: facts of the cluster, looked up when they are asked for."""

from __future__ import annotations

from typing import TypeVar

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, add_article, find_similar_names, join_names
from checker.checks.kubernetes.autoscalers import Autoscaler
from checker.checks.kubernetes.manifests import complete_document, find_document
from checker.checks.kubernetes.nodes import Node
from checker.checks.kubernetes.objects import KINDS, Kind, KubernetesObject
from checker.checks.kubernetes.pods import Pod, Pods
from checker.checks.kubernetes.services import Service
from checker.checks.kubernetes.settings import ConfigMap, PersistentVolumeClaim, Secret
from checker.checks.kubernetes.workloads import Deployment
from checker.orchestrators.kind.kube_api import Api, ApiError

Facts = TypeVar("Facts", bound=KubernetesObject)
POD_CONTROLLERS = ("deployment", "replicaset", "statefulset", "daemonset", "job")
"""What makes Pods: people make a bare Pod in its place, and the other way round."""


class Kube:
    """The cluster that the learner works with; what is missing raises CheckFailed."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def namespace(self, name: str) -> Namespace:
        """Return the namespace NAME."""
        self._find_object("namespace", name, KubernetesObject)
        return Namespace(self._api, name)

    def nodes(self) -> list[Node]:
        """Return all nodes, by name."""
        kind = KINDS["node"]
        folder = kind.list_path()
        found = [Node(self._api, kind, folder, each) for each in self._api.items(folder)]
        return sorted(found, key=lambda each: each.name)

    def node(self, name: str) -> Node:
        """Return the node NAME."""
        return self._find_object("node", name, Node)

    def get(self, kind: str, name: str) -> KubernetesObject:
        """Return an object that is in no namespace, such as a PersistentVolume."""
        return self._find_object(kind, name, KubernetesObject)

    def _find_object(self, kind: str, name: str, wrap: type[Facts]) -> Facts:
        known = KINDS[kind.lower()]
        found = self._api.find(f"{known.list_path()}/{name}")
        if found is None:
            raise _explain_missing(self._api, known, name)
        return wrap(self._api, known, known.list_path(), found)

    def raw(self, path: str) -> Content:
        """Return what an address of the API says, as `kubectl get --raw` would show it.

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
    """The objects of one namespace; of a missing one the failure says where it is instead."""

    def __init__(self, api: Api, name: str) -> None:
        self._api = api
        self.name = name

    def pod(self, name: str) -> Pod:
        return self._find_object("pod", name, Pod)

    def pods(self, selector: str = "") -> Pods:
        """Return the Pods that a selector such as `app=web` matches; all without one."""
        title = f"Pods {selector} in {self.name}" if selector else f"Pods in {self.name}"
        return Pods(self._api, KINDS["pod"].list_path(self.name), selector, title)

    def deployment(self, name: str) -> Deployment:
        return self._find_object("deployment", name, Deployment)

    def service(self, name: str) -> Service:
        return self._find_object("service", name, Service)

    def configmap(self, name: str) -> ConfigMap:
        return self._find_object("configmap", name, ConfigMap)

    def secret(self, name: str) -> Secret:
        return self._find_object("secret", name, Secret)

    def pvc(self, name: str) -> PersistentVolumeClaim:
        return self._find_object("persistentvolumeclaim", name, PersistentVolumeClaim)

    def autoscaler(self, name: str) -> Autoscaler:
        return self._find_object("horizontalpodautoscaler", name, Autoscaler)

    def manifest(self, file: Content, name: str) -> Deployment:
        """Return the Deployment NAME that a file of manifests describes, completed by the cluster.

        Raises:
            CheckFailed: There is none in it, or the cluster refuses it.
        """
        kind = KINDS["deployment"]
        document = find_document(file, kind, name, self.name)
        metadata = {**document["metadata"], "namespace": self.name}
        attrs = complete_document(self._api, file, kind, {**document, "metadata": metadata})
        return Deployment(self._api, kind, kind.list_path(self.name), attrs)

    def get(self, kind: str, name: str) -> KubernetesObject:
        """Return an object of another kind, such as `get("CronJob", "night")`."""
        return self._find_object(kind, name, KubernetesObject)

    def expect_no(self, kind: str, name: str, *, next_step: str = "") -> None:
        """Expect that nothing of that kind and name is there, or that it is about to go."""
        known = KINDS[kind.lower()]
        found = self._api.find(f"{known.list_path(self.name)}/{name}")
        if found and "deletionTimestamp" not in found["metadata"]:
            expected = f"no {known.name} {name} in the namespace {self.name}"
            step = next_step or f"Delete it: kubectl delete {kind.lower()} {name} -n {self.name}"
            raise CheckFailed(expected, "it is there", step)

    def _find_object(self, kind: str, name: str, wrap: type[Facts]) -> Facts:
        known = KINDS[kind.lower()]
        folder = known.list_path(self.name)
        found = self._api.find(f"{folder}/{name}")
        if found is None:
            raise self._explain_absence(known, name)
        return wrap(self._api, known, folder, found)

    def _explain_absence(self, kind: Kind, name: str) -> CheckFailed:
        """Return where it is instead: elsewhere, of another kind, or under another name."""
        expected = f"{add_article(kind.name)} {name} in the namespace {self.name}"
        for item in self._api.metadata(kind.list_path()):
            if item["name"] == name:
                other = item["namespace"]
                advice = (
                    f"Without -n {self.name}, kubectl works in `default`. Make it again with "
                    f"-n {self.name}, and remove the other: "
                    f"kubectl delete {kind.name.lower()} {name} -n {other}"
                )
                return CheckFailed(expected, f"one in the namespace {other}", advice)
        bare_pod = f"{KINDS['pod'].list_path(self.name)}/{name}"
        if kind.name.lower() in POD_CONTROLLERS and self._api.find(bare_pod):
            controller = add_article(kind.name)
            step = (
                f"Nobody replaces a bare Pod. Delete it, and make {controller}: it makes the Pods."
            )
            return CheckFailed(expected, f"no such {kind.name}, but a bare Pod {name}", step)
        return _explain_missing(self._api, kind, name, self.name)


def _explain_missing(api: Api, kind: Kind, name: str, namespace: str = "") -> CheckFailed:
    others = [str(each["name"]) for each in api.metadata(kind.list_path(namespace))]
    alike = find_similar_names(name, others)
    where = f" in the namespace {namespace}" if namespace else ""
    found = f"no such {kind.name}, but {join_names(alike)}" if alike else f"no such {kind.name}"
    command = f"kubectl get {kind.plural}{f' -n {namespace}' if namespace else ''}"
    return CheckFailed(
        f"{add_article(kind.name)} {name}{where}", found, f"See what there is: {command}"
    )
