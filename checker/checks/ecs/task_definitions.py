"""Task definitions, and what can be expected of them."""

from __future__ import annotations

from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.settings import expect_entry

REGISTER = "Register another revision; a revision never changes."


class Definition:
    """One revision of a task definition; every `expect_` gives it back.

    Args:
        attrs: As the API describes it.
    """

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.attrs = attrs

    @property
    def name(self) -> str:
        """Family and revision, such as web:2."""
        return f"{self.family}:{self.revision}"

    @property
    def family(self) -> str:
        return str(self.attrs["family"])

    @property
    def revision(self) -> int:
        return int(self.attrs["revision"])

    def container(self, name: str = "") -> dict[str, Any]:
        """The container NAME, or the only one.

        Raises:
            CheckFailed: There is none of that name, or there are several and none is named.
        """
        every = self.attrs["containerDefinitions"]
        fitting = [each for each in every if name in ("", each["name"])]
        if len(fitting) != 1:
            names = ", ".join(each["name"] for each in every)
            wanted = f"a container {name}" if name else "one container"
            raise CheckFailed(f"{self} has {wanted}", names, REGISTER)
        found: dict[str, Any] = fitting[0]
        return found

    def expect_image(self, reference: str, *, container: str = "", next_step: str = "") -> Self:
        """A container is made from this image."""
        image = self.container(container)["image"]
        if image != reference:
            raise CheckFailed(f"{self} uses the image {reference}", image, next_step or REGISTER)
        return self

    def expect_port(
        self, port: int, *, host: int | None = None, container: str = "", next_step: str = ""
    ) -> Self:
        """A container's port is mapped: to a port of the host, or to any where `host` is None."""
        given = self.container(container).get("portMappings") or []
        pairs = [(each.get("containerPort"), each.get("hostPort", 0)) for each in given]
        if not any(inner == port and host in (None, outer) for inner, outer in pairs):
            found = ", ".join(f"container {inner} to host {outer}" for inner, outer in pairs)
            swapped = any(outer == port for _, outer in pairs)
            raise CheckFailed(
                f"{self} maps container port {port}"
                + ("" if host is None else f" to host port {host}"),
                found or "no port mapping",
                next_step
                or (
                    "They are swapped: containerPort is that of the program, hostPort that of the "
                    "machine."
                    if swapped
                    else f"containerPort must be the port on which the program listens. {REGISTER}"
                ),
            )
        return self

    def expect_memory(
        self, *, least: int = 0, most: int = 0, container: str = "", next_step: str = ""
    ) -> Self:
        """A container's hard limit is between so many MiB."""
        memory = int(self.container(container).get("memory") or self.attrs.get("memory") or 0)
        if memory < least or (most and memory > most):
            wanted = f"from {least} to {most} MiB" if most else f"at least {least} MiB"
            raise CheckFailed(
                f"{self} gives its container {wanted}", f"{memory} MiB", next_step or REGISTER
            )
        return self

    def expect_cpu(self, units: int, *, container: str = "", next_step: str = "") -> Self:
        """A container reserves so many CPU units."""
        found = int(self.container(container).get("cpu") or 0)
        if found != units:
            raise CheckFailed(
                f"{self} reserves {units} CPU units", f"{found}", next_step or REGISTER
            )
        return self

    def expect_environment(
        self, key: str, value: str, *, container: str = "", next_step: str = ""
    ) -> Self:
        """A container gets this environment variable."""
        pairs = self.container(container).get("environment") or []
        given = {each["name"]: each["value"] for each in pairs}
        expect_entry(f"{self}: variable", given, key, value, next_step or REGISTER)
        return self

    def __str__(self) -> str:
        return f"the task definition {self.name}"
