"""Nodes, and what can be expected of them."""

from __future__ import annotations

from typing import Self

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.kubernetes.objects import KubernetesObject


class Node(KubernetesObject):
    """A node and what is expected of it; every `expect_` gives the node back."""

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
        return [_format_taint(each) for each in self.spec.get("taints") or []]

    def expect_ready(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect that it is ready, at the latest after `within` seconds."""
        return self.expect_condition("Ready", within=within, next_step=next_step)

    def expect_schedulable(self, *, next_step: str = "") -> Self:
        """Expect that new Pods may be put on it."""
        if not self.schedulable:
            step = next_step or f"Open it: kubectl uncordon {self.name}"
            raise CheckFailed(f"new Pods may go to {self.name}", "it is cordoned", step)
        return self

    def expect_taint(self, taint: str, *, next_step: str = "") -> Self:
        """Expect that it has this taint: KEY=VALUE:EFFECT or KEY:EFFECT."""
        if taint not in self.taints:
            expected = f"{self.display_name} has the taint {taint}"
            step = next_step or f"See Taints: {self.suggest_command('describe')}"
            raise CheckFailed(expected, join_names(self.taints), step)
        return self

    def expect_no_taint(self, key: str, *, next_step: str = "") -> Self:
        """Expect that it has no taint of that key."""
        found = self.spec.get("taints") or []
        taints = [_format_taint(each) for each in found if each["key"] == key]
        if taints:
            step = next_step or f"Remove it: kubectl taint node {self.name} {taints[0]}-"
            raise CheckFailed(f"{self.display_name} has no taint {key}", join_names(taints), step)
        return self


def _format_taint(taint: dict[str, str]) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"
