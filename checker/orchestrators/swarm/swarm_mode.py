"""The Swarm of one node `course`: the Docker Engine's own orchestrator, switched on and off.

The mark that it is ours is a label of the Swarm itself, set in the call that creates it. A Swarm
without that label belongs to the learner and is never touched. Its manager listens on the loopback
address alone.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import connection, container_names, docker_engine
from checker.docker.connection import EngineStatus
from checker.docker.labels import OWNER
from checker.orchestrators.kind import cluster_nodes
from checker.orchestrators.swarm import routing_mesh

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.errors import APIError

MESH = "course.mesh"
"""A label of the Swarm: whether the kernel has what the routing mesh needs; see routing_mesh."""
MESH_WORDS = {"yes": "with the routing mesh", "no": "without the routing mesh (no IPVS)"}

ADDRESS = "127.0.0.1"
LISTEN = f"{ADDRESS}:2377"
BRIDGE = "docker_gwbridge"
"""The engine creates this network when a task first needs it, and never removes it. Created before
by hand with these options, it can have a label (docs.docker.com, Manage swarm service networks)."""

BRIDGE_OPTIONS = {
    "com.docker.network.bridge.name": BRIDGE,
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
}
READY_SECONDS = 30.0
POLL_SECONDS = 0.1
WAITING = "Another course command is preparing Swarm; waiting for it ..."


def ensure_swarm() -> None:
    """Have a Swarm that is ours and whose node is ready; idempotent, safe when two call at once.

    Raises:
        CouldNotFindOut: No engine, a Swarm that is not ours, or it does not come up.
    """
    docker_engine.ensure_engine()
    with lock_swarm(), contextlib.closing(connection.open_client()) as client:
        if not is_ours(client):
            refuse_foreign_swarm(client)
            with console.step("Switching Swarm on"):
                init = {"advertise_addr": ADDRESS, "listen_addr": LISTEN, "name": "default"}
                problem = "Swarm could not be switched on."
                _change_swarm(client.swarm.init, problem, **init, labels={OWNER: "swarm"})
        if not client.networks.list(names=[BRIDGE]):
            with contextlib.suppress(Exception):
                client.networks.create(
                    BRIDGE, driver="bridge", options=BRIDGE_OPTIONS, labels={OWNER: "swarm"}
                )

        if not wait_until(lambda: node_state(client) == "ready", READY_SECONDS, POLL_SECONDS):
            raise CouldNotFindOut(
                "The node of the Swarm does not become ready.",
                found=node_state(client),
                next_step="Type: ./course down   and try again.",
            )
        if MESH not in read_labels(client):
            _record_mesh(client)


def swarm_status() -> EngineStatus:
    """Return how the Swarm is now."""
    try:
        with contextlib.closing(connection.open_client()) as client:
            info = client.info()
            if swarm_state(info) == "inactive":
                return EngineStatus("swarm", False, "", "no Swarm yet; a page or lab makes it")
            if not is_ours(client):
                return EngineStatus("swarm", False, "", "a Swarm that is not the course's")
            mesh = MESH_WORDS.get(read_labels(client).get(MESH, ""), "routing mesh not tried")
    except CouldNotFindOut:
        return EngineStatus("swarm", False, "", "no engine to ask")
    detail = f"{info['Swarm'].get('Nodes', 0)} node, {mesh}"
    return EngineStatus("swarm", True, str(info["ServerVersion"]), detail)


def leave_swarm() -> None:
    """Leave the Swarm if it is ours, with all that is in it, and remove the network made for it.

    Raises:
        CouldNotFindOut: The engine does not let go of it.
    """
    if connection.engine_status().running:
        with lock_swarm(), contextlib.closing(connection.open_client()) as client:
            if is_ours(client):
                with console.step("Switching Swarm off"):
                    _change_swarm(client.swarm.leave, force=True)
                restore_names(client)
            # The last endpoint of the network may go a moment after the Swarm.
            gone = wait_until(lambda: _remove_bridge(client) is None, READY_SECONDS, POLL_SECONDS)
            if not gone and (error := _remove_bridge(client)):
                raise _explain_refusal(f"The network {BRIDGE} does not go.", error) from error


def swarm_state(info: dict[str, Any]) -> str:
    """Return what `docker info` says of Swarm: inactive, active, pending, locked or error."""
    return str(info.get("Swarm", {}).get("LocalNodeState", "inactive")) or "inactive"


def node_state(client: DockerClient) -> str:
    """Return the state of the Swarm's node, or why it is not known."""
    from docker.errors import APIError

    try:
        return str(client.api.nodes()[0]["Status"]["State"])
    except (APIError, IndexError) as error:
        return str(error) or "no node"


