"""Nodes, and what can be expected of them."""

from __future__ import annotations

from typing import Self

from checker.checks.core.failure import CheckFailed, listed
from checker.checks.kubernetes.objects import KINDS, Object, Thing
from checker.orchestrators.kind.kube_api import Api


class Node(Thing):
    """A node and what is expected of it; every `expect_` gives the node back."""

    def __init__(self, api: Api, folder: str, attrs: Object) -> None:
        super().__init__(api, KINDS["node"], folder, attrs)

    @property
    def ready(self) -> bool:
        return self.condition("Ready") == "True"

    @property
    def schedulable(self) -> bool:
        """It was not cordoned."""
        return not self.spec.get("unschedulable")

    @property
    def taints(self) -> list[str]:
        """As kubectl writes them: KEY=VALUE:EFFECT or KEY:EFFECT."""
        return [_taint(each) for each in self.spec.get("taints") or []]

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """It is ready, at the latest after `within` seconds."""
        return self.expect_condition("Ready", within=within, next_step=next_step)

    def expect_schedulable(self, *, next_step: str = "") -> Self:
        """New Pods may be put on it."""
        if not self.schedulable:
            raise CheckFailed(
                f"new Pods may go to {self.name}",
                "it is cordoned",
                next_step or f"Open it: kubectl uncordon {self.name}",
            )
        return self

    def expect_taint(self, taint: str, *, next_step: str = "") -> Self:
        """It has this taint: KEY=VALUE:EFFECT or KEY:EFFECT."""
        if taint not in self.taints:
            raise CheckFailed(
                f"{self._called} has the taint {taint}",
                listed(self.taints),
                next_step or f"See Taints: {self._kubectl('describe')}",
            )
        return self

    def expect_no_taint(self, key: str, *, next_step: str = "") -> Self:
        """It has no taint of that key."""
        found = [each for each in self.spec.get("taints") or [] if each["key"] == key]
        if found:
            raise CheckFailed(
                f"{self._called} has no taint {key}",
                listed(map(_taint, found)),
                next_step or f"Remove it: kubectl taint node {self.name} {_taint(found[0])}-",
            )
        return self


def _taint(taint: dict[str, str]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"
