"""Containers, and what can be expected of them."""

from __future__ import annotations

from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import expect_entry
from checker.checks.docker import limits, ports
from checker.checks.docker.container_state import ContainerState
from checker.checks.docker.facts import Mount
from checker.images.reference import is_same_image


class Container(ContainerState):
    """A container and what is expected of it; every `expect_` gives the container back."""

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
            found = f"it was made from {self.image}"
            if wanted is None:
                found += f", and there is no image {reference} any more"
            elif is_same_image(reference, self.image):
                found = f"it was made from an older image of that name ({self.image_id[:19]})"
            raise CheckFailed(expected, found, step)
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
        Next to an address that only this machine reaches, more of that kind may lead there.
        """
        self.expect_running()
        wanted = f"{on or '*'}:{as_port or '*'}"
        found = self.ports.get(port, [])
        matching = [each for each in found if as_port in (None, each.port)]
        if on:
            matching = [each for each in matching if each.address == on]
        is_local = any(each.is_local for each in matching)
        others_reach_it = any(
            each.address != on and not (is_local and each.is_local) for each in found
        )
        if not matching or (on and others_reach_it):
            others = join_names(map(str, self.ports), "no port")
            option = f"with -p {on + ':' if on else ''}{as_port or port}:{port}"
            state = join_names((f"{x.address}:{x.port}" for x in found), f"it publishes {others}")
            step = next_step or self._advise_to_recreate(option)
            raise CheckFailed(f"port {port} of {self.name} published as {wanted}", state, step)
        return self

    def expect_only_published(
        self, as_port: int, *, port: int | None = None, next_step: str = ""
    ) -> Container:
        """Expect the TCP port `as_port` of 127.0.0.1 to lead into it, and nothing from outside.

        What is really bound counts, so also what `-P` adds; while it does not run, what was asked
        for. More ports of the machine may lead into it if only this machine reaches them.

        Args:
            as_port: The port of 127.0.0.1.
            port: The container's port that it must lead to; any if not given.
            next_step: What to tell the learner instead of the usual step.
        """
        ports.expect_only_published(self.name, self.bindings, self.attrs, as_port, port, next_step)
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
            raise CheckFailed(expected, f"it is in {join_names(self.networks, 'no network')}", step)
        return self

    def expect_restart_policy(
        self, expected: str, *, most: int | None = None, next_step: str = ""
    ) -> Container:
        """Expect this restart policy: no, always, unless-stopped or on-failure.

        `most` is the number of restarts behind on-failure, 0 for as many as it takes; any if not
        given.
        """
        if self.restart_policy != expected:
            what = f"{self.name} has the restart policy {expected}"
            step = next_step or f"Change it: docker update --restart {expected} {self.name}"
            raise CheckFailed(what, f"it is {self.restart_policy}", step)
        found = int(self.attrs["HostConfig"]["RestartPolicy"].get("MaximumRetryCount") or 0)
        if most not in (None, found):
            what = f"at most {most} restarts of {self.name}" if most else f"no limit of {self.name}"
            step = f"Change it: docker update --restart {expected}:{most} {self.name}"
            state = f"at most {found}" if found else "as many as it takes"
            raise CheckFailed(what, state, next_step or step)
        return self

    def expect_memory_limit(self, expected: int, *, next_step: str = "") -> Container:
        """Expect a memory limit of so many bytes, enforced, and not undone by more swap."""
        limits.expect_memory_limit(self.name, self.memory_limit, expected, next_step)
        return self

    def expect_cpu_limit(self, expected: float, *, next_step: str = "") -> Container:
        """Expect that it may use so many processors, by whichever option."""
        limits.expect_cpu_limit(self.name, self.attrs, expected, next_step)
        return self

    def _advise_to_recreate(self, option: str) -> str:
        return (
            f"A container keeps what it was made with: remove {self.name}, "
            f"and run it again {option}."
        )
