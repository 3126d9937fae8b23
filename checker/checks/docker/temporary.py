"""What a check makes itself: builds and containers under names of its own, removed after it.

Everything bears two labels: `course.owner=check`, and `course.check` with the run that made it.
A run is named by its process; what belongs to a process that is gone is removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, run
from checker.checks.core.failure import CheckFailed

if TYPE_CHECKING:
    from docker import DockerClient

OWNER = "course.owner"
RUN = "course.check"
BUILD_SECONDS = 300.0
UNREACHABLE = re.compile(
    r"no space left|no such host|i/o timeout|TLS handshake|toomanyrequests|connection refused"
    r"|Cannot connect to the Docker daemon|network is unreachable|server misbehaving",
    re.I,
)
"""What a build says when it failed for reasons that are not in the Dockerfile."""


def run_name() -> str:
    """This process, told apart from a later one with the same number by when it began."""
    return f"{os.getpid()}-{_began(os.getpid())}"


def labels() -> dict[str, str]:
    """What everything bears that this process makes."""
    return {OWNER: "check", RUN: run_name()}


class Own:
    """Makes things for one check, and removes them in `close`."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._stack = contextlib.ExitStack()
        self._tidy = False

    def close(self) -> None:
        """Remove all that was made, the last first."""
        self._stack.close()

    def create(self, image: str) -> str:
        """A container that is not started; its id. The caller removes it."""
        self._tidy_up()
        made = self._client.api.create_container(image, command=["-"], labels=labels())
        return str(made["Id"])

    def remove_container(self, identity: str) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError):
            self._client.api.remove_container(identity, v=True, force=True)

    def build(
        self,
        context: Path,
        dockerfile: str,
        target: str,
        args: Mapping[str, str],
        cache: bool,
    ) -> str:
        """Build an image and give it a name of our own.

        Raises:
            CheckFailed: The Dockerfile does not build.
            CouldNotFindOut: The engine or a network is away, or the disk is full.
        """
        if not (context / dockerfile).is_file():
            raise CheckFailed(
                f"a file {dockerfile}", "no such file", f"Write {dockerfile} in {context.name}."
            )
        self._tidy_up()
        name = f"course-check/{uuid.uuid4().hex[:12]}"
        self._stack.callback(self._remove_image, name)
        words = [*_options(labels(), args, target, cache), "-t", name, "-f", context / dockerfile]
        from checker.docker.docker_engine import environment

        try:
            run(
                ["docker", "build", *words, str(context)],
                timeout=BUILD_SECONDS,
                env={**environment(), "BUILDKIT_PROGRESS": "plain"},
            )
        except CommandFailed as failed:
            raise self._judged(failed, dockerfile) from None
        return name

    def start(
        self,
        image: str,
        command: str | Sequence[str] | None,
        env: Mapping[str, str],
        ports: Sequence[int],
        options: Mapping[str, Any],
    ) -> str:
        """Start a container with testcontainers; its id. Ports are published on 127.0.0.1 alone."""
        self._tidy_up()
        os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
        from testcontainers.core.container import DockerContainer

        from checker.docker.docker_engine import environment

        client = {"environment": environment()}
        container = DockerContainer(image, docker_client_kw=client)
        container.with_kwargs(labels=labels(), **options)
        for key, value in env.items():
            container.with_env(key, value)
        if command is not None:
            container.with_command(command if isinstance(command, str) else list(command))
        published: dict[Any, Any] = dict.fromkeys(ports, ("127.0.0.1",))
        container.ports = published
        self._stack.enter_context(container)
        return str(container.get_wrapped_container().id)

    def network(self) -> str:
        """A network of our own; its name."""
        name = f"course-check-{uuid.uuid4().hex[:12]}"
        made = self._client.networks.create(name, labels=labels())
        self._stack.callback(made.remove)
        return name

    def _tidy_up(self) -> None:
        """Once, before the first thing is made: what killed runs left must not pile up."""
        if not self._tidy:
            self._tidy = True
            remove_left_over(self._client)

    def _judged(self, failed: CommandFailed, dockerfile: str) -> Exception:
        if failed.completed is None:
            return CouldNotFindOut("The build did not end in time.", found=failed.message)
        said = failed.completed.errors + failed.completed.output
        if UNREACHABLE.search(said):
            return CouldNotFindOut(
                "The image could not be built, for a reason outside the Dockerfile.",
                found=_reason(said),
                next_step="Type: ./course doctor",
            )
        return CheckFailed(
            f"{dockerfile} builds",
            _reason(said),
            "Build it yourself to see all of it: docker build .",
        )

    def _remove_image(self, name: str) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError):
            self._client.api.remove_image(name, force=True)


def remove_left_over(client: DockerClient) -> None:
    """Remove what checks made whose process is gone; containers first, since they use the rest."""
    wanted = {"label": f"{OWNER}=check"}
    api = client.api
    remove_container = partial(api.remove_container, v=True, force=True)
    _remove_over(api.containers(all=True, filters=wanted), "Id", remove_container)
    _remove_over(api.images(filters=wanted), "Id", partial(api.remove_image, force=True))
    _remove_over(api.networks(filters=wanted), "Id", api.remove_network)
    _remove_over(api.volumes(filters=wanted).get("Volumes") or [], "Name", api.remove_volume)


def _remove_over(
    found: Iterable[Mapping[str, Any]], key: str, remove: Callable[[str], object]
) -> None:
    from docker.errors import APIError

    for each in found:
        if _is_over(each.get("Labels")):
            with contextlib.suppress(APIError):
                remove(each[key])


def _is_over(found: Mapping[str, str] | None) -> bool:
    pid, _, began = (found or {}).get(RUN, "").partition("-")
    return bool(began) and _began(int(pid)) != began


def _began(pid: int) -> str:
    """When a process began, in clock ticks since boot (proc(5), field 22); "" if it is over."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    # a killed run stays in the list until its parent asks for it, which may be much later
    return "" if fields[0] in ("Z", "X") else fields[19]


def _options(
    marked: Mapping[str, str], args: Mapping[str, str], target: str, cache: bool
) -> list[str | Path]:
    words: list[str | Path] = []
    for key, value in marked.items():
        words += ["--label", f"{key}={value}"]
    for key, value in args.items():
        words += ["--build-arg", f"{key}={value}"]
    return words + (["--target", target] if target else []) + ([] if cache else ["--no-cache"])


def _reason(said: str) -> str:
    """The lines of a build's output that say why it failed."""
    lines = [line.rstrip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(ERROR|error|#\d+ ERROR)", line)]
    return (errors or lines or ["no reason was given"])[-1][:400]
