"""Volumes and networks, and what can be expected of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checker.checks.core.failure import CheckFailed, listed
from checker.checks.core.settings import expect_entry


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
        """The label is set, and is `value` where one is given."""
        step = next_step or f"Labels are given when a volume is made: --label {key}=..."
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_used_by(self, container: str, *, next_step: str = "") -> Volume:
        """The container mounts it."""
        if container not in self.used_by:
            raise CheckFailed(
                f"the volume {self.name} in {container}",
                f"used by {listed(self.used_by)}",
                next_step or f"Mount it: docker run -v {self.name}:/path ...",
            )
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
        """bridge, host, none, overlay, ..."""
        if self.driver != expected:
            raise CheckFailed(
                f"{self.name} is a {expected} network",
                f"it is {self.driver}",
                next_step or f"Make it again: docker network create -d {expected} {self.name}",
            )
        return self

    def expect_containers(self, expected: list[str], *, next_step: str = "") -> Network:
        """These running containers and no others are in it, in any order."""
        if self.containers != sorted(expected):
            raise CheckFailed(
                f"running containers in {self.name}: {listed(sorted(expected))}",
                listed(self.containers),
                next_step
                or f"docker network connect {self.name} NAME adds one, "
                f"docker network disconnect {self.name} NAME takes one out.",
            )
        return self

    def expect_has(self, container: str, *, next_step: str = "") -> Network:
        """The running container is in it, perhaps among others."""
        if container not in self.containers:
            raise CheckFailed(
                f"{container} in the network {self.name}",
                listed(self.containers),
                next_step or f"Connect it: docker network connect {self.name} {container}",
            )
        return self
