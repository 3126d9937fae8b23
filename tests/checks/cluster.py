"""A cluster that answers from a dictionary, in the shapes in which Kubernetes 1.37 answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from checker.orchestrators.kind.kube_api import ApiError

Object = dict[str, Any]
PODS = "/api/v1/namespaces/bakery/pods"
SERVICES = "/api/v1/namespaces/bakery/services"
DEPLOYMENTS = "/apis/apps/v1/namespaces/bakery/deployments"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/bakery/endpointslices"
EVENTS = "/api/v1/namespaces/bakery/events"


class Cluster:
    """The API: objects by path, texts by path, and what happens while somebody watches."""

    def __init__(self) -> None:
        self.objects: dict[str, Object] = {"/api/v1/namespaces/bakery": named("bakery", "")}
        self.texts: dict[str, str] = {}
        self.refusals: dict[str, ApiError] = {}
        self.happens: list[Callable[[], None]] = []
        self.lines: list[str] = []

    def add(self, folder: str, *added: Object) -> None:
        for each in added:
            self.objects[f"{folder}/{each['metadata']['name']}"] = each

    def find(self, path: str) -> Object | None:
        return self.objects.get(path)

    def items(self, path: str, **query: object) -> list[Object]:
        labels = str(query.get("labelSelector", ""))
        return [each for key, each in self.objects.items() if _in(key, path) and _has(each, labels)]

    def metadata(self, path: str) -> list[Object]:
        return [each["metadata"] for each in self.items(path)]

    def text(self, path: str, **query: object) -> str:
        if path in self.refusals:
            raise self.refusals[path]
        if path not in self.texts:
            raise ApiError(404, "not found")
        return self.texts[path]

    def watch(self, path: str, seconds: float, **query: object) -> Iterator[Object]:
        if not self.happens:
            raise AssertionError("nothing more happens: what was waited for should be so by now")
        while self.happens:
            self.happens.pop(0)()
            yield {"type": "MODIFIED", "object": {}}

    def follow(self, path: str, seconds: float, **query: object) -> Iterator[str]:
        yield from self.lines


def _in(key: str, path: str) -> bool:
    """Whether an object is in a list; a path without a namespace lists all of them."""
    folder = key.rsplit("/", 1)[0]
    base, _, rest = folder.partition("/namespaces/")
    return path in (folder, f"{base}/{rest.partition('/')[2]}")


def _has(found: Object, selector: str) -> bool:
    labels = found["metadata"].get("labels") or {}
    return all(
        labels.get(a) == b for a, _, b in (e.partition("=") for e in selector.split(",") if e)
    )


def named(name: str, namespace: str = "bakery", **labels: str) -> Object:
    place = {"namespace": namespace} if namespace else {}
    return {"metadata": {"name": name, "uid": f"uid-{name}", "labels": labels, **place}}


def pod(name: str, *, ready: bool = True, waiting: str = "", node: str = "worker") -> Object:
    state: Object = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    made = named(name, app="web")
    made["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "rs", "controller": True}]
    spec = {"nodeName": node, "containers": [{"name": "web", "image": "nginx:1.26"}]}
    status = {
        "phase": "Pending" if waiting else "Running",
        "podIP": "10.0.0.1",
        "conditions": [{"type": "Ready", "status": str(ready)}],
        "containerStatuses": [{"state": state, "ready": ready, "restartCount": 2}],
    }
    return {**made, "spec": spec, "status": status}


def deployment(name: str, wanted: int = 3, ready: int = 3) -> Object:
    made = named(name, app="web")
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "nginx:1.26"}]},
    }
    spec = {"replicas": wanted, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    status = {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready}
    return {**made, "spec": spec, "status": status}


def service(name: str, **selector: str) -> Object:
    ports = [{"port": 80, "targetPort": 8080, "nodePort": 30080}]
    spec = {"type": "ClusterIP", "ports": ports, "selector": selector or {"app": "web"}}
    return {**named(name), "spec": spec}


def endpoint_slice(name: str, *addresses: str, ready: bool = True) -> Object:
    made = named(f"{name}-1", **{"kubernetes.io/service-name": name})
    ends = [{"addresses": [each], "conditions": {"ready": ready}} for each in addresses]
    return {**made, "endpoints": ends}


def node(name: str, ready: str = "True", **spec: Any) -> Object:
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    return {**named(name, "", zone="a"), "spec": spec, "status": status}
