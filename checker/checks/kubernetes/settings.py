"""ConfigMaps, Secrets and claims of storage, and what can be expected of them."""

from __future__ import annotations

import base64
from typing import Self

from checker.checks.core.failure import CheckFailed
from checker.checks.core.settings import expect_entry
from checker.checks.kubernetes.objects import KINDS, Object, Thing
from checker.orchestrators.kind.kube_api import Api


class ConfigMap(Thing):
    """A ConfigMap and what is expected of it."""

    def __init__(self, api: Api, folder: str, attrs: Object, kind: str = "configmap") -> None:
        super().__init__(api, KINDS[kind], folder, attrs)

    @property
    def data(self) -> dict[str, str]:
        return dict(self.attrs.get("data") or {})

    def expect_data(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """It has this key, with `value` where one is given."""
        step = next_step or f"See what it holds: {self._kubectl('describe')}"
        expect_entry(f"{self._called}: key", self.data, key, value, step)
        return self


class Secret(ConfigMap):
    """A Secret; its data is decoded."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, folder, attrs, "secret")

    @property
    def data(self) -> dict[str, str]:
        """Key -> value; what is no text shows replacement characters."""
        found = self.attrs.get("data") or {}
        return {key: base64.b64decode(each).decode(errors="replace") for key, each in found.items()}


class Claim(Thing):
    """A PersistentVolumeClaim and what is expected of it."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, KINDS["persistentvolumeclaim"], folder, attrs)

    @property
    def phase(self) -> str:
        """Pending, Bound or Lost."""
        return str(self.status.get("phase", "Pending"))

    def expect_bound(self, *, within: float = 0, next_step: str = "") -> Self:
        """It got a volume, at the latest after `within` seconds."""

        def judge() -> None:
            if self.phase != "Bound":
                raise CheckFailed(
                    f"{self._called} is Bound",
                    f"it is {self.phase}",
                    next_step or f"Many a class waits for a Pod: {self._kubectl('describe')}",
                )

        return self._within(judge, within)
