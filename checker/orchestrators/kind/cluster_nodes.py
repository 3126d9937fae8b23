"""The containers that are the cluster's nodes, and how the course knows that they are its own."""

from __future__ import annotations

import contextlib
import ipaddress
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import container_names, docker_engine, endpoint
from checker.orchestrators.kind import readiness

if TYPE_CHECKING:
    from docker.models.containers import Container

IMAGE = "kindest/node:v1.37"
NETWORK = "kind"
STEP_SECONDS = 120.0
KNOWN_SECONDS = 15.0
POLL_SECONDS = 0.2
NAME = "course"
CONTROL_PLANE = f"{NAME}-control-plane"
NODES = f"io.x-k8s.kind.cluster={NAME}"
LOAD_BALANCERS = f"course.cloud.cluster={NAME}"
"""Labels of containers: kind's, and that of labs/cloud-controller."""


def nodes() -> list[str]:
    """The containers that are nodes of the cluster, the control plane first; also stopped ones.

    A cluster of the same name that the course did not make has none.
    """
    return _names(_ours(NODES))


def load_balancers() -> list[str]:
    """What a cloud controller made for the Services of this cluster."""
    return _names(_ours(LOAD_BALANCERS))


def started() -> dict[str, datetime]:
    """When each node was started."""
    found = _ours(NODES)
    return {str(each.name): readiness.moment(each.attrs["State"]["StartedAt"]) for each in found}


def keep_places() -> None:
    """The cluster is finished, with its nodes at these addresses."""
    paths.write_atomically(made(), json.dumps(_places()))


def are_at_their_places() -> bool:
    """Whether the cluster was finished, and its nodes have the addresses that they had then."""
    kept = _kept_places()
    return bool(kept) and kept == _places()


def start() -> bool:
    """Start the nodes, each at its place: what kubeadm wrote, and what `pristine` keeps, names it.

    The engine gives out the lowest free address, and kind cannot ask for another. So nodes that
    are started in the order of their addresses get their own, where nobody else has taken one.

    Returns:
        False if one has another address now or is not found by its name, or the cluster was never
        finished.
    """
    kept = _kept_places()
    in_order = sorted(kept, key=lambda name: ipaddress.ip_address(kept[name]))
    if not in_order or set(in_order) != set(nodes()):
        return False
    if not _start(in_order):
        _stop_and_start(in_order)
    if not know_each_other():
        container_names.enter_again(in_order)
    if not _get_to_know():  # the engine is in another Swarm by now: see `names`
        _stop_and_start(in_order)
    return are_at_their_places() and _get_to_know()


def know_each_other() -> bool:
    """Whether workers find the control plane, as a kubelet and a kube-proxy do when they start."""
    workers = [each for each in nodes() if each != CONTROL_PLANE]
    return all(container_names.is_found(CONTROL_PLANE, by=each) for each in workers[:1])


def _get_to_know() -> bool:
    """The same, within the time that a node needs after a start: it first arranges its own DNS."""
    return wait_until(know_each_other, KNOWN_SECONDS, POLL_SECONDS)


def must_not_be_anothers() -> None:
    """Refuse to touch a cluster of the same name that somebody else made.

    Raises:
        CouldNotFindOut: There is one.
    """
    if not _is_ours() and (found := _found(NODES)):
        raise CouldNotFindOut(
            f"There is a cluster named {NAME} that the course did not make.",
            found=", ".join(_names(found)),
            next_step=f"Leave it and give the course another engine with DOCKER_HOST, or if it is "
            f"not needed: kind delete cluster --name {NAME}",
        )


def folder() -> Path:
    """Kubeconfigs: one that points to `default`, and one for each lab."""
    made = paths.state() / "kubernetes"
    made.mkdir(exist_ok=True)
    return made


def kubeconfig() -> Path:
    """What kubectl of a course shell uses; it need not be there."""
    return folder() / "config"


def begun() -> Path:
    """Says that the course is making a cluster."""
    return folder() / "begun"


def made() -> Path:
    """Says that the cluster was finished; one whose making was interrupted is made anew."""
    return folder() / "made"


def before(run: str) -> Path:
    """What was in the cluster before a run; in one that was made anew, all would be new."""
    return folder() / f"before-{run}.json"


def forget_cluster() -> None:
    """It goes: what was written down of it holds no longer."""
    for each in (made(), *folder().glob(before("*").name)):
        each.unlink(missing_ok=True)


def note_images(references: list[str]) -> None:
    """The nodes have these images now; a cluster that takes the place of this one needs them."""
    if not set(references) <= set(known := images()):
        paths.write_atomically(_images(), json.dumps(sorted({*known, *references})))


def images() -> list[str]:
    """The images that were put into the nodes."""
    try:
        return list(json.loads(_images().read_text()))
    except (OSError, ValueError):
        return []


def note_trouble(told: str) -> None:
    """Keep why the cluster could not be mended, for whoever looks into it later."""
    with troubles().open("a") as file:
        file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}  {told}\n")


def troubles() -> Path:
    """What went wrong with clusters so far, a line for each time; it need not be there."""
    return folder() / "troubles"


def _images() -> Path:
    return folder() / "images.json"


def _kept_places() -> dict[str, str]:
    try:
        kept: dict[str, str] = json.loads(made().read_text())
    except (OSError, ValueError):
        return {}
    return kept


def _places() -> dict[str, str]:
    networks = {str(each.name): each.attrs["NetworkSettings"]["Networks"] for each in _ours(NODES)}
    return {name: str(found.get(NETWORK, {}).get("IPAddress")) for name, found in networks.items()}


def _stop_and_start(in_order: list[str]) -> None:
    balancers = load_balancers()
    _docker("stop", *in_order, *balancers)
    _start([*in_order, *balancers])


def _start(containers: list[str]) -> bool:
    _docker("start", *containers)
    return are_at_their_places()


def _docker(*words: str) -> None:
    process.run(
        ["docker", *words], timeout=STEP_SECONDS, env=docker_engine.environment(), check=False
    )


def _is_ours() -> bool:
    """Nobody else makes clusters in the engine that the course started itself."""
    own = endpoint.find().host == endpoint.own_host()
    return own or made().exists() or begun().exists()


def _ours(label: str) -> list[Container]:
    return _found(label) if _is_ours() else []


def _found(label: str) -> list[Container]:
    with contextlib.suppress(CouldNotFindOut), contextlib.closing(docker_engine.client()) as client:
        wanted: dict[str, str | list[str] | bool] = {"label": label}
        return client.containers.list(all=True, filters=wanted)
    return []


def _names(containers: list[Container]) -> list[str]:
    return sorted(str(each.name) for each in containers)
