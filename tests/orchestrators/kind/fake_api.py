"""The API of a cluster, in memory."""

from __future__ import annotations

import itertools
from typing import Any

from checker.orchestrators.kind.kube_api import Object

RESOURCES = {
    "/api/v1": {"namespaces": False, "persistentvolumes": False, "nodes": False}
    | dict.fromkeys(
        ("pods", "services", "configmaps", "serviceaccounts", "events", "endpoints"), True
    ),
    "/apis/apps/v1": dict.fromkeys(("deployments", "replicasets", "statefulsets"), True),
    "/apis/batch/v1": {"jobs": True, "cronjobs": True},
    "/apis/example.com/v1": {"breads": True},
}
PODS = "/api/v1/namespaces/default/pods"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class FakeApi:
    """A cluster in memory: objects by path, which are gone as soon as they are deleted.

    What belongs to another object stays, as if the garbage collector never came by; a namespace
    goes when it is finalized.
    """

    def __init__(self) -> None:
        self.uids = itertools.count(1)
        self.there: dict[str, Object] = {}
        self.graces: dict[str, int | None] = {}
        self.fails: dict[str, Exception] = {}
        self.stuck: set[str] = set()
        self.finalized: list[str] = []
        self.closed = 0
        for name in ("default", "kube-system"):
            self.add(f"/api/v1/namespaces/{name}")
        self.add("/api/v1/nodes/course-control-plane")
        self.add("/api/v1/namespaces/kube-system/pods/etcd")

    def add(self, path: str, owner: str = "", api: str = "apps/v1", **rest: Any) -> str:
        metadata: Object = {"name": path.rsplit("/", 1)[1], "uid": str(next(self.uids)), **rest}
        if owner:
            kind_, name = owner.split("/")
            uid = next(
                (each["uid"] for key, each in self.there.items() if key.endswith(f"/{name}")), "-"
            )
            metadata["ownerReferences"] = [
                {"apiVersion": api, "kind": kind_, "name": name, "uid": uid}
            ]
        self.there[path] = metadata
        return path

    def close(self) -> None:
        self.closed += 1

    def get(self, path: str) -> Object:
        self._fail(path)
        if path == "/version":
            return {"gitVersion": "v1.37.2"}
        if path == "/apis":
            groups = [each.removeprefix("/apis/") for each in RESOURCES if "apis" in each]
            return {"groups": [{"preferredVersion": {"groupVersion": each}} for each in groups]}
        verbs = ["create", "delete", "get", "list"]
        return {
            "resources": [
                {"name": "pods/log", "namespaced": True, "verbs": verbs},
                {"name": "componentstatuses", "namespaced": False, "verbs": verbs},
                {"name": "bindings", "namespaced": True, "verbs": ["create"]},
                *(
                    {"name": name, "namespaced": namespaced, "verbs": verbs}
                    for name, namespaced in RESOURCES[path].items()
                ),
            ]
        }

    def find(self, path: str) -> Object | None:
        self._fail(path)
        found = self.there.get(path)
        finalizers = {"spec": {"finalizers": ["kubernetes"]}} if _is_namespace(path) else {}
        return {"metadata": found, **finalizers} if found else None

    def metadata(self, path: str) -> list[Object]:
        self._fail(path)
        return [each for key, each in self.there.items() if key.rpartition("/")[0] == path]

    def delete(self, path: str, *, grace: int | None = None) -> None:
        self._fail(f"DELETE {path}")
        self.graces[path] = grace
        if path in self.there and not _is_namespace(path) and path not in self.stuck:
            del self.there[path]
        for item in [each for each in self.there if each.rpartition("/")[0] == path]:
            if item not in self.stuck:
                del self.there[item]

    def patch(self, path: str, body: Object) -> None:
        self._fail(f"PATCH {path}")
        self.there[path].update(body["metadata"])
        if not body["metadata"]["finalizers"]:
            self.stuck.discard(path)
            if "deletionTimestamp" in self.there[path]:
                del self.there[path]

    def put(self, path: str, body: Object) -> None:
        self._fail(f"PUT {path}")
        namespace = path.removesuffix("/finalize")
        assert not [each for each in self.there if each.startswith(f"{namespace}/")]
        assert body["metadata"]["name"] == namespace.rpartition("/")[2]
        assert body["spec"] == {}
        self.finalized.append(namespace)
        del self.there[namespace]

    def _fail(self, path: str) -> None:
        if path in self.fails:
            raise self.fails[path]


def _is_namespace(path: str) -> bool:
    return path.startswith("/api/v1/namespaces/") and path.count("/") == 4
