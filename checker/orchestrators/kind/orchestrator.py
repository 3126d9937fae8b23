"""The cluster as an orchestrator: what every page and lab can ask of it."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import yaml

from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker import connection
from checker.docker.connection import EngineStatus
from checker.orchestrators.interface import Follower, Orchestrator
from checker.orchestrators.kind import cluster_files, cluster_snapshot, kind_cluster
from checker.orchestrators.kind.cluster_nodes import IMAGE
from checker.orchestrators.kind.kube_api import Api

FOLLOW_SECONDS = 24 * 60 * 60
COLLECTIONS = (
    "/api/v1/configmaps",
    "/api/v1/namespaces",
    "/api/v1/nodes",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/pods",
    "/api/v1/secrets",
    "/api/v1/services",
    "/apis/apps/v1/deployments",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
)
"""Where a change in the cluster may change a verdict."""

NODES = "/api/v1/nodes"
APPLY = "kubectl apply --dry-run=server --validate=strict"
REFUSE_DEPRECATED = "--warnings-as-errors"
"""The API server only warns of a version that is deprecated."""


class KindOrchestrator(Orchestrator):
    """Kubernetes: a cluster that kind creates of containers; its kubeconfig is written then."""

    name = "kind"
    title = "cluster"
    product = "Kubernetes"
    remakes_machines = True
    own_images = (IMAGE,)

    def ensure(self, images: list[str]) -> None:
        kind_cluster.ensure_cluster()
        kind_cluster.load_images(images)

    def status(self) -> EngineStatus:
        return kind_cluster.cluster_status()

    def version(self) -> str:
        try:
            with contextlib.closing(open_api()) as api:
                return str(api.get("/version")["gitVersion"])
        except CouldNotFindOut:
            return ""

    def environment(self) -> dict[str, str]:
        return {"KUBECONFIG": str(cluster_files.kubeconfig_file())}

    def programs(self) -> list[Path]:
        return [cluster_files.programs_folder()]

    def begin(self, run: Run) -> None:
        with contextlib.closing(open_api()) as api:
            cluster_snapshot.forget_snapshot(run)
            cluster_snapshot.take_snapshot(run, api)

    def has_begun(self, run: Run) -> bool:
        return cluster_snapshot.has_snapshot(run)

    def created(self, run: Run) -> list[str]:
        if not self.has_begun(run):
            return []
        with contextlib.closing(open_api()) as api:
            objects = cluster_snapshot.find_created_objects(run, api)
        return [f"{each.kind}/{each.name}" for each in objects]

    def clean(self, run: Run) -> list[str]:
        if not self.has_begun(run):
            return []
        _remove_strangers()
        kind_cluster.mend_cluster()
        if not self.has_begun(run):  # the cluster was created again, and nothing in it is the run's
            self.begin(run)
            return []
        with contextlib.closing(open_api()) as api:
            return cluster_snapshot.remove_created_objects(run, api)

    def forget(self, run: Run) -> None:
        cluster_snapshot.forget_snapshot(run)

    def changes(self) -> list[Follower]:
        return [partial(follow_collection, path) for path in COLLECTIONS]

    def validation(self, file: PurePosixPath, content: str) -> str:
        if file.suffix not in (".yaml", ".yml") or not is_manifest(content):
            return ""
        return f"{APPLY} -f {shlex.quote(str(file))} {REFUSE_DEPRECATED} > /dev/null"

    def stop(self) -> None:
        if connection.engine_status().running:
            kind_cluster.delete_cluster()


def open_api() -> Api:
    """Return a client of the cluster's API server."""
    return Api(cluster_files.kubeconfig_file())


def _remove_strangers() -> None:
    """Delete Nodes without a machine of the cluster's: it would be mended because of them."""
    machines = kind_cluster.node_names()
    with contextlib.suppress(CouldNotFindOut), contextlib.closing(open_api()) as api:
        for each in api.metadata(NODES):
            if machines and each["name"] not in machines:
                api.delete(f"{NODES}/{each['name']}")


def is_manifest(content: str) -> bool:
    """Tell whether a text is YAML whose documents are all objects of Kubernetes."""
    documents = [each for each in yaml.safe_load_all(content) if each is not None]
    return bool(documents) and all(
        isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys() for each in documents
    )


def follow_collection(path: str) -> Iterator[str]:
    """Yield what happens in one collection from now on."""
    with contextlib.closing(open_api()) as api:
        version = api.get(path, limit=1)["metadata"]["resourceVersion"]
        for event in api.watch(path, FOLLOW_SECONDS, resourceVersion=version):
            yield f"{path} {event['type']}"


ORCHESTRATOR: Orchestrator = KindOrchestrator()
