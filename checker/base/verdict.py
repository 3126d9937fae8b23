"""How something did: the word that programs read, the words and marks that people read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """How a check, task, lab, block, page or proof did; the value is the word in JSON and CSS.

    Each has the words that learners read, its mark, its colour (a style of rich), and the exit
    status of a command whose overall verdict it is.
    """

    words: str
    mark: str
    color: str
    exit_status: int

    def __new__(
        cls, value: str, words: str = "", mark: str = "", color: str = "", exit_status: int = 1
    ) -> Verdict:
        # The defaults are for type checkers alone, which take `Verdict("passed")` for this call.
        member = str.__new__(cls, value)
        member._value_ = value
        member.words, member.mark, member.color = words, mark, color
        member.exit_status = exit_status
        return member

    PASSED = "passed", "passed", "✔", "green", 0
    FAILED = "failed", "not yet", "✘", "red", 1
    COULD_NOT_CHECK = "could-not-check", "could not be checked", "?", "yellow", 3
    SKIPPED = "skipped", "skipped", "-", "dim", 1
    NOT_RUN = "not-run", "not run", "-", "dim", 1


def combine_checks(verdicts: Iterable[str]) -> Verdict:
    """Return the verdict of a task, page or proof by its parts; what was not run says nothing.

    One failed part settles it; otherwise one unknown leaves it open.
    """
    given = set(verdicts)
    order = (Verdict.FAILED, Verdict.COULD_NOT_CHECK, Verdict.SKIPPED)
    return next((each for each in order if each in given), Verdict.PASSED)


def combine_tasks(verdicts: Iterable[str]) -> Verdict:
    """Return the verdict of a lab by its tasks, or of a class by its submissions.

    With anything unknown the points are not final, so that is said first.
    """
    given = set(verdicts)
    if Verdict.COULD_NOT_CHECK in given:
        return Verdict.COULD_NOT_CHECK
    return Verdict.PASSED if given == {Verdict.PASSED} else Verdict.FAILED
