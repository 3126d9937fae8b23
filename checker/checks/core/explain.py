"""What an exception in a check means: could the check not find out, or is the lab at fault?"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CourseError
from checker.base.verdict import Verdict
from checker.checks.core.failure import CheckFailed

OUTSIDE_LIBRARIES = (
    "docker",
    "kubernetes",
    "requests",
    "urllib3",
    "httpx",
    "httpcore",
    "testcontainers",
)
"""Libraries whose errors tell of the world outside, not of a mistake in a checks.py."""

ADVICE_ON_FAULT = "This is a fault of the lab, not yours; its author needs the line above."


@dataclass(frozen=True)
class CheckOutcome:
    """How a check ended; the words are empty if it passed."""

    verdict: Verdict
    expected: str = ""
    found: str = ""
    next_step: str = ""


def explain_error(error: BaseException, checks: Path) -> CheckOutcome:
    """Return the outcome that an exception stands for.

    Where `checks`, the checks.py that was run, is at fault, its line is named.
    """
    if isinstance(error, CheckFailed):
        return CheckOutcome(Verdict.FAILED, error.expected, error.found, error.next_step)
    if isinstance(error, CourseError):
        message = " ".join(part for part in (error.message, error.found) if part)
        return CheckOutcome(Verdict.COULD_NOT_CHECK, error.expected, message, error.next_step)

    library = type(error).__module__.partition(".")[0]
    if library in OUTSIDE_LIBRARIES or isinstance(error, (ConnectionError, TimeoutError)):
        found = f"{type(error).__name__}: {get_first_line(error)}"
        step = "See with ./course doctor whether everything is in order, then check again."
        return CheckOutcome(Verdict.COULD_NOT_CHECK, "an answer", found, step)
    fault = describe_fault(error, checks)
    return CheckOutcome(Verdict.COULD_NOT_CHECK, "a check without mistakes", fault, ADVICE_ON_FAULT)


def describe_fault(error: BaseException, checks: Path) -> str:
    """Say where in checks.py an exception arose, and what it says."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"{checks}:{error.lineno}: SyntaxError: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    # the innermost line of checks.py itself: what it called is no place where its author can mend
    inside = [frame for frame in frames if Path(frame.filename) == checks]
    line = f":{inside[-1].lineno}" if inside else ""
    return f"{checks}{line}: {type(error).__name__}: {get_first_line(error)}"


def get_first_line(error: BaseException) -> str:
    """Return the first line of an error's message, at most 300 characters of it."""
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else "no words"
