"""The Swarm of one node `course`: the Docker Engine's own orchestrator, switched on and off.

The mark that it is ours is a label of the Swarm itself, set in the call that makes it. A Swarm
without that label belongs to the learner and is never touched. Its manager listens on the loopback
address alone.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import container_names, docker_engine
from checker.docker.docker_engine import EngineStatus
from checker.orchestrators.kind import cluster_nodes
from checker.orchestrators.swarm import routing_mesh
from checker.sandbox.recorder import OWNER

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.errors import APIError

MESH = "course.mesh"
"""A label of the Swarm: whether the kernel has what the routing mesh needs; see mesh.py."""

ADDRESS = "127.0.0.1"
LISTEN = f"{ADDRESS}:2377"
BRIDGE = "docker_gwbridge"
"""The engine makes this network when a task first needs it, and never removes it; made before by
hand, with these options, it can bear a label (docs.docker.com, Manage swarm service networks)."""

BRIDGE_OPTIONS = {
    "com.docker.network.bridge.name": BRIDGE,
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
}
READY_SECONDS = 30.0
POLL_SECONDS = 0.1


def ensure() -> None:
    """Have a Swarm that is ours and whose node is ready; idempotent, safe when two call at once.

    Raises:
        CouldNotFindOut: No engine, a Swarm that is not ours, or it does not come up.
    """
    docker_engine.ensure()
    with _locked(), contextlib.closing(docker_engine.client()) as client:
        if not _is_ours(client):
            _refuse_foreign(client)
            with console.step("Switching Swarm on"):
                _init(client)
        _make_bridge(client)
        _wait_until_ready(client)
        if MESH not in _labels(client):
            _note_mesh(client)


def status() -> EngineStatus:
    """The Swarm as it is now."""
    with contextlib.suppress(CouldNotFindOut), contextlib.closing(docker_engine.client()) as client:
        info = client.info()
        if state(info) == "inactive":
            return EngineStatus("swarm", False, "", "no Swarm yet; a page or lab makes it")
        if not _is_ours(client):
            return EngineStatus("swarm", False, "", "a Swarm that is not the course's")
        detail = f"{info['Swarm'].get('Nodes', 0)} node, {_words(_labels(client).get(MESH, ''))}"
        return EngineStatus("swarm", True, str(info["ServerVersion"]), detail)
    return EngineStatus("swarm", False, "", "no engine to ask")


def stop() -> None:
    """Leave the Swarm if it is ours, with all that is in it, and remove the network made for it.

    Raises:
        CouldNotFindOut: The engine does not let go of it.
    """
    if docker_engine.status().running:
        with _locked(), contextlib.closing(docker_engine.client()) as client:
            if _is_ours(client):
                _leave(client)
            _remove_bridge(client)


def state(info: dict[str, Any]) -> str:
    """What `docker info` says of Swarm: inactive, active, pending, locked or error."""
    return str(info.get("Swarm", {}).get("LocalNodeState", "inactive")) or "inactive"


def _locked() -> contextlib.AbstractContextManager[None]:
    return paths.lock("swarm", _say_waiting, paths.cache() / "engines")


def _init(client: DockerClient) -> None:
    try:
        client.swarm.init(
            advertise_addr=ADDRESS, listen_addr=LISTEN, name="default", labels={OWNER: "swarm"}
        )
    except Exception as error:
        raise _refused("Swarm could not be switched on.", error) from error


def _leave(client: DockerClient) -> None:
    """And mend what it does to the names of containers, where they are the course's; tell of others
    rather than touch them.
    """
    with console.step("Switching Swarm off"):
        _call(client.swarm.leave, force=True)
    others = set(container_names.bearers(client)) - set(own := cluster_nodes.nodes())
    container_names.enter_again(own)
    if others:
        console.err.print(
            f"Docker has forgotten the names of running containers (moby/moby#45144). Where they "
            f"need each other: docker restart {' '.join(sorted(others))}",
            markup=False,
        )


def _is_ours(client: DockerClient) -> bool:
    return _labels(client).get(OWNER) == "swarm"


def _labels(client: DockerClient) -> dict[str, str]:
    """The labels of the Swarm; none where there is no Swarm, or this node may not ask."""
    from docker.errors import APIError

    try:
        found: dict[str, str] = client.api.inspect_swarm()["Spec"].get("Labels") or {}
    except APIError:
        return {}
    return found


def _refuse_foreign(client: DockerClient) -> None:
    found = state(client.info())
    if found != "inactive":
        raise CouldNotFindOut(
            "This engine is in a Swarm that the course did not make, and does not touch.",
            expected="an engine without a Swarm",
            found=f"docker info says: Swarm: {found}",
            next_step="If you do not need that Swarm, type: docker swarm leave --force   "
            "Otherwise name another engine in DOCKER_HOST.",
        )


def _make_bridge(client: DockerClient) -> None:
    if not client.networks.list(names=[BRIDGE]):
        with contextlib.suppress(Exception):
            client.networks.create(
                BRIDGE, driver="bridge", options=BRIDGE_OPTIONS, labels={OWNER: "swarm"}
            )


def _remove_bridge(client: DockerClient) -> None:
    """Its last endpoint may go a moment after the Swarm."""
    gone = wait_until(lambda: _refusal(client) is None, READY_SECONDS, POLL_SECONDS)
    if not gone and (error := _refusal(client)):
        raise _refused(f"The network {BRIDGE} does not go.", error) from error


def _refusal(client: DockerClient) -> APIError | None:
    """Why the network cannot be removed; None once it is gone."""
    from docker.errors import APIError

    try:
        for each in client.networks.list(names=[BRIDGE], filters={"label": f"{OWNER}=swarm"}):
            each.remove()
    except APIError as error:
        return error
    return None


def _wait_until_ready(client: DockerClient) -> None:
    if not wait_until(lambda: _node(client) == "ready", READY_SECONDS, POLL_SECONDS):
        raise CouldNotFindOut(
            "The node of the Swarm does not become ready.",
            found=_node(client),
            next_step="Type: ./course down   and try again.",
        )


def _node(client: DockerClient) -> str:
    from docker.errors import APIError

    try:
        return str(client.api.nodes()[0]["Status"]["State"])
    except (APIError, IndexError) as error:
        return str(error) or "no node"


def _note_mesh(client: DockerClient) -> None:
    """Find out by trying, once, and write it down in the Swarm."""
    from checker.images import provider

    provider.ensure([routing_mesh.IMAGE])
    with console.step("Finding out whether this kernel has the routing mesh"):
        answer = "yes" if routing_mesh.works(client) else "no"
        _call(client.swarm.reload)
        labels = {**_labels(client), MESH: answer}
        _call(client.swarm.update, name="default", labels=labels)


def _call(function: Any, **arguments: Any) -> None:
    try:
        function(**arguments)
    except Exception as error:
        raise _refused("The Swarm does not do what it should.", error) from error


def _refused(message: str, error: Exception) -> CouldNotFindOut:
    return CouldNotFindOut(
        message,
        found=str(getattr(error, "explanation", None) or error),
        next_step="Type: docker info   It tells the state of Swarm. Port 2377 of 127.0.0.1 must "
        "be free.",
    )


def _words(mesh: str) -> str:
    known = {"yes": "with the routing mesh", "no": "without the routing mesh (no IPVS)"}
    return known.get(mesh, "routing mesh not tried")


def _say_waiting() -> None:
    console.err.print("Another course command is preparing Swarm; waiting for it ...")
