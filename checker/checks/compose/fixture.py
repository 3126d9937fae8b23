"""The fixture `compose`: what a learner's Compose file says, and what it does when started."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base.process import CommandFailed
from checker.checks.compose.compose_file import read_compose_files
from checker.checks.compose.project_files import WrittenFile, list_project_files
from checker.checks.compose.service import ComposeService
from checker.checks.core.failure import CheckFailed, find_similar_names, get_last_line, join_names
from checker.checks.docker import temporary
from checker.checks.files.fixture import Workspace
from checker.formats import compose_practice

if TYPE_CHECKING:
    from docker import DockerClient

    from checker.checks.compose.compose_project import ComposeProject

CONFIG_SECONDS = 30.0
SHORTEST = 6
"""Characters; a shorter password would be found in words that have nothing to do with it."""

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

        With compose.yaml goes all that `docker compose` reads here: its override, what COMPOSE_FILE
        in .env names, and what these include.

        Raises:
            CheckFailed: It is missing, or Compose refuses it; the learner is told its words.
        """
        names = list_project_files(self._workspace, name)
        written = read_compose_files(self._workspace, names)
        config = resolve_config(self._workspace.path, names)

        # Compose itself finds out only when it builds
        for service, attrs in (config.get("services") or {}).items():
            context = (attrs.get("build") or {}).get("context", "")
            if context and not Path(context).is_dir():
                expected = f"a folder to build {service} from"
                step = "The path after `build:` counts from the folder of the Compose file."
                raise CheckFailed(expected, f"there is no {context}", step)
        return ComposeFile(self, names, written, config)

    @property
    def folder(self) -> Path:
        """The folder of the learner."""
        return self._workspace.path

    def create_project(self, config: dict[str, Any], held: Iterable[str]) -> ComposeProject:
        """Make a project from what Compose said of a file; it is removed in `close`."""
        from checker.checks.compose.compose_project import ComposeProject

        temporary.remove_leftovers(self._client)
        variables = self._workspace.path / ".env"
        project = ComposeProject(config, held, variables if variables.is_file() else None)
        self._stack.callback(project.close)
        return project


class ComposeFile:
    """What a Compose file says. Whether it works, only `start` tells.

    Args:
        compose: The folder that it is in.
        names: The files that Compose reads, the first first.
        written: These, and what they include or extend, as they were written.
        config: What Compose makes of them.
    """

    def __init__(
        self,
        compose: Compose,
        names: Sequence[str],
        written: Sequence[WrittenFile],
        config: dict[str, Any],
    ) -> None:
        self._compose = compose
        self._names = names
        self.name = names[0]
        self.written = written
        self.config = config

    @cached_property
    def all_services(self) -> list[ComposeService]:
        """Every service, those of profiles that nobody has asked for among them."""
        config = resolve_config(self._compose.folder, self._names, "--profile", "*")
        found = config.get("services") or {}
        return [ComposeService(name, found[name]) for name in sorted(found)]

    def expect_good_practice(self, *, next_step: str = "") -> ComposeFile:
        """Expect no old syntax, no password in the file, no database for everybody."""
        for file in self.written:
            for finding in compose_practice.find_bad_practice(file.content):
                what, _, cure = finding.rpartition("; ")
                step = next_step or f"{cure[0].upper()}{cure[1:]}"
                raise CheckFailed(f"good practice in {file.name}", what, step)
        return self

    def expect_no_secret(self, *known: str, next_step: str = "") -> ComposeFile:
        """Expect that secrets stand nowhere in the files, in plain text or encoded.

        Looked for are those that are given, and the passwords that services are started with.
        """
        for secret in dict.fromkeys([*known, *self._list_passwords()]):
            for file in self.written:
                if place := file.find_value(secret):
                    step = next_step or (
                        "Comments count, and so does base64. Leave the value in a file of its own, "
                        "and write a variable or `secrets:` here."
                    )
                    expected = "no password in a file that Compose reads as its own"
                    raise CheckFailed(expected, f"the password: {place}", step)
        return self

    def _list_passwords(self) -> list[str]:
        """Return what services are started with, apart from words that stand there anyway."""
        found = [
            value
            for service in self.all_services
            for _, value in compose_practice.list_passwords(service.attrs)
        ]
        return [each for each in found if len(each) >= SHORTEST and not each.isalpha()]

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

    def list_conditions(self, service: str) -> dict[str, set[str]]:
        """Return what a service waits for, by service, also through others that it waits for."""
        return list_conditions(self.config, service)

    def project(self, *, held: Iterable[str] = ()) -> ComposeProject:
        """Return the project under a temporary name and on free ports; nothing is started yet.

        Args:
            held: Services whose programs begin only when the check says so.
        """
        return self._compose.create_project(self.config, held)

    def start(self, *, within: float = 60) -> ComposeProject:
        """Start the project under a temporary name and on free ports.

        Args:
            within: Seconds until all services run, and are healthy where that can be told.

        Raises:
            CheckFailed: It does not build or does not get ready.
            CouldNotFindOut: The engine or a network is away.
        """
        return self.project().up(within=within)


def resolve_config(folder: Path, names: Sequence[str], *options: str) -> dict[str, Any]:
    """Return what `docker compose config` makes of files: variables filled in, paths absolute.

    Raises:
        CheckFailed: Compose refuses them.
    """
    from checker.docker.connection import run_docker

    files = [word for name in names for word in ("-f", name)]
    words = ("compose", *files, *options, "config", "--format", "json")
    done = run_docker(*words, timeout=CONFIG_SECONDS, variables=LOCAL_ONLY, cwd=folder, check=False)
    if done.status:
        found = get_last_line(done.errors or done.output).replace(f"{folder}/", "")[:400]
        step = f"Ask Compose yourself: docker compose {' '.join(files)} config --quiet"
        raise CheckFailed(f"a file {names[0]} that Compose understands", found, step)
    try:
        config: dict[str, Any] = json.loads(done.output)
    except json.JSONDecodeError:
        raise CommandFailed("docker compose config did not print JSON.", done) from None
    return config


def list_conditions(config: dict[str, Any], service: str) -> dict[str, set[str]]:
    """Return what a service waits for, itself or through others that it waits for.

    Args:
        config: As `docker compose config` prints it.
        service: The name of the service.

    Returns:
        The conditions, such as service_healthy, by the service that they are about.
    """
    services = config.get("services") or {}
    found: dict[str, set[str]] = {}
    waiting, seen = [service], {service}
    while waiting:
        attrs = services.get(waiting.pop()) or {}
        for name, condition in ComposeService("", attrs).depends_on.items():
            found.setdefault(name, set()).add(condition)
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return found
