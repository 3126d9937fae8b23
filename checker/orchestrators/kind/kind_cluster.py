"""The Kubernetes cluster `course`: a control plane and two workers, each a container made by kind.

Its kubeconfig is in the course's own folder; the learner's ~/.kube/config is neither read nor
written, and a cluster that the course did not create is never touched, whatever its name.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import connection, docker_client, docker_engine
from checker.docker.connection import EngineStatus
from checker.orchestrators.kind import (
    cluster_files,
    cluster_nodes,
    control_plane_backup,
    host_limits,
    readiness,
)
from checker.orchestrators.kind.cluster_nodes import CONTROL_PLANE as CONTROL_PLANE
from checker.orchestrators.kind.cluster_nodes import IMAGE as IMAGE
from checker.orchestrators.kind.cluster_nodes import NAME as NAME
from checker.orchestrators.kind.cluster_nodes import NETWORK as NETWORK
from checker.orchestrators.kind.cluster_nodes import node_names as node_names

SOCKET = "/run/cloud/docker.sock"
"""Where the control plane has the socket of the engine, its cloud's."""

METRICS = "registry.k8s.io/metrics-server/metrics-server:v0.9.0"
ADDONS = Path(__file__).parent / "addons"
CREATE_SECONDS = 600.0
READY_SECONDS = 120.0
CALL_SECONDS = 60.0
POLL_SECONDS = 0.3
AGAIN_SECONDS = 120.0
"""What nodes get that were ready before: two cores with other work need it."""
WAITING = "Another course command is preparing the cluster; waiting for it ..."


def ensure_cluster() -> None:
    """Have a cluster whose nodes are all ready; idempotent, safe when two call at once.

    A stopped cluster is started; one that is broken, or of an earlier recipe, is created again.

    Raises:
        CouldNotFindOut: No engine, no node image, or the cluster does not come up.
    """
    docker_engine.ensure_engine()
    if is_whole():
        return
    cluster_nodes.refuse_foreign_cluster()
    with paths.lock("kind", WAITING, paths.cache() / "engines"):
        if not is_whole():  # another process may have created it while this one waited
            _ensure_tools()
            if not (is_current() and _start_cluster()):
                _create_cluster()


def cluster_status() -> EngineStatus:
    """Return how the cluster is now."""
    if not node_names():
        return EngineStatus("kind", False, "", "no cluster yet; a page or lab makes it")
    done = _run_kubectl("version", "-o", "json", timeout=10, check=False)
    if done.status != 0:
        return EngineStatus("kind", False, "", "the API server does not answer")
    version = json.loads(done.output)["serverVersion"]["gitVersion"]
    return EngineStatus("kind", True, str(version), f"{len(node_names())} nodes")


def is_ready() -> bool:
    """Tell whether API server, nodes and control plane all do their work now."""
    return cluster_files.kubeconfig_file().exists() and not find_missing_parts()


def is_whole() -> bool:
    """Tell whether the cluster is complete, as it would be created now, and works."""
    complete = cluster_nodes.have_their_addresses() and cluster_nodes.can_find_each_other()
    return complete and is_ready() and is_current()


def is_current() -> bool:
    """Tell whether the nodes are as they would be created now: image and mounts."""
    from docker.errors import NotFound

    from checker.images import catalogue, store

    with contextlib.closing(connection.open_client()) as client:
        image = store.inspect_image(client, catalogue.find_image(IMAGE))
        try:
            node = client.containers.get(CONTROL_PLANE).attrs
        except NotFound:  # what is missing is not out of date
            return True
    if not set(engine_socket_mount().values()) <= {each["Destination"] for each in node["Mounts"]}:
        return False
    return image.source == "missing" or (image.source != "outdated" and image.id == node["Image"])


def find_missing_parts() -> list[str]:
    """Return which parts of the cluster do not work, in words for people."""
    get = ["get", readiness.OBJECTS, "--all-namespaces", "-o", "json"]
    try:
        done = _run_kubectl(*get, timeout=10)
    except process.CommandFailed:
        return ["the API server"]
    objects = json.loads(done.output)["items"]
    count = host_limits.count_nodes()
    return readiness.find_missing_parts(objects, count, cluster_nodes.start_times())


def reset_cluster() -> None:
    """Repair whatever a lab did to the cluster; create it again where that does not help."""
    docker_engine.ensure_engine()
    cluster_nodes.refuse_foreign_cluster()
    with paths.lock("kind", WAITING, paths.cache() / "engines"):
        _ensure_tools()
        with console.step("Mending the cluster"):
            mended = cluster_nodes.start_nodes() and _restore_backup()
        if not mended:
            _create_cluster()


def mend_cluster() -> None:
    """Reset the cluster if any part of it is not as it was created; a look costs half a second."""
    found = node_names()
    whole = found and cluster_nodes.can_find_each_other() and control_plane_backup.is_intact(found)
    if not (whole and is_ready()):
        reset_cluster()


