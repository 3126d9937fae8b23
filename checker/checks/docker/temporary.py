"""What a check makes for a while: builds and containers under temporary names, removed after it.

Everything has two labels: `course.owner=check`, and `course.check` with the run that made it.
A run is named by its process; what belongs to a process that is gone is removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed
from checker.checks.core.failure import CheckFailed
from checker.docker.labels import OWNER

if TYPE_CHECKING:
    from docker import DockerClient

RUN_LABEL = "course.check"
BUILD_SECONDS = 300.0
UNREACHABLE = re.compile(
    r"no space left|no such host|i/o timeout|TLS handshake|toomanyrequests|connection refused"
    r"|Cannot connect to the Docker daemon|network is unreachable|server misbehaving"
    r"|npm (error|ERR!) code (EAI_AGAIN|ECONN|ENOTFOUND|ETIMEDOUT)",
    re.I,
)
"""What a build says when it failed for reasons that are not in the Dockerfile."""


def get_run_name() -> str:
    """Return this process, told apart from a later one of the same number by when it began."""
    return f"{os.getpid()}-{read_start_time(os.getpid())}"


def make_labels() -> dict[str, str]:
    """Return the labels of everything that this process makes."""
    return {OWNER: "check", RUN_LABEL: get_run_name()}


class TemporaryObjects:
    """What one check makes, until `remove_all`."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._stack = contextlib.ExitStack()
        self._are_leftovers_removed = False

    def remove_all(self) -> None:
        """Remove all that was made, the last first."""
        self._stack.close()

    @contextlib.contextmanager
    def create_container(self, image: str) -> Iterator[str]:
        """Create a container that is not started, for the block; yield its id."""
        from docker.errors import APIError

        self._remove_leftovers_once()
        created = self._client.api.create_container(image, command=["-"], labels=make_labels())
        try:
            yield str(created["Id"])
        finally:
            with contextlib.suppress(APIError):
                self._client.api.remove_container(created["Id"], v=True, force=True)

    def build_image(
        self,
        context: Path,
        dockerfile: str,
        target: str,
        args: Mapping[str, str],
        cache: bool,
    ) -> tuple[str, str]:
        """Build an image under a temporary name; return the name, and the build's progress.

        Raises:
            CheckFailed: The Dockerfile does not build.
            CouldNotFindOut: The engine or a network is away, or the disk is full.
        """
        if not (context / dockerfile).is_file():
            step = f"Write {dockerfile} in {context.name}."
            raise CheckFailed(f"a file {dockerfile}", "no such file", step)
        self._remove_leftovers_once()
        name = f"course-check/{uuid.uuid4().hex[:12]}"
        self._stack.callback(self._remove_image, name)
        words: list[str | Path] = []
        for key, value in make_labels().items():
            words += ["--label", f"{key}={value}"]
        for key, value in args.items():
            words += ["--build-arg", f"{key}={value}"]
        words += (["--target", target] if target else []) + ([] if cache else ["--no-cache"])
        words += ["-t", name, "-f", context / dockerfile]
        from checker.docker.connection import run_docker

        try:
            plain = {"BUILDKIT_PROGRESS": "plain"}
            done = run_docker("build", *words, context, timeout=BUILD_SECONDS, variables=plain)
        except CommandFailed as failed:
            raise _explain_failure(failed, dockerfile) from None
        return name, done.errors + done.output

    def start_container(
        self,
        image: str,
        command: str | Sequence[str] | None,
        env: Mapping[str, str],
        ports: Sequence[int],
        options: Mapping[str, Any],
    ) -> str:
        """Start a container with testcontainers, ports on 127.0.0.1 alone; return its id."""
        self._remove_leftovers_once()
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        from checker.docker.connection import cli_environment

        testcontainers_config.ryuk_disabled = True  # what is temporary here bears a label of ours
        client = {"environment": cli_environment()}
        container = DockerContainer(image, docker_client_kw=client)
        container.with_kwargs(labels=make_labels(), **options)
        for key, value in env.items():
            container.with_env(key, value)
        if command is not None:
            container.with_command(command if isinstance(command, str) else list(command))
        published: dict[Any, Any] = dict.fromkeys(ports, ("127.0.0.1",))
        container.ports = published
        self._stack.enter_context(container)
        return str(container.get_wrapped_container().id)

    def create_network(self) -> str:
        """Create a network; return its name."""
        name = f"course-check-{uuid.uuid4().hex[:12]}"
        created = self._client.networks.create(name, labels=make_labels())
        self._stack.callback(created.remove)
        return name

    def _remove_leftovers_once(self) -> None:
        # before anything is made, so that what killed runs left does not pile up
        if not self._are_leftovers_removed:
            self._are_leftovers_removed = True
            remove_leftovers(self._client)

    def _remove_image(self, name: str) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError):
            self._client.api.remove_image(name, force=True)


def remove_leftovers(client: DockerClient) -> None:
    """Remove what checks made whose process is gone; containers first, since they use the rest."""
    from docker.errors import APIError

    filters = {"label": f"{OWNER}=check"}
    api = client.api
    remove_container = partial(api.remove_container, v=True, force=True)
    remove_image = partial(api.remove_image, force=True)

    def remove_ended(
        objects: Iterable[Mapping[str, Any]], key: str, remove: Callable[[str], object]
    ) -> None:
        for each in objects:
            if has_ended(each.get("Labels")):
                with contextlib.suppress(APIError):
                    remove(each[key])

    remove_ended(api.containers(all=True, filters=filters), "Id", remove_container)
    remove_ended(api.images(filters=filters), "Id", remove_image)
    remove_ended(api.networks(filters=filters), "Id", api.remove_network)
    remove_ended(api.volumes(filters=filters).get("Volumes") or [], "Name", api.remove_volume)


def has_ended(labels: Mapping[str, str] | None) -> bool:
    """Say whether labels name a run whose process is gone."""
    pid, _, began = (labels or {}).get(RUN_LABEL, "").partition("-")
    return bool(began) and read_start_time(int(pid)) != began


def read_start_time(pid: int) -> str:
    """Read when a process began, in clock ticks since boot (proc(5), field 22); "" if ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # a killed run stays in the list until its parent asks for it, which may be much later
    return "" if fields[0] in ("Z", "X") else fields[19]


def _explain_failure(failed: CommandFailed, dockerfile: str) -> Exception:
    if failed.completed is None:
        return CouldNotFindOut("The build did not end in time.", found=failed.message)
    output = failed.completed.errors + failed.completed.output
    reason = find_build_error(output)
    if UNREACHABLE.search(output):
        message = "The image could not be built, for a reason outside the Dockerfile."
        return CouldNotFindOut(message, found=reason, next_step="Type: ./course doctor")
    step = "Build it yourself to see all of it: docker build ."
    return CheckFailed(f"{dockerfile} builds", reason, step)


def find_build_error(output: str) -> str:
    """Find the line of a build's output that says why it failed."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(ERROR|error|#\d+ ERROR)", line)]
    return (errors or lines or ["no reason was given"])[-1][:400]
