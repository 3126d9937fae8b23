"""What is so with a container, straight from the engine."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checker.checks.core.content import Content, Output
from checker.checks.core.failure import CheckFailed
from checker.checks.core.settings import parse_environment
from checker.checks.docker.archive import LARGEST, has_file, read_file
from checker.checks.docker.limits import MemoryLimit, read_cpu_limit, read_memory_limit
from checker.checks.docker.ports import (
    PublishedPort,
    list_bound_ports,
    list_requested_ports,
)

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True)
class Mount:
    """What is mounted where: `source` is a volume's name or a folder of the machine."""

    kind: str
    source: str
    target: str
    read_only: bool


class ContainerFacts:
    """A container as it is now. `attrs` is all of `docker inspect`, for what has no name here."""

    def __init__(self, client: DockerClient, name: str, attrs: Mapping[str, Any]) -> None:
        self._client = client
        self.name = name
        self.attrs = attrs

    # --- its state

    @property
    def id(self) -> str:
        return str(self.attrs["Id"])

    @property
    def status(self) -> str:
        """created, running, paused, restarting, removing, exited or dead."""
        return str(self.attrs["State"]["Status"])

    @property
    def running(self) -> bool:
        """Whether its processes run now.

        The engine's own flag is also true of a container that is paused, or that waits for its
        next start; `status` is not.
        """
        return self.status == "running"

    @property
    def exit_status(self) -> int:
        """The status with which its first process ended.

        Raises:
            CheckFailed: It has not ended.
        """
        if self.status in ("created", "running", "paused", "restarting"):
            step = f"Look at it: docker container ls -a --filter name={self.name}"
            raise CheckFailed(f"{self.name} has ended", f"it is {self.status}", step)
        return int(self.attrs["State"]["ExitCode"])

    @property
    def health(self) -> str:
        """healthy, unhealthy, starting; none where no health check is defined."""
        return str(self.attrs["State"].get("Health", {}).get("Status", "none"))

    @property
    def restart_count(self) -> int:
        return int(self.attrs["RestartCount"])

    @property
    def started_at(self) -> str:
        """When it was last started: RFC 3339, as the engine writes it."""
        return str(self.attrs["State"]["StartedAt"])

    @property
    def state(self) -> str:
        """Its state in words, for messages: they follow "it is"."""
        if self.status == "exited":
            return f"stopped; it ended with status {self.attrs['State']['ExitCode']}"
        words = {
            "created": "created, but was never started",
            "paused": "paused, so none of its processes runs",
            "restarting": "restarting: its program ended, and is about to be started again",
        }
        return words.get(self.status, self.status)

    @property
    def way_to_run(self) -> str:
        """The command that makes it run."""
        return f"docker {'unpause' if self.status == 'paused' else 'start'} {self.name}"

    # --- how it was made

    @property
    def image(self) -> str:
        """The image as it was named when the container was made."""
        return str(self.attrs["Config"]["Image"])

    @property
    def image_id(self) -> str:
        return str(self.attrs["Image"])

    @property
    def command(self) -> list[str]:
        """Entry point and arguments: what its first process was started with."""
        return [str(self.attrs["Path"]), *self.attrs["Args"]]

    @property
    def env(self) -> dict[str, str]:
        """Its environment variables, those of its image included."""
        return parse_environment(self.attrs["Config"].get("Env"))

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.attrs["Config"].get("Labels") or {})

    @property
    def user(self) -> str:
        """The user it was started as, as configured; "" means root."""
        return str(self.attrs["Config"]["User"])

    @property
    def restart_policy(self) -> str:
        """no, always, unless-stopped or on-failure."""
        return str(self.attrs["HostConfig"]["RestartPolicy"]["Name"] or "no")

    @property
    def auto_remove(self) -> bool:
        """Whether it was made with --rm."""
        return bool(self.attrs["HostConfig"]["AutoRemove"])

    @property
    def memory_limit(self) -> MemoryLimit:
        return read_memory_limit(self.attrs, self._client)

    @property
    def cpu_limit(self) -> float:
        """How many processors it may use; 0 is no limit."""
        return read_cpu_limit(self.attrs)

    @property
    def ports(self) -> dict[int, list[PublishedPort]]:
        """Its published TCP ports, while it runs: container port -> addresses of the machine."""
        found: dict[int, list[PublishedPort]] = {}
        for each in list_bound_ports(self.attrs):
            if each.protocol == "tcp":
                found.setdefault(each.container_port, []).append(each)
        return found

    @property
    def bindings(self) -> list[PublishedPort]:
        """All that leads from the machine into it, of any protocol.

        While it runs, this is what is really bound: `-P` and the engine's default address count.
        Otherwise it is what starting it would ask for.
        """
        bound = list_bound_ports(self.attrs)
        return bound if bound or self.running else list_requested_ports(self.attrs)

    @property
    def mounts(self) -> list[Mount]:
        return [
            Mount(
                each["Type"],
                each.get("Name") or each.get("Source", ""),
                each["Destination"],
                not each["RW"],
            )
            for each in self.attrs["Mounts"]
        ]

    @property
    def networks(self) -> list[str]:
        return sorted(self.attrs["NetworkSettings"]["Networks"])

    @property
    def addresses(self) -> dict[str, str]:
        """Its IP address in each of its networks."""
        networks = self.attrs["NetworkSettings"]["Networks"]
        return {name: each["IPAddress"] for name, each in networks.items()}

    # --- what is inside

    @cached_property
    def logs(self) -> str:
        """What it wrote to standard output and standard error: the last 2000 lines.

        A terminal ends lines with a carriage return and a line feed; here they end with the latter.
        """
        written = self._client.api.logs(self.id, tail=2000)
        return re.sub(r"\r+\n", "\n", bytes(written).decode(errors="replace"))

    def read(self, path: str) -> bytes:
        """Return the bytes of a file, also while the container does not run.

        Raises:
            CheckFailed: There is no such file, or it is bigger than 16 MiB.
        """
        try:
            return read_file(self._client, self.id, self.name, path)
        except CheckFailed:
            if not self.running:
                raise
            # the engine's archive leaves out what is mounted in memory only, such as a tmpfs
            seen_inside = self.exec(["cat", path], user="0")
            if seen_inside.status != 0 or len(seen_inside.bytes) > LARGEST:
                raise
            return seen_inside.bytes

    def file(self, path: str) -> Content:
        """Return a file as something of which text, bytes or JSON can be expected."""
        step = f"Read it: docker cp {self.name}:{path} -"
        return Content(f"{path} of {self.name}", self.read(path), step)

    def has_file(self, path: str) -> bool:
        """Say whether there is something at that path."""
        if has_file(self._client, self.id, path):
            return True
        return self.running and self.exec(["test", "-e", path], user="0").status == 0

    def exec(self, command: str | Sequence[str], *, user: str = "") -> Output:
        """Run a command in the container; a string is split as a shell splits words.

        Raises:
            CheckFailed: The container does not run.
        """
        if not self.running:
            step = f"Commands run only in running containers: {self.way_to_run}"
            raise CheckFailed(f"{self.name} is running", f"it is {self.state}", step)
        words = shlex.split(command) if isinstance(command, str) else list(command)
        api = self._client.api
        created = api.exec_create(self.id, words, user=user)
        data = b""
        for chunk in api.exec_start(created["Id"], stream=True):
            data += chunk
            if len(data) > LARGEST:
                break
        # no status yet where it was cut off, since its command still runs
        status = api.exec_inspect(created["Id"])["ExitCode"]
        return Output(f"{shlex.join(words)} in {self.name}", int(status or 0), data)
