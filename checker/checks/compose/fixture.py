"""The fixture `compose`: what a learner's Compose file says, and what it does when started."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base.process import CommandFailed
from checker.checks.compose.compose_file import read_compose_file
from checker.checks.core.failure import CheckFailed, find_similar_names, get_last_line, join_names
from checker.checks.docker import temporary
from checker.checks.files.fixture import Workspace
from checker.formats import compose_practice
from checker.images.reference import is_same_image

if TYPE_CHECKING:
    from docker import DockerClient

    from checker.checks.compose.compose_project import ComposeProject

CONFIG_SECONDS = 30.0
LOCAL_ONLY = {
    "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false",
    "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false",
}
"""Compose then fetches no file that another one includes, whatever a variable in it says."""


class Compose:
    """Compose files of the learner's folder, and the projects that a check starts from them."""

    def __init__(self, client: DockerClient, workspace: Workspace) -> None:
        self._client = client
        self._workspace = workspace
        self._stack = contextlib.ExitStack()

    def close(self) -> None:
        """Remove every project that was started, with its volumes and images."""
        self._stack.close()

    def file(self, name: str = "compose.yaml") -> ComposeFile:
        """Return a Compose file as Compose itself understands it.

        Raises:
            CheckFailed: It is missing, or Compose refuses it; the learner is told its words.
        """
        written = read_compose_file(self._workspace, name)
        config = resolve_config(self._workspace.path, name)

        # Compose itself finds out only when it builds
        for service, attrs in (config.get("services") or {}).items():
            context = (attrs.get("build") or {}).get("context", "")
            if context and not Path(context).is_dir():
                expected = f"a folder to build {service} from"
                step = "The path after `build:` counts from the folder of the Compose file."
                raise CheckFailed(expected, f"there is no {context}", step)
        return ComposeFile(self, name, written, config)

    def start_project(
        self, config: dict[str, Any], within: float, late: Mapping[str, float], wait: bool
    ) -> ComposeProject:
        """Start a project from what Compose said of a file; it is removed in `close`."""
        from checker.checks.compose.compose_project import ComposeProject

        temporary.remove_leftovers(self._client)
        project = ComposeProject(config, late)
        self._stack.callback(project.close)
        project.up(within=within, wait=wait)
        return project


class ComposeFile:
    """What a Compose file says. Whether it works, only `start` tells."""

    def __init__(
        self, compose: Compose, name: str, written: dict[str, Any], config: dict[str, Any]
    ) -> None:
        self._compose = compose
        self.name = name
        self.written = written
        self.config = config

    def expect_good_practice(self, *, next_step: str = "") -> ComposeFile:
        """Expect no old syntax, no password in the file, no database for everybody."""
        for finding in compose_practice.find_bad_practice(self.written):
            what, _, cure = finding.rpartition("; ")
            step = next_step or f"{cure[0].upper()}{cure[1:]}"
            raise CheckFailed(f"good practice in {self.name}", what, step)
        return self

    @property
    def services(self) -> list[str]:
        """Their names; those of a profile that is not asked for are not among them."""
        return sorted(self.config.get("services") or {})

    def service(self, name: str) -> ComposeService:
        """Return the service NAME.

        Raises:
            CheckFailed: There is none.
        """
        if name not in self.services:
            others = join_names(find_similar_names(name, self.services) or self.services)
            step = f"Give it this name below `services:` in {self.name}."
            raise CheckFailed(f"a service {name}", f"no such service, but {others}", step)
        return ComposeService(name, self.config["services"][name])

    def start(
        self, *, within: float = 60, late: Mapping[str, float] | None = None, wait: bool = True
    ) -> ComposeProject:
        """Start the project under a temporary name and on free ports.

        Args:
            within: Seconds until all services run, and are healthy where that can be told.
            late: Seconds by which these services begin later than they would.
            wait: Fail if they do not get there; otherwise go on as soon as all were started.

        Raises:
            CheckFailed: It does not build or does not get ready.
            CouldNotFindOut: The engine or a network is away.
        """
        return self._compose.start_project(self.config, within, late or {}, wait)


class ComposeService:
    """What a file says of one service."""

    def __init__(self, name: str, attrs: dict[str, Any]) -> None:
        self.name = name
        self.attrs = attrs

    @property
    def image(self) -> str:
        return str(self.attrs.get("image") or "")

    @property
    def depends_on(self) -> dict[str, str]:
        """What it waits for, and until when: service_started, service_healthy, ..."""
        found = self.attrs.get("depends_on") or {}
        return {name: str(each.get("condition")) for name, each in found.items()}

    @property
    def ports(self) -> list[tuple[str, str, int]]:
        """Address ("" for all), port of the machine ("" for any), port of the container."""
        return [
            (str(each.get("host_ip", "")), str(each.get("published", "")), int(each["target"]))
            for each in self.attrs.get("ports") or []
        ]

    def expect_image(self, image: str, *, next_step: str = "") -> ComposeService:
        """Expect this image, with this tag, by whichever of its names."""
        if not is_same_image(image, self.image):
            step = next_step or f"Write `image: {image}` below {self.name}."
            raise CheckFailed(f"{self.name} with the image {image}", self.image or "none", step)
        return self

    def expect_published(
        self, port: int, *, on: str = "127.0.0.1", as_port: int, next_step: str = ""
    ) -> ComposeService:
        """Expect the container's port to be published on this address and port of the machine."""
        if (on, str(as_port), port) not in self.ports:
            addresses = (":".join(map(str, each)).lstrip(":") for each in self.ports)
            found = join_names(addresses, "no port")
            step = next_step or f'Write: ports: ["{on}:{as_port}:{port}"]'
            raise CheckFailed(f"{self.name} on {on}:{as_port}:{port}", found, step)
        return self

    def expect_not_published(self, *, next_step: str = "") -> ComposeService:
        """Expect that nobody outside of its networks reaches it."""
        if self.ports:
            step = next_step or "Services reach each other without that: remove its `ports:`."
            found = join_names(f"port {target}" for _, _, target in self.ports)
            raise CheckFailed(f"{self.name} without a published port", found, step)
        return self


def resolve_config(folder: Path, name: str) -> dict[str, Any]:
    """Return what `docker compose config` makes of a file: variables filled in, paths absolute.

    Raises:
        CheckFailed: Compose refuses the file.
    """
    from checker.docker.connection import run_docker

    words = ("compose", "-f", name, "config", "--format", "json")
    done = run_docker(*words, timeout=CONFIG_SECONDS, variables=LOCAL_ONLY, cwd=folder, check=False)
    if done.status:
        found = get_last_line(done.errors or done.output).replace(f"{folder}/", "")[:400]
        step = f"Ask Compose yourself: docker compose -f {name} config --quiet"
        raise CheckFailed(f"a file {name} that Compose understands", found, step)
    try:
        config: dict[str, Any] = json.loads(done.output)
    except json.JSONDecodeError:
        raise CommandFailed("docker compose config did not print JSON.", done) from None
    return config
