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
from checker.docker.privilege import require_root, run_as_root

ENGINE = ("docker.io", "containerd", "tini")
CLIENT = ("docker-cli", "docker-compose-v2", "docker-compose", "docker-buildx")
HOST_PROGRAMS = ("ps", "curl")
ENGINE_PROGRAMS = ("runc", "iptables", *HOST_PROGRAMS)
SYSTEMD = Path("/run/systemd/system")


@dataclass(frozen=True)
class Step:
    """One change to the machine, which is described before it is made."""

    description: str
    action: Callable[[], None]
    needs_apt: bool = True
    needs_root: bool = True


def engine_root() -> Path:
    """Return where the Docker Engine is that the course fetched, if it did."""
    return paths.cache() / "engines" / "docker-engine"


def plan_steps(engine_is_away: bool, client_is_good: bool) -> list[Step]:
    """Return what must be done on this machine, in this order; empty if all is there.

    Raises:
        CouldNotFindOut: This system is one on which the course installs nothing.
    """
    by_hand = engine_is_away and not can_use_systemd()
    programs = ENGINE_PROGRAMS if by_hand else HOST_PROGRAMS
    comes_with_engine = engine_is_away and can_use_systemd()
    steps = plan_parts(programs, client=not client_is_good and not comes_with_engine)
    steps += plan_dockerd() if by_hand else []
    if engine_is_away:
        start = Step("start the Docker Engine", start_engine, needs_apt=False)
        steps += [start] if by_hand else plan_systemd_steps()
    return require_apt(steps)


def plan_programs(client_is_good: bool) -> list[Step]:
    """Return what must be done for engines that are started by hand; nothing is started.

    Raises:
        CouldNotFindOut: This system is one on which the course installs nothing.
    """
    parts = plan_parts(ENGINE_PROGRAMS, client=not client_is_good)
    return require_apt([*parts, *plan_dockerd()])


def plan_parts(programs: tuple[str, ...], *, client: bool) -> list[Step]:
    """Return the steps that install the programs which are missing, and fetch the client."""
    steps = []
    if missing := docker_client.list_missing_packages(programs):
        description = f"install {', '.join(missing)} with apt-get"
        steps.append(Step(description, lambda: apt.install_packages(missing)))
    if client:
        what = "Compose, buildx and the docker client"
        steps.append(plan_download(what, docker_client.client_root(), CLIENT))
    return steps


def require_apt(steps: list[Step]) -> list[Step]:
    """Return the same steps, if they can be carried out on this system.

    Raises:
        CouldNotFindOut: They need apt, and there is none.
    """
    if any(step.needs_apt for step in steps) and not apt.has_apt():
        raise CouldNotFindOut(
            "The course cannot install Docker on this system.",
            found=f"{sys.platform}, without apt; what it would have to do: "
            + "; ".join(step.description for step in steps if step.needs_apt),
            next_step="Install Docker Desktop, or Docker Engine 24 or newer with Compose and "
            "buildx, start it, and run this again.",
        )
    return steps


def plan_dockerd() -> list[Step]:
    """Return the step that fetches a Docker Engine, unless one is here that is new enough."""
    return [] if find_dockerd() else [plan_download("the Docker Engine", engine_root(), ENGINE)]


def carry_out_steps(steps: list[Step], assume_yes: bool) -> None:
    """Say what will be done, ask where there is a terminal, and do it.

    Raises:
        CouldNotFindOut: The answer was no, or a step failed.
    """
    console.err.print("To run containers, the course will:")
    for step in steps:
        console.err.print(f"  - {step.description}", markup=False)
    if any(step.needs_root for step in steps):
        require_root()
    asks = not assume_yes and sys.stdin.isatty()
    if asks and not click.confirm("Go on?", default=True, err=True):
        raise CouldNotFindOut(
            "Nothing was installed.",
            next_step="Install Docker Engine 24 or newer with Compose and buildx yourself, "
            "or run this again and say yes.",
        )
    for step in steps:
        step.action()


