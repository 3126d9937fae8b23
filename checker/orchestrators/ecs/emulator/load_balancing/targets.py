"""The health of targets, which of them gets the next request, and requests that are under way.

Rules, as the documentation of Application Load Balancers has them (docs.aws.amazon.com, Health
checks for target groups, Target groups, Deregistration delay): one good answer makes a new target
healthy, later HealthyThresholdCount in a row do; UnhealthyThresholdCount bad ones in a row make it
unhealthy; only healthy targets get requests, and all do where none is healthy; round robin.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

INITIAL, HEALTHY, UNHEALTHY, DRAINING = "initial", "healthy", "unhealthy", "draining"
CHECKING = "Elb.InitialHealthChecking"
LEAVING = "Target.DeregistrationInProgress"

TargetKey = tuple[str, str, int]
"""Target group, address and port."""


@dataclass
class TargetHealth:
    """What is known of one target, also when it is asked next, on a clock that never goes back."""

    due: float
    state: str = INITIAL
    reason: str = CHECKING
    text: str = "Initial health checks in progress"
    passed: int = 0
    failed: int = 0
    asked: bool = False
    """Whether an answer is awaited."""

    def record_result(self, reason: str, text: str, group: Mapping[str, Any]) -> None:
        """Take the result of a health check in; no reason means that it passed."""
        self.passed = 0 if reason else self.passed + 1
        self.failed = self.failed + 1 if reason else 0
        needed = 1 if self.state == INITIAL else int(group["HealthyThresholdCount"])
        if self.passed >= needed:
            self.state, self.reason, self.text = HEALTHY, "", ""
        elif self.failed >= int(group["UnhealthyThresholdCount"]):
            self.state, self.reason, self.text = UNHEALTHY, reason, text


class Targets:
    """All targets of all groups; `registered` lists those that are in a group now."""

    def __init__(self, registered: Callable[[str], list[TargetKey]]) -> None:
        self._registered = registered
        self._health: dict[TargetKey, TargetHealth] = {}
        self._under_way: dict[TargetKey, int] = {}
        self._draining: set[TargetKey] = set()
        self._turns: dict[str, int] = {}
        self._changed = threading.Condition()

    def reset(self) -> None:
        """Forget all targets; whoever waits for requests under way need not wait any more."""
        with self._changed:
            self._health.clear()
            self._under_way.clear()
            self._draining.clear()
            self._turns.clear()
            self._changed.notify_all()

    def find_state(self, key: TargetKey) -> str:
        """Tell what a registered target is: initial, healthy or unhealthy."""
        found = self._health.get(key)
        return found.state if found else INITIAL

    def take_target(self, group: str) -> TargetKey | None:
        """Choose the target that gets the next request; None where none is registered.

        It counts as busy until it is released. The list is read under the lock, so that a target
        that left it before `drain_target` looks cannot be taken after.
        """
        with self._changed:
            keys = self._registered(group)
            fit = [each for each in keys if self.find_state(each) == HEALTHY] or keys
            if not fit:
                return None
            turn = self._turns.get(group, -1) + 1
            self._turns[group] = turn
            key = fit[turn % len(fit)]
            self._under_way[key] = self._under_way.get(key, 0) + 1
            return key

    def release_target(self, key: TargetKey) -> None:
        """Note that a request that a target was taken for has ended."""
        with self._changed:
            left = self._under_way.get(key, 1) - 1
            self._under_way.pop(key, None)
            if left > 0:
                self._under_way[key] = left
            self._changed.notify_all()

    def drain_target(self, key: TargetKey, seconds: float) -> bool:
        """Wait until no request is under way to a target that left its group.

        It takes at most the group's deregistration delay; return whether all of them ended.
        """
        with self._changed:
            self._draining.add(key)
            ended = self._changed.wait_for(lambda: not self._under_way.get(key), seconds)
            self._draining.discard(key)
            return ended

    def describe_group(self, group: str) -> list[tuple[TargetKey, TargetHealth]]:
        """Return every registered target of a group with its health, and those that drain."""
        with self._changed:
            there = self._registered(group)
            gone = TargetHealth(0, DRAINING, LEAVING, "Target deregistration is in progress")
            leaving = sorted(each for each in self._draining - {*there} if each[0] == group)
            found = [(each, self._health.get(each) or TargetHealth(0)) for each in there]
            return [*found, *((each, gone) for each in leaving)]

    def select_due(
        self, group: str, interval: float, now: float
    ) -> list[tuple[TargetKey, TargetHealth]]:
        """Select the targets to ask now; each is due again an interval later, when it answered."""
        with self._changed:
            keys = self._registered(group)
            for key in [each for each in self._health if each[0] == group and each not in keys]:
                del self._health[key]
            for key in keys:
                self._health.setdefault(key, TargetHealth(due=now))
            found = [(each, self._health[each]) for each in keys]
            due = [(key, it) for key, it in found if it.due <= now and not it.asked]
            for _, it in due:
                it.asked, it.due = True, now + interval
            return due
