"""What grading a submission found: the report of its lab, and what was handed in."""

from __future__ import annotations

from dataclasses import dataclass

from checker.labs.report import LabReport


@dataclass(frozen=True)
class FailedCell:
    """A cell that ended with an error: its number, its source and what it said."""

    cell: int
    source: str
    said: str


@dataclass(frozen=True)
class NotebookRun:
    """How a submission's notebook ran; `stopped` says why it did not run to its end."""

    file: str
    failed: tuple[FailedCell, ...] = ()
    stopped: str = ""


@dataclass(frozen=True)
class SubmissionFacts:
    """What was handed in, and how grading it went.

    Args:
        kind: `folder` or `notebook`.
        graded_at: Date and time by ISO 8601.
        trouble: Why it could not be graded.
        bad_input: Whether that is the submission's own fault.
        notebook: None where there is none, or it was not run.
        left_behind: What it made and could not be removed.
        seconds: How long grading took, setup and notebook included.
    """

    name: str
    path: str
    kind: str
    graded_at: str
    trouble: str
    bad_input: bool
    notebook: NotebookRun | None
    left_behind: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class GradeReport(LabReport):
    """The report of the lab, and as `submission` what was handed in and how its notebook ran."""

    submission: SubmissionFacts
