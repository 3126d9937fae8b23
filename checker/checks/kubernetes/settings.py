"""ConfigMaps, Secrets and claims of storage, and what can be expected of them."""

from __future__ import annotations

import base64
from typing import Self

from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import expect_entry
from checker.checks.kubernetes.objects import KubernetesObject
from checker.checks.kubernetes.quantities import parse_quantity


class ConfigMap(KubernetesObject):
    """A ConfigMap and what is expected of it."""

    @property
    def data(self) -> dict[str, str]:
        return dict(self.attrs.get("data") or {})

    def expect_data(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that it has this key, with `value` where one is given."""
        step = next_step or f"See what it holds: {self.suggest_command('describe')}"
        expect_entry(f"{self.display_name}: key", self.data, key, value, step)
        return self

    def expect_value(self, value: str, *, next_step: str = "") -> Self:
        """Expect that some key holds this value; blank space around it does not count."""
        if value not in [each.strip() for each in self.data.values()]:
            step = next_step or f"See what it holds: {self.suggest_command('get')} -o yaml"
            found = join_names(f"{key}={describe_value(each)}" for key, each in self.data.items())
            raise CheckFailed(f"{value!r} in {self.display_name}", found, step)
        return self


class Secret(ConfigMap):
    """A Secret; its data is decoded."""

    @property
    def data(self) -> dict[str, str]:
        """Key -> value; what is no text shows replacement characters."""
        found = self.attrs.get("data") or {}
        return {key: base64.b64decode(each).decode(errors="replace") for key, each in found.items()}


class PersistentVolumeClaim(KubernetesObject):
    """A PersistentVolumeClaim and what is expected of it."""

    @property
    def phase(self) -> str:
        """Pending, Bound or Lost."""
        return str(self.status.get("phase", "Pending"))

    @property
    def size(self) -> str:
        """How much storage it asks for, such as 16Mi."""
        requests = (self.spec.get("resources") or {}).get("requests") or {}
        return str(requests.get("storage", ""))

    @property
    def access_modes(self) -> list[str]:
        """ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod."""
        return list(self.spec.get("accessModes") or [])

    def expect_size(self, expected: str, *, next_step: str = "") -> Self:
        """Expect how much storage it asks for, in whatever unit."""
        if parse_quantity(self.size) != parse_quantity(expected):
            step = "A claim does not shrink: delete it, and make it again with this size."
            found = f"it asks for {self.size or 'nothing'}"
            raise CheckFailed(f"{self.display_name} asks for {expected}", found, next_step or step)
        return self

    def expect_access_mode(self, expected: str, *, next_step: str = "") -> Self:
        """Expect that its volume may be used so: ReadWriteOnce, ReadWriteMany, ..."""
        if expected not in self.access_modes:
            step = next_step or "kubectl explain pvc.spec.accessModes"
            what = f"{self.display_name} has the access mode {expected}"
            raise CheckFailed(what, join_names(self.access_modes), step)
        return self

    def expect_bound(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it got a volume, at the latest after `within` seconds."""

        def check_phase() -> None:
            if self.phase != "Bound":
                step = f"Many a class waits for a Pod: {self.suggest_command('describe')}"
                found = f"it is {self.phase}, and asks for {join_names(self.access_modes)}"
                raise CheckFailed(f"{self.display_name} is Bound", found, next_step or step)

        return self.wait_until_passed(check_phase, within)
