"""`./course doctor`: each trouble of this machine, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.base import console
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_client, docker_engine, install, journal
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts
from checker.machine.status import GIB, gib
from checker.orchestrators.ecs import emulator_process
from checker.orchestrators.kind import host_limits, kind_cluster
from checker.orchestrators.swarm import swarm_mode

LEAST_DISK = 5 * GIB
LEAST_MEMORY = 2 * GIB
LEAST_AVAILABLE = 1 * GIB
CLUSTER_DISK = 15 * GIB


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and its remedy; one that does not `stop` the course is only worth knowing."""

    what: str
    remedy: str
    stops: bool = True


def doctor() -> int:
    """Print each trouble and its remedy.

    Returns:
        0 if nothing stops the course, 1 otherwise.
    """
    with console.step("Examining this machine"):
        found = list(examine(machine_facts.gather()))
    for trouble in found:
        console.out.print("trouble:" if trouble.stops else "note:", trouble.what, markup=False)
        console.out.print(f"  next: {trouble.remedy}", markup=False)
    stopping = sum(trouble.stops for trouble in found)
    if not stopping:
        console.out.print("Nothing stands in the way of the course.")
    return 1 if stopping else 0


def examine(facts: Facts) -> Iterator[Trouble]:
    """Every trouble that the facts show, the worst first."""
    yield from _engine(facts)
    yield from _client()
    yield from _room(facts)
    yield from _ports(facts)
    yield from _registry(facts)
    yield from _limits(facts)
    yield from _cluster(facts)
    yield from _swarm(facts)
    yield from _emulator(facts)
    yield from _left_over()


def _engine(facts: Facts) -> Iterator[Trouble]:
    try:
        found = docker_engine.usable(facts.answer)
        if found.state != "running":
            steps = "; ".join(step.says for step in install.plan(True, not _bad_tools()))
            yield Trouble(
                f"No Docker Engine answers ({found.host}: {found.detail}).",
                f"Type: ./course up   It will: {steps}.",
            )
    except CouldNotFindOut as error:
        what = " ".join(part for part in (error.message, error.found) if part)
        yield Trouble(what, error.next_step)


def _client() -> Iterator[Trouble]:
    for line in _bad_tools():
        yield Trouble(line, "Type: ./course up   It brings a client with Compose and buildx.")
    for package in docker_client.missing_packages(install.HOST_PROGRAMS):
        yield Trouble(
            f"{package} is not installed.", f"As root: apt-get update && apt-get install {package}"
        )


def _bad_tools() -> list[str]:
    return docker_client.troubles(docker_engine.environment())


def _room(facts: Facts) -> Iterator[Trouble]:
    for disk in facts.disk.values():
        if disk["free"] < LEAST_DISK:
            yield Trouble(
                f"Only {gib(disk['free'])} of disk are free at {disk['path']}.",
                f"Make room until {gib(LEAST_DISK)} are free: docker system df shows what Docker "
                "uses; COURSE_CACHE moves the course's caches to another disk.",
            )
    sources = facts.image_sources["images"]
    if sources.get(kind_cluster.IMAGE) == "missing" and facts.disk["cache"]["free"] < CLUSTER_DISK:
        yield Trouble(
            f"Only {gib(facts.disk['cache']['free'])} are free for what a cluster is made of.",
            f"Before the Kubernetes track, make room until {gib(CLUSTER_DISK)} are free, or load "
            "a kit: ./course images import FILE",
            stops=False,
        )
    if facts.memory["total"] < LEAST_MEMORY:
        yield Trouble(
            f"There are only {gib(facts.memory['total'])} of memory.",
            f"Give the machine (with Docker Desktop: its virtual machine) {gib(LEAST_MEMORY)}.",
        )
    elif facts.memory["available"] < LEAST_AVAILABLE:
        yield Trouble(
            f"Only {gib(facts.memory['available'])} of memory are available now.",
            "Close other programs, or stop containers: docker stats shows what they use.",
        )


def _ports(facts: Facts) -> Iterator[Trouble]:
    for port in facts.ports:
        if port.holder and not port.ours:
            yield Trouble(
                f"Port {port.number} is taken by {port.holder}.",
                f"Stop it; if it is a container: docker ps --filter publish={port.number}",
            )


def _registry(facts: Facts) -> Iterator[Trouble]:
    registry = facts.image_sources["registry"]
    if facts.answer.state == "running" and not registry["reachable"]:
        yield Trouble(
            f"No image registry is in reach ({registry['detail']}).",
            "Nothing has to be done: the course builds its images from your distribution's "
            "packages. To save the time, load a kit (./course images import FILE), or name a "
            "mirror (COURSE_REGISTRY_MIRROR=HOST:PORT).",
            stops=False,
        )


def _limits(facts: Facts) -> Iterator[Trouble]:
    if facts.engine.get("Driver") == "vfs":
        yield Trouble(
            "The engine copies every layer (storage driver vfs), which is slow and takes room.",
            "Put its data on an ordinary file system: COURSE_CACHE moves the course's own.",
            stops=False,
        )
    if facts.engine and not facts.engine.get("MemoryLimit", True):
        yield Trouble(
            "The kernel does not limit the memory of containers, so limits cannot be seen.",
            "On Debian and Ubuntu: add cgroup_enable=memory to the kernel's command line.",
            stops=False,
        )


def _cluster(facts: Facts) -> Iterator[Trouble]:
    if facts.engine and facts.memory["total"] < host_limits.LEAST_MEMORY:
        yield Trouble(
            f"With {gib(facts.memory['total'])} of memory the cluster gets one node, not three.",
            f"Pages about several nodes need {gib(host_limits.LEAST_MEMORY)}.",
            stops=False,
        )
    cluster = facts.cluster
    if cluster and not cluster.running and kind_cluster.nodes():
        yield Trouble(
            f"The cluster is there, but {cluster.detail}.",
            "The next page or lab that needs it mends it; ./course down removes it.",
            stops=False,
        )


def _swarm(facts: Facts) -> Iterator[Trouble]:
    active = swarm_mode.state(facts.engine) != "inactive"
    if active and facts.swarm and not facts.swarm.running:
        yield Trouble(
            f"This engine is in {facts.swarm.detail}.",
            "Pages and labs about Swarm need an engine that is in none. If you do not need "
            "yours, type: docker swarm leave --force",
            stops=False,
        )


def _emulator(facts: Facts) -> Iterator[Trouble]:
    if facts.ecs and not facts.ecs.running and emulator_process.pid() is not None:
        yield Trouble(
            "The ECS emulator does not answer.",
            "The next page or lab about ECS starts it anew, or see why in its log: "
            f"tail {emulator_process.log()}",
            stops=False,
        )


def _left_over() -> Iterator[Trouble]:
    if killed := journal.killed():
        yield Trouble(
            f"Runs were killed before they had cleaned up: {', '.join(killed)}.",
            "The next ./course verify removes what they made, and so does ./course down.",
            stops=False,
        )
