"""What judging a workspace found: one object for people, programs, the page and the gradebook."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from checker.base.verdict import Verdict

SCHEMA = 1
"""Raised when a key of the JSON is renamed or goes; docs/reference/json.md names the keys."""


@dataclass(frozen=True)
class CheckResult:
    """How one check did; the three texts are empty where it passed."""

    name: str
    verdict: Verdict
    expected: str = ""
    found: str = ""
    next_step: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class TaskReport:
    """How a task did, and each of its checks."""

    id: str
    title: str
    verdict: Verdict
    points: int
    max_points: int
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True)
class EngineVersion:
    """The engine that was asked; the version is empty where none answered."""

    name: str = ""
    version: str = ""


@dataclass(frozen=True)
class LabReport:
    """How a workspace did.

    Args:
        points: Reached in the tasks of this report, of `max_points`.
        seconds: How long judging took.
    """

    lab: str
    verdict: Verdict
    points: int
    max_points: int
    seconds: float
    engine: EngineVersion
    tasks: tuple[TaskReport, ...]

    def list_checks(self, verdict: Verdict) -> list[CheckResult]:
        """Return the checks of all tasks that have this verdict."""
        every = (check for task in self.tasks for check in task.checks)
        return [check for check in every if check.verdict == verdict]

    def as_json(self) -> dict[str, Any]:
        """Return the object that `check --json` prints and the page is sent."""
        return {"schema": SCHEMA, **asdict(self)}
