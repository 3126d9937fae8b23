"""ConfigMaps, Secrets and claims of storage, and what can be expected of them."""

from __future__ import annotations

import base64
from typing import Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.settings import expect_entry
from checker.checks.kubernetes.objects import KubernetesObject


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

    def expect_bound(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it got a volume, at the latest after `within` seconds."""

        def check_phase() -> None:
            if self.phase != "Bound":
                step = f"Many a class waits for a Pod: {self.suggest_command('describe')}"
                found = f"it is {self.phase}"
                raise CheckFailed(f"{self.display_name} is Bound", found, next_step or step)

        return self.wait_until_passed(check_phase, within)
