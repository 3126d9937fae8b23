"""The Docker Engine: the one environment in which everything of the course talks to it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import daemon, docker_client, endpoint, install
from checker.orchestrators.ecs import aws_settings

if TYPE_CHECKING:
    from docker import DockerClient

CALL_SECONDS = 60
MISLEADING = (
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
    "DOCKER_BUILDKIT",
    "DOCKER_CONTEXT",
    "DOCKER_DEFAULT_PLATFORM",
)
"""Settings of the learner's own projects that would change what the course's commands mean."""


@dataclass(frozen=True)
class EngineStatus:
    """An engine as it is now; `detail` says why it is not running."""

    name: str
    running: bool
    version: str
    detail: str
    host: str = ""


def environment() -> dict[str, str]:
    """The whole environment of every course shell, notebook and check.

    `COURSE_ROOT` lets pages and labs copy the sample application from the checkout.
    `docker login` on a page writes to the course's own configuration, never to the learner's, and
    kubectl knows the course's cluster alone. AWS tools reach the emulator and no real account.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in MISLEADING and not aws_settings.is_foreign(name)
    }
    host = endpoint.find().host
    return {
        **kept,
        **aws_settings.environment(),
        "COURSE_ROOT": str(paths.root()),
        "DOCKER_HOST": host,
        endpoint.HANDED_OUT: "" if endpoint.chosen() else host,
        "DOCKER_CONFIG": str(_configuration()),
        "DOCKER_CLI_HINTS": "false",
        "KUBECONFIG": str(paths.state() / "kubernetes" / "config"),
        "PATH": _path(),
    }


def status() -> EngineStatus:
    """The engine that the course uses, as it is now."""
    found = endpoint.find()
    running = found.state == "running"
    return EngineStatus(found.name, running, found.version, found.detail, found.host)


def client(timeout: int = CALL_SECONDS) -> DockerClient:
    """The SDK's client for the engine that `environment` hands out.

    Args:
        timeout: Seconds that one call may take.

    Raises:
        CouldNotFindOut: No engine answers.
    """
    import docker
    from docker.errors import DockerException

    found = endpoint.find()
    if found.state != "running":
        raise away(found)
    try:
        return docker.from_env(
            environment={**os.environ, "DOCKER_HOST": found.host}, timeout=timeout
        )
    except (DockerException, OSError) as error:
        raise CouldNotFindOut("The Docker Engine does not answer.", found=str(error)) from error


def away(found: endpoint.Answer) -> CouldNotFindOut:
    """The error that says why no engine can be used, and what to do."""
    if found.state == "forbidden":
        return CouldNotFindOut(
            "You may not use the Docker Engine.",
            found=f"{found.host}: {found.detail}",
            next_step="Type: sudo usermod -aG docker $USER   then log out and in again.",
        )
    return CouldNotFindOut(
        "No Docker Engine answers.",
        found=f"{found.host}: {found.detail}",
        next_step="Type: ./course up   or, for what is wrong:   ./course doctor",
    )


def ensure(assume_yes: bool = True) -> None:
    """Find a good engine, or install and start one; idempotent, safe when two call at once.

    Args:
        assume_yes: Install without asking; otherwise ask where there is a terminal.

    Raises:
        CouldNotFindOut: There is none, and none could be had.
    """
    if _is_ready():
        return
    folder = paths.cache() / "engines"
    folder.mkdir(exist_ok=True)
    with paths.lock("docker", _say_waiting, folder):
        if not _is_ready():
            found = usable(endpoint.find())
            client_is_good = docker_client.are_good(environment())
            steps = install.plan(found.state != "running", client_is_good)
            install.carry_out(steps, assume_yes)
            _must_be_ready()


def stop() -> None:
    """End the engine that the course started; one from elsewhere is left alone."""
    daemon.stop()


def usable(found: endpoint.Answer) -> endpoint.Answer:
    """The same answer, where the course can work with it or put an engine of its own there.

    Raises:
        CouldNotFindOut: It is too old, not Docker, closed to this user, or chosen and away.
    """
    if found.state == "forbidden":
        raise away(found)
    if found.state == "away" and (chosen := endpoint.chosen()):
        raise CouldNotFindOut(
            "DOCKER_HOST names an engine that does not answer.",
            found=f"{chosen}: {found.detail}",
            next_step="Start that engine, or type: unset DOCKER_HOST",
        )
    if found.state == "running" and not is_good(found):
        raise CouldNotFindOut(
            "The engine is not one that the course can use.",
            expected=f"Docker Engine {'.'.join(map(str, docker_client.ENGINE_MINIMUM))} or newer",
            found=f"{found.name} {found.version} at {found.host}",
            next_step="Update it, or stop it and run this again: the course then brings its own.",
        )
    return found


def is_good(found: endpoint.Answer) -> bool:
    """Whether an engine that answers is Docker's and new enough."""
    return (
        found.name == "docker"
        and docker_client.number(found.version) >= docker_client.ENGINE_MINIMUM
    )


def _is_ready() -> bool:
    found = endpoint.find()
    return (
        found.state == "running"
        and is_good(found)
        and not docker_client.missing_packages(install.HOST_PROGRAMS)
        and docker_client.are_good(environment())
    )


def _must_be_ready() -> None:
    found = usable(endpoint.find())
    if found.state != "running":
        raise away(found)
    if lines := docker_client.troubles(environment()):
        raise CouldNotFindOut(
            "The docker client is not good enough.",
            found="; ".join(lines),
            next_step="Install Docker's own packages docker-compose-plugin and "
            "docker-buildx-plugin, or see ./course doctor.",
        )


def _say_waiting() -> None:
    console.err.print("Another course command is preparing Docker; waiting for it ...")


def _path() -> str:
    """The learner's PATH; what the course fetched comes before it, `course` itself after it."""
    before = os.environ.get("PATH", os.defpath).split(os.pathsep)
    client = install.client_root() / "usr/bin"
    folders = (client, docker_client.cluster_folder(), aws_settings.programs())
    private = [str(each) for each in folders if each.is_dir()]
    return os.pathsep.join(dict.fromkeys([*private, *before, str(paths.root())]))


def _configuration() -> Path:
    """The course's own folder for the docker client, with the learner's plugins and proxies."""
    folder = paths.state() / "docker"
    file = folder / "config.json"
    learners = endpoint.learners_config()
    before = endpoint.learners_config(folder)
    plugins = [str(install.client_root() / "usr/libexec/docker/cli-plugins")]
    plugins += [str(Path.home() / ".docker/cli-plugins")]
    wanted = {**before, "cliPluginsExtraDirs": plugins}
    if "proxies" in learners:
        wanted["proxies"] = learners["proxies"]
    if wanted != before:
        paths.write_atomically(file, json.dumps(wanted, indent=2) + "\n")
    return folder
