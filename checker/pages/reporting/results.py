"""What running a page brought to light."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.verdict import Verdict, combine_checks


@dataclass(frozen=True)
class Failure:
    """Why a block is not as the page says.

    Args:
        line: The line of the page on which the command begins.
        command: What was run, captures filled in.
        problem: What is wrong, in a sentence.
        status: The exit status found, if it ended.
        expected: What it should have printed, captures filled in.
        found: What it printed.
        difference: Both as a diff.
    """

    line: int
    command: str
    problem: str
    status: int | None = None
    expected: str = ""
    found: str = ""
    difference: tuple[str, ...] = ()


@dataclass(frozen=True)
class BlockResult:
    """How a block did; `reason` says why it was not run."""

    id: str
    line: int
    kind: str
    verdict: Verdict
    seconds: float = 0.0
    failure: Failure | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `verify --json` prints."""
        failure = self.failure
        return {
            "id": self.id or f"line-{self.line}",
            "line": self.line,
            "kind": "command" if self.kind == "console" else self.kind,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "problem": failure.problem if failure else "",
            "expected": failure.expected if failure else "",
            "found": (failure.found or failure.problem) if failure else self.reason,
        }


@dataclass(frozen=True)
class PageResult:
    """How a page did.

    Args:
        accepted: How many outputs were written into it.
        trouble: Why it could not be run at all.
        versions: On what it was run, by names that people read.
    """

    path: Path
    blocks: tuple[BlockResult, ...]
    seconds: float
    accepted: int = 0
    trouble: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        if self.trouble:
            return Verdict.COULD_NOT_CHECK
        return combine_checks(block.verdict for block in self.blocks)

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `verify --json` prints."""
        return {
            "path": shorten_path(self.path),
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "trouble": self.trouble,
            "blocks": [block.as_json() for block in self.blocks],
        }


def shorten_path(path: Path) -> str:
    """Return a path as people know it: from the checkout on, where it is inside."""
    full = path.resolve()
    root = paths.root().resolve()
    return str(full.relative_to(root)) if full.is_relative_to(root) else str(path)
