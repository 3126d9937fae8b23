"""Prove a lab: untouched it fails, the solution passes, each wrong answer gets its own message.

Each of these begins from a clean state, and what it makes in the engine is removed before the next.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.process import CommandFailed
from checker.labs import notebook, stage
from checker.labs.check import check
from checker.labs.execute import CellFailed, execute
from checker.labs.lab import Lab, load
from checker.labs.wrong import Wrong, wrongs


@dataclass(frozen=True)
class Outcome:
    """One proof: `message` says what is not as it should be."""

    verdict: str
    message: str = ""


@dataclass
class LabResult:
    """All proofs of a lab."""

    lab: str
    starter: Outcome = field(default_factory=lambda: Outcome("could-not-check", "not run"))
    solution: Outcome = field(default_factory=lambda: Outcome("could-not-check", "not run"))
    wrong: dict[str, Outcome] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        """failed if one proof failed, could-not-check if one is open, otherwise passed."""
        verdicts = {each.verdict for each in (self.starter, self.solution, *self.wrong.values())}
        return next((each for each in ("failed", "could-not-check") if each in verdicts), "passed")

    @property
    def problems(self) -> list[str]:
        """A line for each proof that did not succeed."""
        every = {"untouched": self.starter, "solution": self.solution, **self.wrong}
        return [
            f"{self.lab}: {name}: {each.message}" for name, each in every.items() if each.message
        ]

    def as_json(self) -> dict[str, Any]:
        """The shape that `verify --json` prints."""
        return {
            "lab": self.lab,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "starter": self.starter.verdict,
            "solution": self.solution.verdict,
            "wrong": [
                {"name": name, "verdict": each.verdict, "message": each.message}
                for name, each in self.wrong.items()
            ],
            "problems": self.problems,
        }


def prove(lab_id: str) -> LabResult:
    """Prove a lab on the real engine.

    Raises:
        CourseError: There is no such lab, or its lab.md is wrong.
        CouldNotFindOut: The engine or an image is away.
    """
    lab = load(lab_id)
    answers = wrongs(lab)
    started = time.monotonic()
    result = LabResult(lab.id)
    with recorded(lab, "verify") as clean:
        result.starter = _proof(lab, clean, _untouched)
        result.solution = _proof(lab, clean, _solution)
        for wrong in answers:
            result.wrong[wrong.name] = _proof(lab, clean, _answer(wrong))
    result.seconds = time.monotonic() - started
    return result


@contextlib.contextmanager
def recorded(lab: Lab, purpose: str) -> Iterator[Callable[[], list[str]]]:
    """Engine and images are there, and what is made inside is recorded.

    Args:
        purpose: Names the journal, together with the lab.

    Returns:
        A function that removes what was made so far, and tells what could not be removed.

    Raises:
        CouldNotFindOut: The engine or an image is away.
    """
    from checker.sandbox import engine_session

    stage.ensure_engine(lab)
    with engine_session.recorded(lab.engine, f"{purpose}-{lab.id.replace('/', '-')}") as clean:
        try:
            yield clean
        finally:
            clean()


def _proof(lab: Lab, clean: Callable[[], list[str]], judge: Callable[[Lab, Path], str]) -> Outcome:
    """One proof in a folder of its own; JUDGE says what is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        workspace = Path(folder)
        try:
            stage.begin(lab, workspace)
            message = judge(lab, workspace)
            left = clean()
        except CouldNotFindOut as error:
            return Outcome("could-not-check", str(error))
        except CourseError as error:
            clean()
            return Outcome("failed", str(error))
    if left:
        return Outcome("failed", f"could not be removed: {'; '.join(left)}")
    return Outcome("failed", message) if message else Outcome("passed")


def _untouched(lab: Lab, workspace: Path) -> str:
    report = _checked(lab, workspace, all_checks=True)
    easy = [task["id"] for task in report["tasks"] if task["verdict"] != "failed"]
    return f"nothing is done, but no check fails for {', '.join(easy)}" if easy else ""


def _solution(lab: Lab, workspace: Path) -> str:
    stage.overlay(lab.folder / "solution", workspace)
    try:
        execute(notebook.solved(lab), workspace)
    except CellFailed as failed:
        return f"{lab.source}:{failed.line}: {failed.message} Found: {failed.found}"
    report = _checked(lab, workspace)
    if report["verdict"] == "passed" and report["points"] == lab.max_points:
        return ""
    return f"the solution is not accepted: {'; '.join(_messages(report))}"


def _answer(wrong: Wrong) -> Callable[[Lab, Path], str]:
    def judge(lab: Lab, workspace: Path) -> str:
        for task in wrong.after:
            for code in lab.task(task).solution:
                stage.shell(code.text, workspace)
        try:
            stage.shell(wrong.path.read_text(), workspace)
        except CommandFailed as failed:
            return f"the script itself failed: {failed.found or failed.message}"
        return _as_written(wrong, _checked(lab, workspace))

    return judge


def _as_written(wrong: Wrong, report: dict[str, Any]) -> str:
    """Exactly the tasks fail that should, with the words that should be said."""
    failed = {task["id"] for task in report["tasks"] if task["verdict"] == "failed"}
    if failed != set(wrong.fails):
        expected, found = ", ".join(sorted(wrong.fails)), ", ".join(sorted(failed)) or "none"
        return f"should fail {expected}, but failed: {found}. {'; '.join(_messages(report))}"
    said = _messages(report)
    for words in wrong.says:
        if not any(_plain(words) in _plain(message) for message in said):
            return f"should say {words!r}, but said: {'; '.join(said)}"
    return ""


def _checked(lab: Lab, workspace: Path, all_checks: bool = False) -> dict[str, Any]:
    report = check(lab, workspace=workspace, all_checks=all_checks)
    open_checks = [
        f"{each['name']} {each['found']}"
        for task in report["tasks"]
        for each in task["checks"]
        if each["verdict"] == "could-not-check"
    ]
    if open_checks:
        raise CouldNotFindOut("A check came to no answer.", found="; ".join(open_checks))
    return report


def _messages(report: dict[str, Any]) -> list[str]:
    """What a learner is told by each check that failed."""
    return [
        f"{each['name']} expected {each['expected']}, found {each['found']}. {each['next_step']}"
        for task in report["tasks"]
        for each in task["checks"]
        if each["verdict"] == "failed"
    ]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold().strip()