def is_ours(client: DockerClient) -> bool:
    """Tell whether the engine is in a Swarm that the course created."""
    return read_labels(client).get(OWNER) == "swarm"


def read_labels(client: DockerClient) -> dict[str, str]:
    """Return the labels of the Swarm; none where there is no Swarm, or this node may not ask."""
    from docker.errors import APIError

    try:
        return dict(client.api.inspect_swarm()["Spec"].get("Labels") or {})
    except APIError:
        return {}


def refuse_foreign_swarm(client: DockerClient) -> None:
    """Refuse to touch a Swarm that somebody else created.

    Raises:
        CouldNotFindOut: There is one.
    """
    found = swarm_state(client.info())
    if found != "inactive":
        raise CouldNotFindOut(
            "This engine is in a Swarm that the course did not make, and does not touch.",
            expected="an engine without a Swarm",
            found=f"docker info says: Swarm: {found}",
            next_step="If you do not need that Swarm, type: docker swarm leave --force   "
            "Otherwise name another engine in DOCKER_HOST.",
        )


def lock_swarm() -> contextlib.AbstractContextManager[None]:
    """Let one process at a time change the Swarm."""
    return paths.lock("swarm", WAITING, paths.cache() / "engines")


def restore_names(client: DockerClient) -> None:
    """Register the names of the course's containers again, which leaving a Swarm makes the engine
    forget; of other containers only tell.
    """
    own = cluster_nodes.node_names()
    container_names.register_names(own)
    if others := set(container_names.list_named_containers(client)) - set(own):
        console.err.print(
            f"Docker has forgotten the names of running containers (moby/moby#45144). Where they "
            f"need each other: docker restart {' '.join(sorted(others))}",
            markup=False,
        )


def _remove_bridge(client: DockerClient) -> APIError | None:
    """Remove the network; return why it cannot be removed, None once it is gone."""
    from docker.errors import APIError

    try:
        for each in client.networks.list(names=[BRIDGE], filters={"label": f"{OWNER}=swarm"}):
            each.remove()
    except APIError as error:
        return error
    return None


def _record_mesh(client: DockerClient) -> None:
    """Find out by trying, once, and write it down in the Swarm."""
    from checker.images import provider

    provider.ensure_images([routing_mesh.IMAGE])
    with console.step("Finding out whether this kernel has the routing mesh"):
        answer = "yes" if routing_mesh.has_routing_mesh(client) else "no"
        _change_swarm(client.swarm.reload)
        labels = {**read_labels(client), MESH: answer}
        _change_swarm(client.swarm.update, name="default", labels=labels)


def _change_swarm(
    function: Any, problem: str = "The Swarm does not do what it should.", **arguments: Any
) -> None:
    try:
        function(**arguments)
    except Exception as error:
        raise _explain_refusal(problem, error) from error


def _explain_refusal(message: str, error: Exception) -> CouldNotFindOut:
    return CouldNotFindOut(
        message,
        found=str(getattr(error, "explanation", None) or error),
        next_step="Type: docker info   It tells the state of Swarm. Port 2377 of 127.0.0.1 must "
        "be free.",
    )
