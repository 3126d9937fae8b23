"""Containers, and what can be expected of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from checker.checks.core.failure import CheckFailed, listed, shown
from checker.checks.core.settings import expect_entry
from checker.checks.docker.facts import Facts, Mount

PAUSE = 0.1


class Container(Facts):
    """A container and what is expected of it; every `expect_` gives the container back."""

    def expect_running(self, *, next_step: str = "") -> Container:
        """It runs now."""
        if not self.running or self.status == "restarting":
            raise CheckFailed(
                f"{self.name} is running",
                f"it is {self.state}",
                next_step
                or f"docker logs {self.name} may say why; docker start {self.name} starts it.",
            )
        return self

    def expect_stopped(self, *, next_step: str = "") -> Container:
        """It is there, and does not run."""
        if self.running:
            raise CheckFailed(
                f"{self.name} is stopped",
                f"it is {self.state}",
                next_step or f"Stop it: docker stop {self.name}",
            )
        return self

    def expect_exit_status(self, expected: int, *, next_step: str = "") -> Container:
        """It ended with this status."""
        if self.exit_status != expected:
            raise CheckFailed(
                f"{self.name} ended with status {expected}",
                f"it ended with {self.exit_status}",
                next_step or f"docker logs {self.name} may say why.",
            )
        return self

    def expect_healthy(self, *, within: float = 0, next_step: str = "") -> Container:
        """Its health check reports healthy, at the latest after `within` seconds."""

        def judge(now: Container) -> None:
            if now.health != "healthy":
                raise CheckFailed(
                    f"{self.name} is healthy",
                    f"its health is {now.health}",
                    next_step or f"See the probes: docker inspect {self.name}, State.Health.",
                )

        return self._eventually(judge, within)

    def expect_log(self, text: str, *, within: float = 0, next_step: str = "") -> Container:
        """`text` stands in its logs, at the latest after `within` seconds."""

        def judge(now: Container) -> None:
            if text not in now.logs:
                raise CheckFailed(
                    f"{text!r} in the logs of {self.name}",
                    shown(now.logs[-200:]),
                    next_step or f"Read them: docker logs {self.name}",
                )

        return self._eventually(judge, within)

    def expect_image(self, reference: str, *, next_step: str = "") -> Container:
        """It was made from the image that `reference` names now, whatever name was used."""
        from docker.errors import ImageNotFound

        try:
            wanted = self._client.images.get(reference).id
        except ImageNotFound:
            wanted = None
        if self.image_id != wanted:
            raise CheckFailed(
                f"{self.name} was made from {reference}",
                f"it was made from {self.image}",
                next_step or f"Remove it and make it again: docker run --name {self.name} ...",
            )
        return self

    def expect_env(self, key: str, value: str | None = None, *, next_step: str = "") -> Container:
        """The variable is set, and is `value` where one is given."""
        expect_entry(
            f"{self.name}: variable",
            self.env,
            key,
            value,
            next_step or self._again(f"with -e {key}=..."),
        )
        return self

    def expect_no_env(self, key: str, *, next_step: str = "") -> Container:
        """The variable is not set."""
        if key in self.env:
            raise CheckFailed(
                f"no variable {key} in {self.name}",
                f"{key}={shown(self.env[key])}",
                next_step or self._again("without it"),
            )
        return self

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Container:
        """The label is set, and is `value` where one is given."""
        step = next_step or self._again(f"with --label {key}=...")
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_published(
        self, port: int, *, on: str = "127.0.0.1", as_port: int | None = None, next_step: str = ""
    ) -> Container:
        """The container's TCP port is published, on this address alone.

        Args:
            on: The address of the machine; "" accepts any.
            as_port: The port of the machine; any if not given.
        """
        self.expect_running()
        wanted = f"{on or '*'}:{as_port or '*'}"
        found = self.ports.get(port, [])
        fits = [each for each in found if as_port in (None, each.port)]
        if not fits or (on and any(each.address != on for each in fits)):
            raise CheckFailed(
                f"port {port} of {self.name} published as {wanted}",
                listed((f"{each.address}:{each.port}" for each in found), self._other_ports()),
                next_step
                or self._again(f"with -p {on + ':' if on else ''}{as_port or port}:{port}"),
            )
        return self

    def expect_not_published(self, port: int | None = None, *, next_step: str = "") -> Container:
        """The port, or without one any port, is published nowhere."""
        open_ports = [each for each in self.ports if port in (None, each)]
        if open_ports:
            raise CheckFailed(
                f"port {port} of {self.name} is not published"
                if port
                else f"{self.name} publishes no port",
                f"published: {listed(map(str, open_ports))}",
                next_step or self._again("without -p"),
            )
        return self

    def expect_mount(
        self,
        target: str,
        *,
        kind: str = "",
        source: str = "",
        read_only: bool | None = None,
        next_step: str = "",
    ) -> Container:
        """Something is mounted at `target`.

        Args:
            kind: "volume", "bind" or "tmpfs"; any if not given.
            source: The volume's name or the machine's folder; any if not given.
            read_only: Whether the container may write there; either if not given.
        """
        for mount in self.mounts:
            if (
                mount.target == target
                and kind in ("", mount.kind)
                and source in ("", mount.source)
                and read_only in (None, mount.read_only)
            ):
                return self
        how = " read-only" if read_only else ""
        raise CheckFailed(
            f"{kind or 'something'} {source} mounted at {target}{how}".replace("  ", " "),
            listed((_described(mount) for mount in self.mounts), "nothing is mounted"),
            next_step or self._again(f"with -v {source or '...'}:{target}"),
        )

    def expect_network(self, name: str, *, next_step: str = "") -> Container:
        """It is connected to this network."""
        if name not in self.networks:
            raise CheckFailed(
                f"{self.name} in the network {name}",
                f"it is in {listed(self.networks)}",
                next_step or f"Connect it: docker network connect {name} {self.name}",
            )
        return self

    def expect_restart_policy(self, expected: str, *, next_step: str = "") -> Container:
        """no, always, unless-stopped or on-failure."""
        if self.restart_policy != expected:
            raise CheckFailed(
                f"{self.name} has the restart policy {expected}",
                f"it is {self.restart_policy}",
                next_step or f"Change it: docker update --restart {expected} {self.name}",
            )
        return self

    def expect_user(self, expected: str, *, next_step: str = "") -> Container:
        """It was started as this user."""
        if self.user.partition(":")[0] != expected:
            raise CheckFailed(
                f"{self.name} runs as {expected}",
                f"it runs as {self.user or 'root'}",
                next_step or "USER in the Dockerfile says as whom containers run.",
            )
        return self

    def _eventually(self, judge: Callable[[Container], None], within: float) -> Container:
        deadline = time.monotonic() + within
        now = self
        while True:
            try:
                judge(now)
                return now
            except CheckFailed:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(PAUSE)
            now = Container(self._client, self.name, self._client.api.inspect_container(self.id))

    def _other_ports(self) -> str:
        others = listed(map(str, self.ports))
        return f"it publishes {others}" if self.ports else "it publishes no port"

    def _again(self, option: str) -> str:
        return (
            f"A container keeps what it was made with: remove {self.name}, "
            f"and run it again {option}."
        )


def _described(mount: Mount) -> str:
    how = " read-only" if mount.read_only else ""
    return f"{mount.kind} {mount.source} at {mount.target}{how}"


class Containers:
    """Containers that have something in common: `what` says what."""

    def __init__(self, what: str, found: Iterable[Container]) -> None:
        self.what = what
        self._found = sorted(found, key=lambda each: each.name)

    def __iter__(self) -> Iterator[Container]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self._found]

    def expect_names(self, expected: Iterable[str], *, next_step: str = "") -> Containers:
        """These and no others, in any order."""
        wanted = sorted(expected)
        more = [name for name in self.names if name not in wanted]
        missing = [name for name in wanted if name not in self.names]
        if more or missing:
            raise CheckFailed(
                f"{self.what}: {listed(wanted)}",
                listed(self.names),
                next_step or _difference(more, missing),
            )
        return self

    def expect_count(self, expected: int, *, next_step: str = "") -> Containers:
        """So many of them."""
        if len(self) != expected:
            raise CheckFailed(
                f"{self.what}: {expected}",
                f"{len(self)} ({listed(self.names)})",
                next_step or "See them: docker container ls -a",
            )
        return self


def _difference(more: list[str], missing: list[str]) -> str:
    steps = []
    if missing:
        steps.append(f"Missing: {listed(missing)}; docker container ls -a shows what there is.")
    if more:
        steps.append(f"Too many: {listed(more)}; docker rm -f removes a container.")
    return " ".join(steps)
