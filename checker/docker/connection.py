"""The one way to the Docker Engine: its client, and the environment of its command line."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.settings import HANDED_OUT, current_settings
from checker.docker import docker_client, endpoint

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


def engine_status() -> EngineStatus:
    """Return how the engine that the course uses is now."""
    found = endpoint.find_engine()
    running = found.state == "running"
    return EngineStatus(found.name, running, found.version, found.detail, found.host)


def open_client(timeout: int = CALL_SECONDS) -> DockerClient:
    """Return the SDK's client for the engine of `cli_environment`; a call may take `timeout` s.

    Raises:
        CouldNotFindOut: No engine answers.
    """
    import docker
    from docker.errors import DockerException

    found = endpoint.find_engine()
    if found.state != "running":
        raise explain_absence(found)
    try:
        variables = {**os.environ, "DOCKER_HOST": found.host}
        return docker.from_env(environment=variables, timeout=timeout)
    except (DockerException, OSError) as error:
        raise CouldNotFindOut("The Docker Engine does not answer.", found=str(error)) from error


def explain_absence(found: endpoint.Answer) -> CouldNotFindOut:
    """Return the error that says why no engine can be used, and what to do."""
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


def cli_environment() -> dict[str, str]:
    """Return the whole environment of a docker command.

    `docker login` writes to the course's own configuration, never to the learner's; what is in
    that configuration is written by `write_configuration`.
    """
    learners = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    host = endpoint.find_engine().host
    return {
        **learners,
        "DOCKER_HOST": host,
        HANDED_OUT: "" if endpoint.chosen_host() else host,
        "DOCKER_CONFIG": str(configuration_folder()),
        "DOCKER_CLI_HINTS": "false",
        "PATH": prefix_path([docker_client.programs_folder()]),
    }


def run_docker(
    *words: str | Path, timeout: float, variables: Mapping[str, str] | None = None, **options: Any
) -> process.Completed:
    """Run a docker command to its end, as `process.run` does and with its options.

    The variables are added to its environment, which is `cli_environment`. What that names is
    written first: with a state folder that is new, the client would not find its plugins.

    Raises:
        CommandFailed: It took too long, or (with check) failed.
    """
    write_configuration()
    environment = {**cli_environment(), **(variables or {})}
    return process.run(["docker", *words], timeout=timeout, env=environment, **options)


def prefix_path(folders: list[Path]) -> str:
    """Return the PATH of now with folders before it, where they are there."""
    before = os.environ.get("PATH", os.defpath).split(os.pathsep)
    private = [str(each) for each in folders if each.is_dir()]
    return os.pathsep.join(dict.fromkeys([*private, *before]))


def configuration_folder() -> Path:
    """Return the course's own folder for the docker client."""
    return current_settings().state / "docker"


def write_configuration() -> None:
    """Bring the docker client's configuration up to date: the learner's plugins and proxies."""
    folder = configuration_folder()
    learners = endpoint.read_client_config()
    before = endpoint.read_client_config(folder)
    plugins = [str(docker_client.client_root() / "usr/libexec/docker/cli-plugins")]
    plugins += [str(Path.home() / ".docker/cli-plugins")]
    wanted = {**before, "cliPluginsExtraDirs": plugins}
    if "proxies" in learners:
        wanted["proxies"] = learners["proxies"]
    if wanted != before:
        paths.write_atomically(folder / "config.json", json.dumps(wanted, indent=2) + "\n")