def start_engine() -> None:
    """Start the engine by hand.

    Raises:
        CouldNotFindOut: There is no dockerd, or it does not start.
    """
    dockerd = find_dockerd()
    if not dockerd:
        raise CouldNotFindOut("There is no dockerd.", next_step="Type: ./course up")
    daemon.start_daemon(dockerd, build_engine_path())


def build_engine_path() -> str:
    """Return the PATH on which an engine finds containerd, runc, iptables and its helpers."""
    fetched = [str(engine_root() / "usr" / part) for part in ("sbin", "bin")]
    machine = [os.environ.get("PATH", os.defpath), *docker_client.ROOT_FOLDERS]
    return os.pathsep.join([*fetched, *machine])


def choose_codename() -> str:
    """Return the release whose packages are new enough here: this one, or on Debian 12 the next.

    Debian 12 has Docker 20.10; Debian 13's files need glibc 2.34 and Debian 12 has 2.36.
    """
    release = apt.read_release().get("VERSION_CODENAME", "")
    return "trixie" if release == "bookworm" else release


def can_use_systemd() -> bool:
    """Tell whether systemd runs, and this release's own packages are new enough."""
    return SYSTEMD.is_dir() and choose_codename() == apt.read_release().get("VERSION_CODENAME")


def find_dockerd() -> str | None:
    """Return a dockerd that is new enough, wherever it comes from."""
    found = docker_client.find_program("dockerd", engine_root() / "usr/sbin")
    if not found:
        return None
    said = process.run([found, "--version"], timeout=20, check=False).output
    return found if docker_client.parse_version(said) >= docker_client.ENGINE_MINIMUM else None


def plan_download(what: str, target: Path, packages: tuple[str, ...]) -> Step:
    """Return the step that unpacks packages below `target`; it changes nothing else."""
    description = f"unpack {what} into {target}, from your apt's mirror ({choose_codename()})"
    return Step(description, lambda: unpack_packages(what, target, packages), needs_root=False)


def unpack_packages(what: str, target: Path, packages: tuple[str, ...]) -> None:
    """Download and unpack beside the target, then rename: a kill leaves all or nothing."""
    if target.is_dir():
        shutil.rmtree(target)
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    with console.step(f"Fetching {what}"):
        archive = open_archive()
        offered = archive.find_versions({*packages, *ENGINE})
        archive.unpack_packages(choose_packages(offered, packages), new)
    new.rename(target)


def open_archive() -> apt.Archive:
    """Return the archive of `choose_codename`, with its lists up to date."""
    archive = apt.Archive(paths.cache() / "engines" / "apt", choose_codename())
    archive.update_lists()
    return archive


def choose_packages(offered: dict[str, str], packages: tuple[str, ...]) -> list[str]:
    """Return what is offered of these; Ubuntu's client is in its docker.io, its Compose is -v2."""
    wanted = [name for name in packages if name in offered]
    if "docker-compose-v2" in wanted and "docker-compose" in wanted:
        wanted.remove("docker-compose")
    if "docker-cli" in packages and "docker-cli" not in offered:
        wanted.append("docker.io")
    return wanted


def plan_systemd_steps() -> list[Step]:
    """Return the steps of the usual way: the distribution's packages, its service, its group."""

    def start_service() -> None:
        run_as_root(["systemctl", "enable", "--now", "docker"], timeout=120)

    def allow_user() -> None:
        # the group counts from the next login on; until then the socket is the user's
        run_as_root(["usermod", "-aG", "docker", user], timeout=30)
        run_as_root(["chown", user, endpoint.SYSTEM_SOCKET], timeout=30)

    user = getpass.getuser()
    steps = []
    if not find_dockerd():
        description = "install Docker, Compose and buildx with apt-get"
        steps.append(Step(description, install_distribution_packages))
    steps.append(Step("start the service docker", start_service, needs_apt=False))
    if os.geteuid() != 0:
        description = f"let {user} use it (group docker)"
        steps.append(Step(description, allow_user, needs_apt=False))
    return steps


def install_distribution_packages() -> None:
    """Install the engine, and what is offered of Compose, buildx and the client."""
    offered = open_archive().find_versions({*CLIENT, *ENGINE})
    apt.install_packages({"docker.io", *choose_packages(offered, CLIENT)})