def delete_cluster() -> None:
    """Delete the cluster, its kubeconfig, and the network that was created for it."""
    if node_names():
        with console.step("Deleting the cluster"):
            _remove_containers()
            if cluster_files.network_mark().exists():
                words = ("network", "rm", NETWORK)
                connection.run_docker(*words, timeout=CALL_SECONDS, check=False)
    shutil.rmtree(cluster_files.cluster_folder(), ignore_errors=True)


def load_images(references: Iterable[str]) -> None:
    """Put images of the engine into the nodes, where they are missing or others.

    Raises:
        CouldNotFindOut: A node does not take one.
    """
    from checker.orchestrators.kind import node_images

    wanted = list(references)
    node_images.load_into_nodes(wanted, node_names())
    cluster_files.record_images(wanted)


def engine_socket_mount() -> dict[str, str]:
    """Return the mount of the engine's socket, which the cloud controller needs: host path to node
    path. It is empty where the engine is on another machine.
    """
    scheme, _, path = connection.cli_environment()["DOCKER_HOST"].partition("://")
    return {path: SOCKET} if scheme == "unix" else {}


def _create_cluster() -> None:
    from checker.images import catalogue, provider

    in_catalogue = {image.reference for image in catalogue.load_catalogue()}
    wanted = sorted({METRICS, *cluster_files.read_images()} & in_catalogue)
    provider.ensure_images([IMAGE, *wanted])
    cluster_files.forget_cluster()
    paths.write_atomically(cluster_files.start_mark(), "")

    with console.step(f"Making the cluster ({host_limits.describe_nodes()})") as step:
        _remove_containers()
        # All clusters of kind share its network; it is ours to remove only if we are the first.
        look = ("network", "inspect", NETWORK)
        if connection.run_docker(*look, timeout=CALL_SECONDS, check=False).status != 0:
            paths.write_atomically(cluster_files.network_mark(), "")
        config = cluster_files.cluster_folder() / "kind.yaml"
        paths.write_atomically(config, host_limits.kind_configuration(IMAGE, engine_socket_mount()))

        step.update("starting the nodes")
        _run_kind("create", "cluster", "--name", NAME, "--config", str(config))
        step.update("waiting for the nodes")
        _wait_until_ready(READY_SECONDS)
        step.update("adding metrics-server")
        load_images(wanted)
        _run_kubectl("apply", "-f", str(ADDONS / "metrics-server.yaml"), timeout=CALL_SECONDS)
        control_plane_backup.save_backup(node_names())
    cluster_nodes.record_addresses()


def _start_cluster() -> bool:
    """Start nodes that are stopped, as after a reboot; False if nodes are missing, or it fails."""
    if len(node_names()) != host_limits.count_nodes():
        return False
    with console.step("Starting the cluster"):
        return cluster_nodes.start_nodes() and (_becomes_ready() or _restore_backup())


def _restore_backup() -> bool:
    return control_plane_backup.restore_backup(node_names()) and _becomes_ready()


def _becomes_ready() -> bool:
    control_plane_backup.delete_leader_leases(node_names()[0])
    try:
        _wait_until_ready(AGAIN_SECONDS)
    except CouldNotFindOut as error:
        trouble = f"After {AGAIN_SECONDS:g} s {error.found}"
        console.err.print(trouble, markup=False)
        cluster_files.record_trouble(trouble)
        return False
    return True


def _wait_until_ready(timeout: float) -> None:
    missing: list[str] = []

    def is_complete() -> bool:
        missing[:] = find_missing_parts()
        return not missing

    if not wait_until(is_complete, timeout, POLL_SECONDS):
        raise CouldNotFindOut(
            "The cluster does not become ready.",
            found="not there: " + ", ".join(missing),
            next_step="Type: ./course doctor   It tells whether memory or disk is short.",
        )


def _remove_containers() -> None:
    """Remove them by their labels, as kind does: this needs no program of kind's.

    What a cloud controller created for the cluster would keep its network in use.
    """
    if found := [*node_names(), *cluster_nodes.load_balancer_names()]:
        connection.run_docker("rm", "--force", "--volumes", *found, timeout=CREATE_SECONDS)


def _run_kind(*words: str) -> None:
    process.run(["kind", "--quiet", *words], timeout=CREATE_SECONDS, env=_tools_environment())


def _run_kubectl(*words: str, timeout: float, check: bool = True) -> process.Completed:
    command = ["kubectl", "--kubeconfig", str(cluster_files.kubeconfig_file()), *words]
    return process.run(command, timeout=timeout, env=_tools_environment(), check=check)


def _tools_environment() -> dict[str, str]:
    folders = [docker_client.programs_folder(), cluster_files.programs_folder()]
    return {
        **connection.cli_environment(),
        "KUBECONFIG": str(cluster_files.kubeconfig_file()),
        "PATH": connection.prefix_path(folders),
    }


def _ensure_tools() -> None:
    from checker.orchestrators.kind import cluster_tools

    with console.step("Getting kubectl and kind") as step:
        cluster_tools.ensure_tools(step.update)
