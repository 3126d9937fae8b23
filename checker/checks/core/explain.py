"""What an exception in a check means: could the check not find out, or is the lab at fault?"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CourseError
from checker.checks.core.failure import CheckFailed

OUTSIDE = (
    "docker",
    "kubernetes",
    "requests",
    "urllib3",
    "httpx",
    "httpcore",
    "testcontainers",
    "psycopg",
    "redis",
)
"""Libraries whose errors tell of the world outside, not of a mistake in a checks.py."""

OTHERS = "This is a fault of the lab, not yours; its author needs the line above."


@dataclass(frozen=True)
class Outcome:
    """How a check ended; the words are empty if it passed."""

    verdict: str
    expected: str = ""
    found: str = ""
    next_step: str = ""


def outcome(error: BaseException, checks: Path) -> Outcome:
    """The outcome that an exception stands for.

    Args:
        checks: The checks.py that was run; its lines are named where it is at fault.
    """
    if isinstance(error, CheckFailed):
        return Outcome("failed", error.expected, error.found, error.next_step)
    if isinstance(error, CourseError):
        said = " ".join(part for part in (error.message, error.found) if part)
        return Outcome("could-not-check", error.expected, said, error.next_step)
    if _is_outside(error):
        return Outcome(
            "could-not-check",
            "an answer",
            f"{type(error).__name__}: {_first_line(error)}",
            "See whether all is well with ./course doctor, then check again.",
        )
    return Outcome("could-not-check", "a check without mistakes", fault(error, checks), OTHERS)


def fault(error: BaseException, checks: Path) -> str:
    """Where in checks.py an exception arose, and what it says."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{checks}:{error.lineno}: SyntaxError: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename) == checks]
    line = f":{inside[-1].lineno}" if inside else ""
    return f"{checks}{line}: {type(error).__name__}: {_first_line(error)}"


def _is_outside(error: BaseException) -> bool:
    library = type(error).__module__.partition(".")[0]
    return library in OUTSIDE or isinstance(error, (ConnectionError, TimeoutError))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no words"
