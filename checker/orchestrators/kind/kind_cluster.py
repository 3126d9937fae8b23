"""The Kubernetes cluster `course`: a control plane and two workers, each a container made by kind.

Its kubeconfig is in the course's own folder; the learner's ~/.kube/config is neither read nor
written, and a cluster that the course did not make is never touched, whatever its name.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine
from checker.docker.docker_engine import EngineStatus
from checker.orchestrators.kind import cluster_nodes, control_plane_backup, host_limits, readiness
from checker.orchestrators.kind.cluster_nodes import CONTROL_PLANE as CONTROL_PLANE
from checker.orchestrators.kind.cluster_nodes import IMAGE as IMAGE
from checker.orchestrators.kind.cluster_nodes import NAME as NAME
from checker.orchestrators.kind.cluster_nodes import NETWORK as NETWORK
from checker.orchestrators.kind.cluster_nodes import folder as folder
from checker.orchestrators.kind.cluster_nodes import kubeconfig as kubeconfig
from checker.orchestrators.kind.cluster_nodes import nodes as nodes

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


def ensure() -> None:
    """Have a cluster whose nodes are all ready; idempotent, safe when two call at once.

    A stopped cluster is started; one that is broken, or of an earlier recipe, is made anew.

    Raises:
        CouldNotFindOut: No engine, no node image, or the cluster does not come up.
    """
    docker_engine.ensure()
    if _is_whole():
        return
    cluster_nodes.must_not_be_anothers()
    with paths.lock("kind", _say_waiting, paths.cache() / "engines"):
        if not _is_whole():
            _get_tools()
            if not (_is_current() and _start()):
                _create()


def status() -> EngineStatus:
    """The cluster as it is now."""
    if not nodes():
        return EngineStatus("kind", False, "", "no cluster yet; a page or lab makes it")
    done = _kubectl("version", "-o", "json", timeout=10, check=False)
    if done.status != 0:
        return EngineStatus("kind", False, "", "the API server does not answer")
    version = json.loads(done.output)["serverVersion"]["gitVersion"]
    return EngineStatus("kind", True, str(version), f"{len(nodes())} nodes")


def is_ready() -> bool:
    """Whether the API server answers, every node is ready, and the control plane does its work."""
    return kubeconfig().exists() and not _lacking()


def reset() -> None:
    """Mend whatever a lab did to the cluster; make it anew where that does not help."""
    docker_engine.ensure()
    cluster_nodes.must_not_be_anothers()
    with paths.lock("kind", _say_waiting, paths.cache() / "engines"):
        _get_tools()
        with console.step("Mending the cluster"):
            mended = (
                cluster_nodes.start() and control_plane_backup.restore(nodes()) and _becomes_ready()
            )
        if not mended:
            _create()


def mend() -> None:
    """Reset the cluster if any part of it is not as it was made; a look costs half a second."""
    found = nodes()
    whole = found and cluster_nodes.know_each_other() and control_plane_backup.is_intact(found)
    if not (whole and is_ready()):
        reset()


def stop() -> None:
    """Delete the cluster, its kubeconfig, and the network that was made for it."""
    if nodes():
        with console.step("Deleting the cluster"):
            _delete()
            if _network_is_ours().exists():
                remove = ["docker", "network", "rm", NETWORK]
                process.run(
                    remove, timeout=CALL_SECONDS, env=docker_engine.environment(), check=False
                )
    shutil.rmtree(folder(), ignore_errors=True)


def load(references: Iterator[str] | list[str]) -> None:
    """Put images of the engine into the nodes, where they are missing or others.

    Raises:
        CouldNotFindOut: A node does not take one.
    """
    from checker.orchestrators.kind import node_images

    wanted = list(references)
    node_images.load(wanted, nodes())
    cluster_nodes.note_images(wanted)


def _create() -> None:
    from checker.images import catalogue, provider

    in_catalogue = {image.reference for image in catalogue.load()}
    wanted = sorted({METRICS, *cluster_nodes.images()} & in_catalogue)
    provider.ensure([IMAGE, *wanted])
    cluster_nodes.forget_cluster()
    paths.write_atomically(cluster_nodes.begun(), "")
    with console.step(f"Making the cluster ({host_limits.describe()})") as step:
        _delete()
        _note_network()
        config = folder() / "kind.yaml"
        paths.write_atomically(config, host_limits.configuration(IMAGE, _socket()))
        step.update("starting the nodes")
        _kind("create", "cluster", "--name", NAME, "--config", str(config), timeout=CREATE_SECONDS)
        step.update("waiting for the nodes")
        _wait_until_ready(READY_SECONDS)
        step.update("adding metrics-server")
        load(wanted)
        _kubectl("apply", "-f", str(ADDONS / "metrics-server.yaml"), timeout=CALL_SECONDS)
        control_plane_backup.keep(nodes())
    cluster_nodes.keep_places()


def _socket() -> dict[str, str]:
    """The engine's socket, which the cloud controller needs; none where the engine is elsewhere."""
    scheme, _, path = docker_engine.environment()["DOCKER_HOST"].partition("://")
    return {path: SOCKET} if scheme == "unix" else {}


