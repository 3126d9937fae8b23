"""Volumes and networks, and what can be expected of them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from checker.checks.core.failure import CheckFailed, add_article, join_names
from checker.checks.core.settings import expect_entry
from checker.checks.docker.facts import Mount


def find_mount(mounts: Iterable[Mount], path: str) -> Mount | None:
    """Return the mount in which a path of a container lies; None where it is in no mount.

    Args:
        mounts: Those of the container.
        path: Absolute, with its links resolved.
    """

    def holds(mount: Mount) -> bool:
        target = posixpath.normpath(mount.target)
        return posixpath.commonpath([target, posixpath.normpath(path)]) == target

    # one mount may lie in another
    return max(filter(holds, mounts), key=lambda each: len(each.target), default=None)


def describe_mount(mount: Mount | None) -> str:
    """Say in words where what is in a mount is kept."""
    if mount is None:
        return "the container's own layer, which goes with the container"
    if mount.kind == "bind":
        return f"the folder {mount.source} of this machine"
    if mount.kind == "tmpfs":
        return "memory, which is empty after each start"
    if len(mount.source) == 64:
        return f"a volume that nobody named ({mount.source[:12]}...)"
    return f"the volume {mount.source}"


class Volume:
    """A volume. `attrs` is all of `docker volume inspect`."""

    def __init__(self, name: str, attrs: Mapping[str, Any], used_by: list[str]) -> None:
        self.name = name
        self.attrs = attrs
        self.used_by = used_by
        """Names of the containers, running or not, that mount it."""

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.attrs.get("Labels") or {})

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Volume:
        """Expect that the label is set, and is `value` where one is given."""
        step = next_step or f"Labels are given when a volume is made: --label {key}=..."
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_used_by(self, container: str, *, next_step: str = "") -> Volume:
        """Expect that the container mounts it."""
        if container not in self.used_by:
            expected = f"the volume {self.name} in {container}"
            step = next_step or f"Mount it: docker run -v {self.name}:/path ..."
            raise CheckFailed(expected, f"used by {join_names(self.used_by)}", step)
        return self


class Network:
    """A network. `attrs` is all of `docker network inspect`."""

    def __init__(self, name: str, attrs: Mapping[str, Any]) -> None:
        self.name = name
        self.attrs = attrs

    @property
    def driver(self) -> str:
        return str(self.attrs["Driver"])

    @property
    def internal(self) -> bool:
        """Whether it has no way to the outside."""
        return bool(self.attrs["Internal"])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.attrs.get("Labels") or {})

    @property
    def containers(self) -> list[str]:
        """Names of the running containers in it."""
        return sorted(each["Name"] for each in (self.attrs.get("Containers") or {}).values())

    def expect_driver(self, expected: str, *, next_step: str = "") -> Network:
        """Expect this driver: bridge, host, none, overlay, ..."""
        if self.driver != expected:
            step = next_step or f"Make it again: docker network create -d {expected} {self.name}"
            raise CheckFailed(
                f"{self.name} is {add_article(expected)} network", f"it is {self.driver}", step
            )
        return self

    def expect_containers(self, expected: list[str], *, next_step: str = "") -> Network:
        """Expect these running containers and no others in it, in any order."""
        if self.containers != sorted(expected):
            what = f"running containers in {self.name}: {join_names(sorted(expected))}"
            step = (
                f"docker network connect {self.name} NAME adds one, "
                f"docker network disconnect {self.name} NAME takes one out."
            )
            raise CheckFailed(what, join_names(self.containers), next_step or step)
        return self

    def expect_has(self, container: str, *, next_step: str = "") -> Network:
        """Expect the running container in it, perhaps among others."""
        if container not in self.containers:
            expected = f"{container} in the network {self.name}"
            step = next_step or f"Connect it: docker network connect {self.name} {container}"
            raise CheckFailed(expected, join_names(self.containers), step)
        return self
