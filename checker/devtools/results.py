"""What `./course test` writes: which tests passed, and which lines they ran."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path

from checker.base import paths

PYTHON = sys.executable
ORDER = f"--randomly-seed={time.time_ns() % 2**32}"
"""Told with what failed: only in the same order may a test fail again."""


@dataclass(frozen=True)
class Done:
    """What came of a step; `output` is what it printed, if that was kept."""

    name: str
    passed: bool
    seconds: float
    output: str = ""


def results_folder() -> Path:
    """Return where the results of the last run are."""
    return paths.cache() / "test-results"


def results_file(name: str) -> Path:
    """Return where it is written what became of each of a step's tests, as JUnit XML."""
    return results_folder() / f"{name}.xml"


def record_file() -> Path:
    """Return where it is written on what pages and labs were proven in the last run."""
    return results_folder() / "proofs.json"


def coverage_file(name: str = "") -> Path:
    """Return where a step writes which lines were run: each its own, since several run at once.

    Without a name it is that of all steps, which `coverage combine` makes of theirs.
    """
    return results_folder() / (f"coverage.{name}" if name else "coverage")


def build_pytest_command(name: str, marks: str, *files: str) -> list[str]:
    """Return the command that runs the tests with these marks, and measures what they cover."""
    measured = ["--cov", "--cov-report=", "--cov-fail-under=0"]  # all together are judged
    options = ["-q", ORDER, *measured, "--junitxml", str(results_file(name)), "-m", marks]
    return [PYTHON, "-m", "pytest", *options, *files]
