"""Installing a Docker Engine, Compose and buildx where they are missing.

Where systemd runs and the distribution's own packages are new enough, they are installed the
usual way. Elsewhere the same packages are unpacked into the cache, so that nothing of the machine
changes: Debian 12 takes Debian 13's, which run there, with its own runc and iptables.
"""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker import apt, daemon, docker_client, endpoint
from checker.docker.privilege import need_root, run_as_root

ENGINE = ("docker.io", "containerd", "tini")
CLIENT = ("docker-cli", "docker-compose-v2", "docker-compose", "docker-buildx")
HOST_PROGRAMS = ("ps", "curl")
ENGINE_PROGRAMS = ("runc", "iptables", *HOST_PROGRAMS)
SYSTEMD = Path("/run/systemd/system")


@dataclass(frozen=True)
class Step:
    """One change to the machine, said before it is made."""

    says: str
    does: Callable[[], None]
    needs_apt: bool = True
    needs_root: bool = True


def client_root() -> Path:
    """Where the docker client is that the course fetched, if it did."""
    return paths.cache() / "engines" / "docker-client"


def engine_root() -> Path:
    """Where the Docker Engine is that the course fetched, if it did."""
    return paths.cache() / "engines" / "docker-engine"


def plan(engine_is_away: bool, client_is_good: bool) -> list[Step]:
    """What must be done on this machine, in this order; empty if all is there.

    Raises:
        CouldNotFindOut: This system is one on which the course installs nothing.
    """
    by_hand = engine_is_away and not _has_systemd_way()
    programs = ENGINE_PROGRAMS if by_hand else HOST_PROGRAMS
    steps = _packages(docker_client.missing_packages(programs))
    if not client_is_good and not (engine_is_away and _has_systemd_way()):
        steps.append(_fetch("Compose, buildx and the docker client", client_root(), CLIENT))
    if by_hand and not _dockerd():
        steps.append(_fetch("the Docker Engine", engine_root(), ENGINE))
    if engine_is_away:
        steps += (
            [Step("start the Docker Engine", start, needs_apt=False)]
            if by_hand
            else _with_systemd()
        )
    if any(step.needs_apt for step in steps) and not apt.is_there():
        raise _cannot_install(steps)
    return steps


def _cannot_install(steps: list[Step]) -> CouldNotFindOut:
    return CouldNotFindOut(
        "The course cannot install Docker on this system.",
        found=f"{sys.platform}, without apt; what it would have to do: "
        + "; ".join(step.says for step in steps if step.needs_apt),
        next_step="Install Docker Desktop, or Docker Engine 24 or newer with Compose and buildx, "
        "start it, and run this again.",
    )


def carry_out(steps: list[Step], assume_yes: bool) -> None:
    """Say what will be done, ask where there is a terminal, and do it.

    Raises:
        CouldNotFindOut: The answer was no, or a step failed.
    """
    console.err.print("To run containers, the course will:")
    for step in steps:
        console.err.print(f"  - {step.says}", markup=False)
    if any(step.needs_root for step in steps):
        need_root()
    asks = not assume_yes and sys.stdin.isatty()
    if asks and not click.confirm("Go on?", default=True, err=True):
        raise CouldNotFindOut(
            "Nothing was installed.",
            next_step="Install Docker Engine 24 or newer with Compose and buildx yourself, "
            "or run this again and say yes.",
        )
    for step in steps:
        step.does()


def start() -> None:
    """Start the engine by hand.

    Raises:
        CouldNotFindOut: There is no dockerd, or it does not start.
    """
    dockerd = _dockerd()
    if not dockerd:
        raise CouldNotFindOut("There is no dockerd.", next_step="Type: ./course up")
    own = [str(engine_root() / "usr" / part) for part in ("sbin", "bin")]
    machine = [os.environ.get("PATH", os.defpath), *docker_client.ROOT_FOLDERS]
    daemon.start(dockerd, os.pathsep.join([*own, *machine]))


def codename() -> str:
    """The release whose packages are new enough here: this system's own, or on Debian 12 the next.

    Debian 12 has Docker 20.10; Debian 13's files need glibc 2.34 and Debian 12 has 2.36.
    """
    own = apt.release().get("VERSION_CODENAME", "")
    return "trixie" if own == "bookworm" else own


def _has_systemd_way() -> bool:
    return SYSTEMD.is_dir() and codename() == apt.release().get("VERSION_CODENAME")


def _dockerd() -> str | None:
    """A dockerd that is new enough, wherever it comes from."""
    found = docker_client.find("dockerd", engine_root() / "usr/sbin")
    if not found:
        return None
    said = process.run([found, "--version"], timeout=20, check=False).output
    return found if docker_client.number(said) >= docker_client.ENGINE_MINIMUM else None


def _packages(names: list[str]) -> list[Step]:
    if not names:
        return []
    return [Step(f"install {', '.join(names)} with apt-get", lambda: apt.install(names))]


def _fetch(what: str, target: Path, packages: tuple[str, ...]) -> Step:
    place = f"{target}, from your apt's mirror ({codename()})"
    says = f"unpack {what} into {place}"
    return Step(says, lambda: _unpack(what, target, packages), needs_root=False)


def _unpack(what: str, target: Path, packages: tuple[str, ...]) -> None:
    """Download and unpack beside the target, then rename: a kill leaves all or nothing."""
    if target.is_dir():
        shutil.rmtree(target)
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    with console.step(f"Fetching {what}"):
        archive = apt.Archive(paths.cache() / "engines" / "apt", codename())
        archive.update()
        archive.unpack(_chosen(archive.versions({*packages, *ENGINE}), packages), new)
    new.rename(target)


def _chosen(offered: dict[str, str], packages: tuple[str, ...]) -> list[str]:
    """What is offered of these; Ubuntu's client is part of its docker.io, its Compose is -v2."""
    wanted = [name for name in packages if name in offered]
    if "docker-compose-v2" in wanted and "docker-compose" in wanted:
        wanted.remove("docker-compose")
    if "docker-cli" in packages and "docker-cli" not in offered:
        wanted.append("docker.io")
    return wanted


def _with_systemd() -> list[Step]:
    """The usual way: the distribution's packages, its service, its group."""
    steps = []
    if not _dockerd():
        says = "install Docker, Compose and buildx with apt-get"
        steps.append(Step(says, _install_from_distribution))
    steps.append(Step("start the service docker", _start_service, needs_apt=False))
    if os.geteuid() != 0:
        user = getpass.getuser()
        says = f"let {user} use it (group docker)"
        steps.append(Step(says, lambda: _let_in(user), needs_apt=False))
    return steps


def _install_from_distribution() -> None:
    archive = apt.Archive(paths.cache() / "engines" / "apt", codename())
    archive.update()
    offered = archive.versions({*CLIENT, *ENGINE})
    apt.install({"docker.io", *_chosen(offered, CLIENT)})


def _start_service() -> None:
    run_as_root(["systemctl", "enable", "--now", "docker"], timeout=120)


def _let_in(user: str) -> None:
    """The group counts from the next login on; until then the socket is the user's."""
    run_as_root(["usermod", "-aG", "docker", user], timeout=30)
    run_as_root(["chown", user, endpoint.SYSTEM_SOCKET], timeout=30)
