"""Errors that a person can act on: what was expected, what was found, what to do next."""

from __future__ import annotations


class CourseError(Exception):
    """Bad use or bad input; the command ends with exit status 2.

    Args:
        message: What is wrong, in one sentence; name the file and line where there is one.
        expected: What would have been right.
        found: What was there instead.
        next_step: What the person can do now.
    """

    exit_code = 2

    def __init__(
        self, message: str, *, expected: str = "", found: str = "", next_step: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.found = found
        self.next_step = next_step

    def __str__(self) -> str:
        parts = {"expected": self.expected, "found": self.found, "next": self.next_step}
        lines = [f"  {label}: {text}" for label, text in parts.items() if text]
        return "\n".join([self.message, *lines])


class CouldNotFindOut(CourseError):
    """Something the course needs did not answer; the command ends with exit status 3."""

    exit_code = 3