def _start() -> bool:
    """Start nodes that are stopped, as after a reboot; False if there are none, or it fails."""
    if len(nodes()) != host_limits.node_count():
        return False
    with console.step("Starting the cluster"):
        return cluster_nodes.start() and (
            _becomes_ready() or (control_plane_backup.restore(nodes()) and _becomes_ready())
        )


def _is_whole() -> bool:
    """Whether it was made to the end, as it would be made now, and works."""
    there = cluster_nodes.are_at_their_places() and cluster_nodes.know_each_other()
    return there and is_ready() and _is_current()


def _is_current() -> bool:
    """Whether the nodes are made as they would be made now: image and mounts."""
    from docker.errors import NotFound

    from checker.images import catalogue, store

    with contextlib.closing(docker_engine.client()) as client:
        held = store.look(client, catalogue.find(IMAGE))
        try:
            node = client.containers.get(CONTROL_PLANE).attrs
        except NotFound:
            return True
    if not set(_socket().values()) <= {each["Destination"] for each in node["Mounts"]}:
        return False
    return held.source == "missing" or (held.source != "outdated" and held.id == node["Image"])


def _becomes_ready() -> bool:
    """Whether the cluster works before long."""
    control_plane_backup.free_leases(nodes()[0])
    try:
        _wait_until_ready(AGAIN_SECONDS)
    except CouldNotFindOut as error:
        told = f"After {AGAIN_SECONDS:g} s {error.found}"
        console.err.print(told, markup=False)
        cluster_nodes.note_trouble(told)
        return False
    return True


def _wait_until_ready(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while missing := _lacking():
        if time.monotonic() > deadline:
            raise CouldNotFindOut(
                "The cluster does not become ready.",
                found="not there: " + ", ".join(missing),
                next_step="Type: ./course doctor   It tells whether memory or disk is short.",
            )
        time.sleep(POLL_SECONDS)


def _lacking() -> list[str]:
    get = ["get", readiness.OBJECTS, "--all-namespaces", "-o", "json"]
    try:
        done = _kubectl(*get, timeout=10)
    except process.CommandFailed:
        return ["the API server"]
    objects = json.loads(done.output)["items"]
    return readiness.lacking(objects, host_limits.node_count(), cluster_nodes.started())


def _delete() -> None:
    """By the label of the containers, as kind does; needs no program of kind's.

    What a cloud controller made for the cluster would keep its network.
    """
    if found := [*nodes(), *cluster_nodes.load_balancers()]:
        remove = ["docker", "rm", "--force", "--volumes", *found]
        process.run(remove, timeout=CREATE_SECONDS, env=docker_engine.environment())


def _note_network() -> None:
    """The network `kind` serves all clusters of kind; it is ours only if we were the first."""
    look = ["docker", "network", "inspect", NETWORK]
    if (
        process.run(look, timeout=CALL_SECONDS, env=docker_engine.environment(), check=False).status
        != 0
    ):
        paths.write_atomically(_network_is_ours(), "")


def _network_is_ours() -> Path:
    return folder() / "network"


def _kind(*words: str, timeout: float) -> None:
    env = {**docker_engine.environment(), "KUBECONFIG": str(kubeconfig())}
    process.run(["kind", "--quiet", *words], timeout=timeout, env=env)


def _kubectl(*words: str, timeout: float, check: bool = True) -> process.Completed:
    command = ["kubectl", "--kubeconfig", str(kubeconfig()), *words]
    return process.run(command, timeout=timeout, env=docker_engine.environment(), check=check)


def _get_tools() -> None:
    from checker.orchestrators.kind import cluster_tools

    with console.step("Getting kubectl and kind") as step:
        cluster_tools.ensure(step.update)


def _say_waiting() -> None:
    console.err.print("Another course command is preparing the cluster; waiting for it ...")
