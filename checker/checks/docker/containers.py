"""Containers, and what can be expected of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import expect_entry
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.checks.docker.facts import ContainerFacts, Mount

PAUSE = 0.1
"""Seconds between two looks at a container."""


class Container(ContainerFacts):
    """A container and what is expected of it; every `expect_` gives the container back."""

    def expect_running(self, *, next_step: str = "") -> Container:
        """Expect that it runs now."""
        if not self.running or self.status == "restarting":
            step = f"docker logs {self.name} may say why; docker start {self.name} starts it."
            raise CheckFailed(f"{self.name} is running", f"it is {self.state}", next_step or step)
        return self

    def expect_stopped(self, *, next_step: str = "") -> Container:
        """Expect that it is there, and does not run."""
        if self.running:
            step = next_step or f"Stop it: docker stop {self.name}"
            raise CheckFailed(f"{self.name} is stopped", f"it is {self.state}", step)
        return self

    def expect_exit_status(self, expected: int, *, next_step: str = "") -> Container:
        """Expect that it ended with this status."""
        if self.exit_status != expected:
            what = f"{self.name} ended with status {expected}"
            step = next_step or f"docker logs {self.name} may say why."
            raise CheckFailed(what, f"it ended with {self.exit_status}", step)
        return self

    def expect_healthy(self, *, within: float = 0, next_step: str = "") -> Container:
        """Expect its health check to report healthy, at the latest after `within` seconds."""

        def check_health(now: Container) -> None:
            if now.health != "healthy":
                step = next_step or f"See the probes: docker inspect {self.name}, State.Health."
                raise CheckFailed(f"{self.name} is healthy", f"its health is {now.health}", step)

        return self._wait_until_passed(check_health, within)

    def expect_log(self, text: str, *, within: float = 0, next_step: str = "") -> Container:
        """Expect `text` in its logs, at the latest after `within` seconds."""

        def check_logs(now: Container) -> None:
            if text not in now.logs:
                expected = f"{text!r} in the logs of {self.name}"
                step = next_step or f"Read them: docker logs {self.name}"
                raise CheckFailed(expected, describe_value(now.logs[-200:]), step)

        return self._wait_until_passed(check_logs, within)

    def expect_image(self, reference: str, *, next_step: str = "") -> Container:
        """Expect the image that `reference` names now, whatever name it was made with."""
        from docker.errors import ImageNotFound

        try:
            wanted = self._client.images.get(reference).id
        except ImageNotFound:
            wanted = None
        if self.image_id != wanted:
            expected = f"{self.name} was made from {reference}"
            step = next_step or f"Remove it and make it again: docker run --name {self.name} ..."
            raise CheckFailed(expected, f"it was made from {self.image}", step)
        return self

    def expect_env(self, key: str, value: str | None = None, *, next_step: str = "") -> Container:
        """Expect that the variable is set, and is `value` where one is given."""
        step = next_step or self._advise_to_recreate(f"with -e {key}=...")
        expect_entry(f"{self.name}: variable", self.env, key, value, step)
        return self

    def expect_no_env(self, key: str, *, next_step: str = "") -> Container:
        """Expect that the variable is not set."""
        if key in self.env:
            expected = f"no variable {key} in {self.name}"
            step = next_step or self._advise_to_recreate("without it")
            raise CheckFailed(expected, f"{key}={describe_value(self.env[key])}", step)
        return self

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Container:
        """Expect that the label is set, and is `value` where one is given."""
        step = next_step or self._advise_to_recreate(f"with --label {key}=...")
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_published(
        self, port: int, *, on: str = "127.0.0.1", as_port: int | None = None, next_step: str = ""
    ) -> Container:
        """Expect the container's TCP port to be published, on this address alone.

        `on` is an address of the machine, "" for any; `as_port` is its port, any if not given.
        """
        self.expect_running()
        wanted = f"{on or '*'}:{as_port or '*'}"
        found = self.ports.get(port, [])
        matching = [each for each in found if as_port in (None, each.port)]
        if not matching or (on and any(each.address != on for each in matching)):
            others = join_names(map(str, self.ports), "no port")
            option = f"with -p {on + ':' if on else ''}{as_port or port}:{port}"
            state = join_names((f"{x.address}:{x.port}" for x in found), f"it publishes {others}")
            step = next_step or self._advise_to_recreate(option)
            raise CheckFailed(f"port {port} of {self.name} published as {wanted}", state, step)
        return self

    def expect_not_published(self, port: int | None = None, *, next_step: str = "") -> Container:
        """Expect the port, or without one any port, to be published nowhere."""
        open_ports = [each for each in self.ports if port in (None, each)]
        if open_ports:
            expected = f"{self.name} publishes no port"
            if port:
                expected = f"port {port} of {self.name} is not published"
            step = next_step or self._advise_to_recreate("without -p")
            raise CheckFailed(expected, f"published: {join_names(map(str, open_ports))}", step)
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
        """Expect something mounted at `target`.

        Each of these is any if not given: `kind`, which is "volume", "bind" or "tmpfs"; `source`,
        the volume's name or the machine's folder; `read_only`, that the container may not write.
        """
        for mount in self.mounts:
            if (
                mount.target == target
                and kind in ("", mount.kind)
                and source in ("", mount.source)
                and read_only in (None, mount.read_only)
            ):
                return self

        def describe_mount(mount: Mount) -> str:
            mode = " read-only" if mount.read_only else ""
            return f"{mount.kind} {mount.source} at {mount.target}{mode}"

        mode = " read-only" if read_only else ""
        raise CheckFailed(
            f"{kind or 'something'} {source} mounted at {target}{mode}".replace("  ", " "),
            join_names(map(describe_mount, self.mounts), "nothing is mounted"),
            next_step or self._advise_to_recreate(f"with -v {source or '...'}:{target}"),
        )

    def expect_network(self, name: str, *, next_step: str = "") -> Container:
        """Expect it to be connected to this network."""
        if name not in self.networks:
            expected = f"{self.name} in the network {name}"
            step = next_step or f"Connect it: docker network connect {name} {self.name}"
            raise CheckFailed(expected, f"it is in {join_names(self.networks)}", step)
        return self

    def expect_restart_policy(self, expected: str, *, next_step: str = "") -> Container:
        """Expect this restart policy: no, always, unless-stopped or on-failure."""
        if self.restart_policy != expected:
            what = f"{self.name} has the restart policy {expected}"
            step = next_step or f"Change it: docker update --restart {expected} {self.name}"
            raise CheckFailed(what, f"it is {self.restart_policy}", step)
        return self

    def expect_user(self, expected: str, *, next_step: str = "") -> Container:
        """Expect that it was started as this user."""
        if self.user.partition(":")[0] != expected:
            what = f"{self.name} runs as {expected}"
            step = next_step or "USER in the Dockerfile says as whom containers run."
            raise CheckFailed(what, f"it runs as {self.user or 'root'}", step)
        return self

    def _wait_until_passed(self, check: Callable[[Container], None], within: float) -> Container:
        def inspect_again() -> Container:
            attrs = self._client.api.inspect_container(self.id)
            return Container(self._client, self.name, attrs)

        looks = chain([self], iter(inspect_again, None))

        def check_next() -> Container:
            now = next(looks)
            check(now)
            return now

        return wait_until_passed(check_next, poll_every(PAUSE), within)

    def _advise_to_recreate(self, option: str) -> str:
        return (
            f"A container keeps what it was made with: remove {self.name}, "
            f"and run it again {option}."
        )


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
        """Expect these and no others, in any order."""
        wanted = sorted(expected)
        more = [name for name in self.names if name not in wanted]
        missing = [name for name in wanted if name not in self.names]
        listing, removal = "docker container ls -a shows what there is", "docker rm -f removes one"
        steps = [f"Missing: {join_names(missing)}; {listing}."] if missing else []
        steps += [f"Too many: {join_names(more)}; {removal}."] if more else []
        if steps:
            step = next_step or " ".join(steps)
            raise CheckFailed(f"{self.what}: {join_names(wanted)}", join_names(self.names), step)
        return self

    def expect_count(self, expected: int, *, next_step: str = "") -> Containers:
        """Expect this number of them."""
        if len(self) != expected:
            what = f"{self.what}: {expected}"
            step = next_step or "See them: docker container ls -a"
            raise CheckFailed(what, f"{len(self)} ({join_names(self.names)})", step)
        return self
