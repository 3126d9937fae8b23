"""`./course doctor`: each trouble of this machine, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checker.base import console
from checker.base.errors import CouldNotFindOut
from checker.docker import connection, docker_client, docker_engine, install, journal
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts
from checker.machine.status import GIB, format_gib
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
        found = list(find_troubles(machine_facts.gather_facts()))
    for trouble in found:
        console.out.print("trouble:" if trouble.stops else "note:", trouble.what, markup=False)
        console.out.print(f"  next: {trouble.remedy}", markup=False)
    stopping = sum(trouble.stops for trouble in found)
    if not stopping:
        console.out.print("Nothing stands in the way of the course.")
    return 1 if stopping else 0


def find_troubles(facts: Facts) -> Iterator[Trouble]:
    """Find every trouble that the facts show, the worst first."""
    yield from examine_engine(facts)
    yield from examine_client()
    yield from examine_space(facts)
    yield from examine_ports(facts)
    yield from examine_registry(facts)
    yield from examine_limits(facts)
    yield from examine_cluster(facts)
    yield from examine_swarm(facts)
    yield from examine_emulator(facts)
    yield from examine_killed_runs()


def examine_engine(facts: Facts) -> Iterator[Trouble]:
    """Find out whether the engine can be used."""
    try:
        found = docker_engine.require_usable(facts.answer)
        if found.state != "running":
            planned = install.plan_steps(True, not _find_bad_tools())
            yield Trouble(
                f"No Docker Engine answers ({found.host}: {found.detail}).",
                f"Type: ./course up   It will: {'; '.join(each.description for each in planned)}.",
            )
    except CouldNotFindOut as error:
        what = " ".join(part for part in (error.message, error.found) if part)
        yield Trouble(what, error.next_step)


def examine_client() -> Iterator[Trouble]:
    """Find out whether Docker's client and the host's programs are there, and new enough."""
    for line in _find_bad_tools():
        yield Trouble(line, "Type: ./course up   It brings a client with Compose and buildx.")
    for package in docker_client.list_missing_packages(install.HOST_PROGRAMS):
        yield Trouble(
            f"{package} is not installed.", f"As root: apt-get update && apt-get install {package}"
        )


def _find_bad_tools() -> list[str]:
    connection.write_configuration()  # it says where the plugins are
    return docker_client.list_troubles(connection.cli_environment())


def examine_space(facts: Facts) -> Iterator[Trouble]:
    """Find out whether disk and memory suffice."""
    for disk in facts.disk.values():
        if disk["free"] < LEAST_DISK:
            yield Trouble(
                f"Only {format_gib(disk['free'])} of disk are free at {disk['path']}.",
                f"Make room until {format_gib(LEAST_DISK)} are free: docker system df shows what "
                "Docker uses; COURSE_CACHE moves the course's caches to another disk.",
            )
    sources = facts.image_sources["images"]
    free = facts.disk["cache"]["free"] if sources.get(kind_cluster.IMAGE) == "missing" else None
    if free is not None and free < CLUSTER_DISK:
        yield Trouble(
            f"Only {format_gib(free)} are free for what a cluster is made of.",
            f"Before the Kubernetes track, make room until {format_gib(CLUSTER_DISK)} are free, or "
            "load a kit: ./course images import FILE",
            stops=False,
        )
    if facts.memory["total"] < LEAST_MEMORY:
        yield Trouble(
            f"There are only {format_gib(facts.memory['total'])} of memory.",
            "Give the machine (with Docker Desktop: its virtual machine) "
            f"{format_gib(LEAST_MEMORY)}.",
        )
    elif facts.memory["available"] < LEAST_AVAILABLE:
        yield Trouble(
            f"Only {format_gib(facts.memory['available'])} of memory are available now.",
            "Close other programs, or stop containers: docker stats shows what they use.",
        )


def examine_ports(facts: Facts) -> Iterator[Trouble]:
    """Find the course's ports that another program has."""
    for port in facts.ports:
        if port.holder and not port.ours:
            yield Trouble(
                f"Port {port.number} is taken by {port.holder}.",
                f"Stop it; if it is a container: docker ps --filter publish={port.number}",
            )


def examine_registry(facts: Facts) -> Iterator[Trouble]:
    """Find out whether a registry is in reach."""
    registry = facts.image_sources["registry"]
    if facts.answer.state == "running" and not registry["reachable"]:
        yield Trouble(
            f"No image registry is in reach ({registry['detail']}).",
            "Nothing has to be done: the course builds its images from your distribution's "
            "packages. To save the time, load a kit (./course images import FILE), or name a "
            "mirror (COURSE_REGISTRY_MIRROR=HOST:PORT).",
            stops=False,
        )


def examine_limits(facts: Facts) -> Iterator[Trouble]:
    """Find what this engine or kernel cannot show."""
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


def examine_cluster(facts: Facts) -> Iterator[Trouble]:
    """Find out whether a cluster fits here, and whether the one that is there answers."""
    if facts.engine and facts.memory["total"] < host_limits.LEAST_MEMORY:
        yield Trouble(
            f"With {format_gib(facts.memory['total'])} of memory the cluster gets one node, "
            "not three.",
            f"Pages about several nodes need {format_gib(host_limits.LEAST_MEMORY)}.",
            stops=False,
        )
    cluster = facts.orchestrators.get("cluster")
    if cluster and not cluster.running and kind_cluster.node_names():
        yield Trouble(
            f"The cluster is there, but {cluster.detail}.",
            "The next page or lab that needs it repairs it; ./course down removes it.",
            stops=False,
        )


def examine_swarm(facts: Facts) -> Iterator[Trouble]:
    """Find out whether the engine is in a Swarm that is not the course's."""
    active = swarm_mode.swarm_state(facts.engine) != "inactive"
    swarm = facts.orchestrators.get("swarm")
    if active and swarm and not swarm.running:
        yield Trouble(
            f"This engine is in {swarm.detail}.",
            "Pages and labs about Swarm need an engine that is in none. If you do not need "
            "yours, type: docker swarm leave --force",
            stops=False,
        )


def examine_emulator(facts: Facts) -> Iterator[Trouble]:
    """Find out whether an emulator that runs answers."""
    emulator = facts.orchestrators.get("ecs")
    if emulator and not emulator.running and emulator_process.find_pid() is not None:
        yield Trouble(
            "The ECS emulator does not answer.",
            "The next page or lab about ECS restarts it, or see why in its log: "
            f"tail {emulator_process.log_file()}",
            stops=False,
        )


def examine_killed_runs() -> Iterator[Trouble]:
    """Find runs that could not clean up."""
    if killed := [run.name for run in journal.list_killed_runs()]:
        yield Trouble(
            f"Runs were killed before they had cleaned up: {', '.join(killed)}.",
            "The next ./course verify removes what they made, and so does ./course down.",
            stops=False,
        )
