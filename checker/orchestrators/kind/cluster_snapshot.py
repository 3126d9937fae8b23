"""What is in the cluster, so that what a page or lab made can be removed and nothing else.

Looked at before and after: objects without a namespace, namespaces, and what is in `default`.
What the system makes by itself, or what belongs to another object, is not looked at.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.base import paths
from checker.orchestrators.kind import cluster_nodes
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
MAKERS = {
    "/apis/apps/v1": ("deployments", "statefulsets", "daemonsets", "replicasets"),
    "/apis/batch/v1": ("cronjobs", "jobs"),
}
"""What makes Pods, and would make new ones for those that are deleted."""

SYSTEM = frozenset(
    {("configmaps", "kube-root-ca.crt"), ("serviceaccounts", "default"), ("services", "kubernetes")}
)
"""What comes again by itself when it was deleted."""


LOAD_BALANCER = "service.kubernetes.io/load-balancer-cleanup"
"""Keeps a Service until a cloud controller has removed its load balancer. Here the controller may
have ended, and the recorder removes the container."""


@dataclass(frozen=True)
class Thing:
    """An object: where it is in the API, and its identity, which a successor does not share."""

    path: str
    uid: str

    @property
    def kind(self) -> str:
        return self.path.rsplit("/", 2)[1]

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[1]


def take(api: Api) -> set[Thing]:
    """All that is there now."""
    return {thing for path in _collections(api) for thing in _things(api, path)}


def keep(name: str, api: Api) -> None:
    """Write down what is there before a run, unless a run of that name was killed."""
    if not _file(name).exists():
        things = sorted((each.path, each.uid) for each in take(api))
        paths.write_atomically(_file(name), json.dumps(things))


def is_kept(name: str) -> bool:
    """Whether a run of that name is under way, or was killed."""
    return _file(name).exists()


def forget(name: str) -> None:
    """The run is over, and what it made is removed."""
    _file(name).unlink(missing_ok=True)


def made(name: str, api: Api) -> list[Thing]:
    """What is new since `keep`."""
    try:
        before = {Thing(path, uid) for path, uid in json.loads(_file(name).read_text())}
    except (OSError, ValueError):
        return []
    return sorted(take(api) - before, key=lambda each: each.path)


def remove_made(name: str, api: Api) -> list[str]:
    """Remove what is new since `keep`, and wait until it is gone.

    Returns:
        A line for each thing that does not go, with what holds it.
    """
    things = made(name, api)
    _release_services(api, things)
    for thing in things:
        if thing.kind == "namespaces":
            _empty(api, thing.name)
    for thing in things:
        with contextlib.suppress(ApiError):
            api.delete(thing.path, grace=0 if thing.kind == "pods" else None)
    for thing in things:
        if thing.kind == "namespaces":
            _finish(api, thing.name)
    if things:
        _delete_owned(api)
    return _wait_until_gone(api, things)


def _delete_owned(api: Api) -> None:
    """What belonged to something in `default` that is gone: nobody waits for it to end."""
    for path in (
        f"/apis/apps/v1/namespaces/{DEFAULT}/replicasets",
        f"/api/v1/namespaces/{DEFAULT}/pods",
    ):
        for item in api.metadata(path):
            owners = item.get("ownerReferences") or []
            if owners and not any(_lives(api, owner) for owner in owners):
                api.delete(f"{path}/{item['name']}", grace=0)


def _lives(api: Api, owner: dict[str, str]) -> bool:
    group, kinds = f"/apis/{owner['apiVersion']}", f"{owner['kind'].lower()}s"
    if kinds not in MAKERS.get(group, ()):
        return True
    found = api.find(f"{group}/namespaces/{DEFAULT}/{kinds}/{owner['name']}")
    return found is not None and found["metadata"]["uid"] == owner["uid"]


def _release_services(api: Api, things: list[Thing]) -> None:
    """Let those go that are new or about to go, though no controller of a cloud may be there."""
    new = {thing.path for thing in things}
    for namespace in [DEFAULT, *(each.name for each in things if each.kind == "namespaces")]:
        folder = f"{CORE}/namespaces/{namespace}/services"
        for item in api.metadata(folder):
            path, finalizers = f"{folder}/{item['name']}", item.get("finalizers") or []
            ours = namespace != DEFAULT or path in new or "deletionTimestamp" in item
            if ours and LOAD_BALANCER in finalizers:
                others = [each for each in finalizers if each != LOAD_BALANCER]
                with contextlib.suppress(ApiError):
                    api.patch(path, {"metadata": {"finalizers": others}})


def _empty(api: Api, namespace: str) -> None:
    """Pods get no time to end: nobody waits for what they would still do."""
    for group, kinds in MAKERS.items():
        for name in kinds:
            _delete_all(api, f"{group}/namespaces/{namespace}/{name}")
    _delete_all(api, f"/api/v1/namespaces/{namespace}/pods")


def _finish(api: Api, namespace: str) -> None:
    """Let an empty namespace go now: its controller looks only 5 s after it was deleted
    (kubernetes, pkg/controller/namespace, namespaceDeletionGracePeriod).
    """
    paths = [path.replace(f"/{DEFAULT}/", f"/{namespace}/") for path in _namespaced(api)]
    for path in paths:
        with contextlib.suppress(ApiError):
            api.delete(path)
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    with contextlib.suppress(ApiError):
        if not any(api.metadata(path) for path in paths):
            api.put(f"/api/v1/namespaces/{namespace}/finalize", {**body, "spec": {}})


def _delete_all(api: Api, path: str) -> None:
    for item in api.metadata(path):
        with contextlib.suppress(ApiError):
            api.delete(f"{path}/{item['name']}", grace=0)


def _wait_until_gone(api: Api, things: list[Thing]) -> list[str]:
    left = list(things)
    deadline = time.monotonic() + GONE_SECONDS
    while left and time.monotonic() < deadline:
        left = [thing for thing in left if _is_there(api, thing)]
        if left:
            time.sleep(POLL_SECONDS)
    return [f"{thing.path}: {_held_by(api, thing)}" for thing in left]


def _is_there(api: Api, thing: Thing) -> bool:
    found = api.find(thing.path)
    return found is not None and found["metadata"]["uid"] == thing.uid


def _held_by(api: Api, thing: Thing) -> str:
    found = api.find(thing.path) or {}
    finalizers = found.get("metadata", {}).get("finalizers") or []
    finalizers += found.get("spec", {}).get("finalizers") or []
    return f"held by {', '.join(finalizers)}" if finalizers else "it does not go"


def _collections(api: Api, ignored: frozenset[str] = IGNORED) -> Iterator[str]:
    """The path of each list that is looked at."""
    for base in [CORE, *_groups(api)]:
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
            yield f"{base}{scope}/{name}"


def _namespaced(api: Api) -> list[str]:
    every = _collections(api, frozenset())
    return [path for path in every if f"/namespaces/{DEFAULT}/" in path]


def _groups(api: Api) -> list[str]:
    groups = api.get("/apis")["groups"]
    return [f"/apis/{each['preferredVersion']['groupVersion']}" for each in groups]


def _things(api: Api, path: str) -> Iterator[Thing]:
    for item in api.metadata(path):
        name = item["name"]
        own = (path.rsplit("/", 1)[1], name) in SYSTEM
        if not own and not item.get("ownerReferences") and "deletionTimestamp" not in item:
            yield Thing(f"{path}/{name}", item["uid"])


def _file(name: str) -> Path:
    return cluster_nodes.before(name)
