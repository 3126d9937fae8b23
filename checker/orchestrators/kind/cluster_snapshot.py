"""Which objects are in the cluster, so that what a page or lab created can be removed, no more.

Looked at before and after: objects without a namespace, namespaces, and what is in `default`.
What the system creates by itself, or what belongs to another object, is not looked at.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from checker.base import paths
from checker.base.polling import wait_until
from checker.base.run import Run
from checker.orchestrators.kind import cluster_files
from checker.orchestrators.kind.kube_api import Api, ApiError

GONE_SECONDS = 60.0
POLL_SECONDS = 0.1
DEFAULT = "default"
CORE = "/api/v1"
AWAY = (404, 503)
"""What the API server says of a group that another server answers for, such as metrics-server."""

IGNORED = frozenset(
    {"apiservices", "certificatesigningrequests", "componentstatuses", "controllerrevisions"}
    | {"csinodes", "endpoints", "endpointslices", "events", "ipaddresses", "leases", "nodes"}
    | {"replicasets", "servicecidrs", "volumeattachments"}
)
CONTROLLERS = {
    "/apis/apps/v1": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "/apis/batch/v1": ("cronjobs", "jobs"),
}
"""What creates Pods, and would create new ones for those that are deleted."""

SYSTEM = frozenset(
    {("configmaps", "kube-root-ca.crt"), ("serviceaccounts", "default"), ("services", "kubernetes")}
)
"""What comes again by itself when it was deleted."""

LOAD_BALANCER = "service.kubernetes.io/load-balancer-cleanup"
"""Keeps a Service until a cloud controller has removed its load balancer. Here the controller may
have ended, and the recorder removes the container."""


@dataclass(frozen=True)
class ObjectPath:
    """An object: where it is in the API, and its identity, which a successor does not share."""

    path: str
    uid: str

    @property
    def kind(self) -> str:
        return self.path.rsplit("/", 2)[1]

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[1]


def list_objects(api: Api) -> set[ObjectPath]:
    """Return the objects of now that somebody created by hand."""
    found = set()
    for path in list_collections(api):
        for item in api.metadata(path):
            system = (path.rsplit("/", 1)[1], item["name"]) in SYSTEM
            if not (system or item.get("ownerReferences") or "deletionTimestamp" in item):
                found.add(ObjectPath(f"{path}/{item['name']}", item["uid"]))
    return found


def list_collections(api: Api, ignored: frozenset[str] = IGNORED) -> list[str]:
    """Return the path of each list of objects without a namespace, or in `default`.

    Resources that are ignored are given by their names in the API.
    """
    groups = [each["preferredVersion"]["groupVersion"] for each in api.get("/apis")["groups"]]
    found = []
    for base in [CORE, *(f"/apis/{each}" for each in groups)]:
        try:
            resources = api.get(base)["resources"]
        except ApiError as error:
            if base == CORE or error.status not in AWAY:
                raise
            continue
        for each in resources:
            name = each["name"]
            if "/" in name or name in ignored or not {"list", "delete"} <= set(each["verbs"]):
                continue
            scope = f"/namespaces/{DEFAULT}" if each["namespaced"] else ""
            found.append(f"{base}{scope}/{name}")
    return found


def take_snapshot(run: Run, api: Api) -> None:
    """Write down what is there before a run, unless that run was killed."""
    if not has_snapshot(run):
        objects = sorted((each.path, each.uid) for each in list_objects(api))
        paths.write_atomically(cluster_files.snapshot_file(run), json.dumps(objects))


def has_snapshot(run: Run) -> bool:
    """Tell whether a run is under way, or was killed."""
    return cluster_files.snapshot_file(run).exists()


def forget_snapshot(run: Run) -> None:
    """Forget a run that is over and whose objects are removed."""
    cluster_files.snapshot_file(run).unlink(missing_ok=True)


def find_created_objects(run: Run, api: Api) -> list[ObjectPath]:
    """Return what is new since `take_snapshot`."""
    try:
        snapshot = json.loads(cluster_files.snapshot_file(run).read_text())
        before = {ObjectPath(path, uid) for path, uid in snapshot}
    except (OSError, ValueError):
        return []
    return sorted(list_objects(api) - before, key=lambda each: each.path)


def remove_created_objects(run: Run, api: Api) -> list[str]:
    """Remove what is new since `take_snapshot`, and wait until it is gone.

    Returns:
        A line for each object that does not go, with what holds it.
    """
    objects = find_created_objects(run, api)
    namespaces = [each.name for each in objects if each.kind == "namespaces"]
    _release_services(api, objects, namespaces)
    for name in namespaces:
        empty_namespace(api, name)
    for each in objects:
        with contextlib.suppress(ApiError):
            api.delete(each.path, grace=0 if each.kind == "pods" else None)
    for name in namespaces:
        finalize_namespace(api, name)
    if objects:
        _delete_orphans(api)

    left = list(objects)

    def are_gone() -> bool:
        left[:] = [each for each in left if is_alive(api, each)]
        return not left

    wait_until(are_gone, GONE_SECONDS, POLL_SECONDS)
    return [f"{each.path}: {_explain_delay(api, each)}" for each in left]


def is_alive(api: Api, item: ObjectPath) -> bool:
    """Tell whether an object is there; a successor of the same name is another."""
    found = api.find(item.path)
    return found is not None and found["metadata"]["uid"] == item.uid


def _release_services(api: Api, objects: list[ObjectPath], namespaces: list[str]) -> None:
    """Let those go that are new or about to go, though no controller of a cloud may be there."""
    new = {each.path for each in objects}
    for namespace in [DEFAULT, *namespaces]:
        folder = f"{CORE}/namespaces/{namespace}/services"
        for item in api.metadata(folder):
            path, finalizers = f"{folder}/{item['name']}", item.get("finalizers") or []
            ours = namespace != DEFAULT or path in new or "deletionTimestamp" in item
            if ours and LOAD_BALANCER in finalizers:
                others = [each for each in finalizers if each != LOAD_BALANCER]
                with contextlib.suppress(ApiError):
                    api.patch(path, {"metadata": {"finalizers": others}})


def empty_namespace(api: Api, namespace: str) -> None:
    """Delete Pods and what creates them; Pods get no time: nobody waits for what they still do."""
    scope = f"namespaces/{namespace}"
    every = [f"{group}/{scope}/{each}" for group, kinds in CONTROLLERS.items() for each in kinds]
    for path in [*every, f"{CORE}/{scope}/pods"]:
        for item in api.metadata(path):
            with contextlib.suppress(ApiError):
                api.delete(f"{path}/{item['name']}", grace=0)


def finalize_namespace(api: Api, namespace: str) -> None:
    """Let an empty namespace go now: its controller looks only 5 s after it was deleted
    (kubernetes, pkg/controller/namespace, namespaceDeletionGracePeriod).
    """
    mine, scope = f"/namespaces/{namespace}/", f"/namespaces/{DEFAULT}/"
    every = list_collections(api, frozenset())
    collections = [path.replace(scope, mine) for path in every if scope in path]
    for path in collections:
        with contextlib.suppress(ApiError):
            api.delete(path)
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    with contextlib.suppress(ApiError):
        if not any(api.metadata(path) for path in collections):
            api.put(f"{CORE}/namespaces/{namespace}/finalize", {**body, "spec": {}})


def _delete_orphans(api: Api) -> None:
    """Delete what belonged to something in `default` that is gone: nobody waits for it to end."""
    scope = f"namespaces/{DEFAULT}"

    def is_there(owner: dict[str, str]) -> bool:
        group, kinds = f"/apis/{owner['apiVersion']}", f"{owner['kind'].lower()}s"
        path = ObjectPath(f"{group}/{scope}/{kinds}/{owner['name']}", owner["uid"])
        return kinds not in CONTROLLERS.get(group, ()) or is_alive(api, path)

    for path in (f"/apis/apps/v1/{scope}/replicasets", f"{CORE}/{scope}/pods"):
        for item in api.metadata(path):
            owners = item.get("ownerReferences") or []
            if owners and not any(map(is_there, owners)):
                api.delete(f"{path}/{item['name']}", grace=0)


def _explain_delay(api: Api, item: ObjectPath) -> str:
    found = api.find(item.path) or {}
    parts = (found.get("metadata", {}), found.get("spec", {}))
    finalizers = [name for part in parts for name in part.get("finalizers") or []]
    return f"held by {', '.join(finalizers)}" if finalizers else "it does not go"
