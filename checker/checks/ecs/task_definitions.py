"""Task definitions, and what can be expected of them."""

from __future__ import annotations

from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.settings import expect_entry
from checker.images.reference import is_same_image

REGISTER = "Register another revision; a revision never changes."


class TaskDefinition:
    """One revision, as the API describes it in `attrs`; every `expect_` gives it back."""

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
        """Return the container NAME, or the only one.

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
        """Expect that a container is made from this image."""
        image = self.container(container)["image"]
        if not is_same_image(reference, image):
            raise CheckFailed(f"{self} uses the image {reference}", image, next_step or REGISTER)
        return self

    def expect_port(
        self, port: int, *, host: int | None = None, container: str = "", next_step: str = ""
    ) -> Self:
        """Expect that a TCP port of a container is mapped: to `host`, or to any if that is None."""
        given = self.container(container).get("portMappings") or []
        tcp = [each for each in given if each.get("protocol", "tcp") == "tcp"]
        pairs = [(each.get("containerPort"), each.get("hostPort", 0)) for each in tcp]
        if not any(inner == port and host in (None, outer) for inner, outer in pairs):
            found = ", ".join(f"container {inner} to host {outer}" for inner, outer in pairs)
            target = "" if host is None else f" to host port {host}"
            expected = f"{self} maps container port {port}{target}"
            step = f"containerPort must be the port on which the program listens. {REGISTER}"
            if any(outer == port for _, outer in pairs):
                step = (
                    "They are swapped: containerPort is that of the program, hostPort that of the "
                    "machine."
                )
            raise CheckFailed(expected, found or "no port mapping", next_step or step)
        return self

    def expect_memory(
        self, *, least: int = 0, most: int = 0, container: str = "", next_step: str = ""
    ) -> Self:
        """Expect that a container's hard limit is between `least` and `most` MiB."""
        memory = int(self.container(container).get("memory") or self.attrs.get("memory") or 0)
        if memory < least or (most and memory > most):
            wanted = f"from {least} to {most} MiB" if most else f"at least {least} MiB"
            expected = f"{self} gives its container {wanted}"
            raise CheckFailed(expected, f"{memory} MiB", next_step or REGISTER)
        return self

    def expect_cpu(self, units: int, *, container: str = "", next_step: str = "") -> Self:
        """Expect that a container reserves so many CPU units."""
        found = int(self.container(container).get("cpu") or 0)
        if found != units:
            expected = f"{self} reserves {units} CPU units"
            raise CheckFailed(expected, str(found), next_step or REGISTER)
        return self

    def expect_environment(
        self, key: str, value: str, *, container: str = "", next_step: str = ""
    ) -> Self:
        """Expect that a container gets this environment variable."""
        pairs = self.container(container).get("environment") or []
        given = {each["name"]: each["value"] for each in pairs}
        expect_entry(f"{self}: variable", given, key, value, next_step or REGISTER)
        return self

    def __str__(self) -> str:
        return f"the task definition {self.name}"
