"""What a Compose file says of one service."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from checker.checks.core.failure import CheckFailed, join_names
from checker.images.reference import is_same_image


class Publication(NamedTuple):
    """A port of a container that the machine passes on."""

    address: str
    """Of the machine; "" for all."""

    published: str
    """Port of the machine; "" for any that is free."""

    target: int
    protocol: str

    def __str__(self) -> str:
        suffix = "" if self.protocol == "tcp" else f"/{self.protocol}"
        address = self.address or "all addresses"
        return f"{address}:{self.published or 'any port'}:{self.target}{suffix}"


class ComposeService:
    """What a file says of one service.

    Args:
        attrs: As `docker compose config --format json` prints them.
    """

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
    def restart_policy(self) -> str:
        """The policy of its containers: no, on-failure, always or unless-stopped.

        Compose lets `deploy:` win over `restart:`, and makes `always` of Swarm's word `any`.
        """
        policy = (self.attrs.get("deploy") or {}).get("restart_policy")
        words = {"any": "always", "none": "no", "": "no"}
        if policy is not None:
            condition = str(policy.get("condition") or "")
            return words.get(condition, condition)
        return str(self.attrs.get("restart") or "no").partition(":")[0]

    @property
    def ports(self) -> list[Publication]:
        """What it publishes, in whatever form it is written."""
        return [
            Publication(
                str(each.get("host_ip", "")),
                str(each.get("published", "")),
                int(each["target"]),
                str(each.get("protocol") or "tcp"),
            )
            for each in self.attrs.get("ports") or []
        ]

    def expect_image(self, image: str, *, next_step: str = "") -> ComposeService:
        """Expect this image, with this tag, by whichever of its names."""
        if not is_same_image(image, self.image):
            step = next_step or f"Write `image: {image}` below {self.name}."
            raise CheckFailed(f"{self.name} with the image {image}", self.image or "none", step)
        return self

    def expect_not_built(self, *, next_step: str = "") -> ComposeService:
        """Expect that the service uses an image as it is, and gives its name to no other."""
        if build := self.attrs.get("build"):
            found = f"it is built from {build.get('context')}"
            step = next_step or f"Remove `build:` from {self.name}."
            raise CheckFailed(f"{self.name} with the image {self.image} itself", found, step)
        return self

    def expect_built_from(self, folder: Path, *, next_step: str = "") -> ComposeService:
        """Expect that the service is built from this folder."""
        expected = f"{self.name} built from the folder {folder.name}"
        step = next_step or f"Write `build: {folder.name}` below {self.name}."
        if not (build := self.attrs.get("build")):
            raise CheckFailed(expected, "no `build:`", step)
        context = Path(str(build.get("context", "")))
        if context.resolve() != folder.resolve():
            inside = context.is_relative_to(folder.parent)
            shown = context.relative_to(folder.parent) if inside else context
            raise CheckFailed(expected, f"it is built from {shown}", step)
        return self

    def expect_published(
        self, port: int, *, on: str = "127.0.0.1", as_port: int, next_step: str = ""
    ) -> ComposeService:
        """Expect the container's port to be published on this address and port of the machine."""
        if Publication(on, str(as_port), port, "tcp") not in self.ports:
            found = join_names(map(str, self.ports), "no port")
            step = next_step or f'Write: ports: ["{on}:{as_port}:{port}"]'
            raise CheckFailed(f"{self.name} on {on}:{as_port}:{port}", found, step)
        return self

    def expect_not_published(
        self, *, but: int | None = None, next_step: str = ""
    ) -> ComposeService:
        """Expect that nobody outside of its networks reaches it.

        Args:
            but: A port of the container that may be published, once.
            next_step: What to do, where the check knows better.
        """
        expected = f"{self.name} without a published port"
        expected = f"{self.name} without another published port" if but else expected
        if self.attrs.get("network_mode") == "host":
            step = next_step or f"Remove `network_mode:` from {self.name}."
            found = "network_mode: host, which opens every port that it listens on"
            raise CheckFailed(expected, found, step)
        others = self.ports
        if allowed := [each for each in others if each.target == but][:1]:
            others = [each for each in others if each not in allowed]
        if others:
            step = next_step or "Services reach each other without that: remove it from `ports:`."
            raise CheckFailed(expected, join_names(map(str, others)), step)
        return self
