"""Prove a lab: untouched it fails, the solution and other right answers pass, each wrong
answer gets its own message.

Each of these begins from a clean state, and what it makes in the engine is removed before the next.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.process import CommandFailed
from checker.base.verdict import Verdict, combine_checks
from checker.labs import notebook, stage
from checker.labs.answers import (
    RightAnswer,
    WrongAnswer,
    read_right_answers,
    read_wrong_answers,
)
from checker.labs.check import check_workspace
from checker.labs.execute import CellFailed, execute_notebook
from checker.labs.lab import Lab
from checker.labs.report import LabReport


@dataclass(frozen=True)
class ProofResult:
    """One proof: `message` says what is not as it should be."""

    verdict: Verdict
    message: str = ""


NOT_RUN = ProofResult(Verdict.COULD_NOT_CHECK, "not run")


@dataclass(frozen=True)
class LabResult:
    """All proofs of a lab; `versions` says on what, by names that people read."""

    lab: str
    starter: ProofResult = NOT_RUN
    solution: ProofResult = NOT_RUN
    right: dict[str, ProofResult] = field(default_factory=dict)
    wrong: dict[str, ProofResult] = field(default_factory=dict)
    seconds: float = 0.0
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        return combine_checks(each.verdict for each in self.proofs.values())

    @property
    def proofs(self) -> dict[str, ProofResult]:
        """Every proof, under the name that people read."""
        answers = {
            f"{folder}/{name}": proof
            for folder, proofs in (("right", self.right), ("wrong", self.wrong))
            for name, proof in proofs.items()
        }
        return {"untouched": self.starter, "solution": self.solution, **answers}

    @property
    def problems(self) -> list[str]:
        """A line for each proof that did not succeed."""
        return [
            f"{self.lab}: {name}: {each.message}"
            for name, each in self.proofs.items()
            if each.message
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the shape that `verify --json` prints."""
        return {
            "lab": self.lab,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "starter": self.starter.verdict,
            "solution": self.solution.verdict,
            "right": [{"name": name, **asdict(each)} for name, each in self.right.items()],
            "wrong": [{"name": name, **asdict(each)} for name, each in self.wrong.items()],
            "problems": self.problems,
        }


def prove_lab(lab: Lab) -> LabResult:
    """Prove a lab on the real engine.

    Raises:
        CourseError: A right or wrong answer is malformed.
        CouldNotFindOut: The engine or an image is away.
    """
    rights, wrongs = read_right_answers(lab), read_wrong_answers(lab)
    started = time.monotonic()
    with open_session(lab, "verify") as clean:
        starter = run_proof(lab, clean, _prove_untouched)
        solution = run_proof(lab, clean, _prove_solution)
        right = {each.name: run_proof(lab, clean, partial(_prove_right, each)) for each in rights}
        wrong = {each.name: run_proof(lab, clean, partial(_prove_wrong, each)) for each in wrongs}
    return LabResult(lab.id, starter, solution, right, wrong, time.monotonic() - started)


@contextlib.contextmanager
def open_session(lab: Lab, purpose: str) -> Iterator[Callable[[], list[str]]]:
    """Have the engine and the images, and record what is made inside.

    Args:
        lab: The lab, whose engine is wanted.
        purpose: Names the journal, together with the lab.

    Yields:
        A function that removes what was made so far, and tells what could not be removed.

    Raises:
        CouldNotFindOut: The engine or an image is away.
    """
    from checker.base.run import Run
    from checker.sandbox import session

    stage.ensure_engine(lab)
    with session.record_run(Run.of_lab(lab.id, purpose), lab.engine) as clean:
        try:
            yield clean
        finally:
            clean()


def run_proof(
    lab: Lab, clean: Callable[[], list[str]], proof: Callable[[Lab, Path], str]
) -> ProofResult:
    """Run one proof in a folder of its own; it returns what is not as it should be."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        workspace = Path(folder)
        try:
            stage.prepare_workspace(lab, workspace)
            message = proof(lab, workspace)
            left = clean()
        except CouldNotFindOut as error:
            return ProofResult(Verdict.COULD_NOT_CHECK, str(error))
        except CourseError as error:
            clean()
            return ProofResult(Verdict.FAILED, str(error))
    if left:
        message = f"could not be removed: {'; '.join(left)}"
    return ProofResult(Verdict.FAILED if message else Verdict.PASSED, message)


def _prove_untouched(lab: Lab, workspace: Path) -> str:
    # Prerequisites do not count here: a check that they would skip must fail by itself.
    report = check_surely(lab, workspace, all_checks=True)
    easy = [task.id for task in report.tasks if task.verdict != Verdict.FAILED]
    return f"nothing is done, but no check fails for {', '.join(easy)}" if easy else ""


def _prove_solution(lab: Lab, workspace: Path) -> str:
    stage.overlay_files(lab.folder / "solution", workspace)
    try:
        execute_notebook(notebook.build_solved_notebook(lab), workspace)
    except CellFailed as failed:
        return f"{lab.source}:{failed.line}: {failed.message} Found: {failed.found}"
    report = check_surely(lab, workspace)
    if report.verdict == Verdict.PASSED and report.points == lab.max_points:
        return ""
    return f"the solution is not accepted: {'; '.join(list_messages(report))}"


def _prove_right(right: RightAnswer, lab: Lab, workspace: Path) -> str:
    """Each task passes that should."""
    if broken := _run_answer(right, lab, workspace):
        return broken
    only = right.passes[0] if len(right.passes) == 1 else None
    report = check_surely(lab, workspace, task=only)
    passed = {task.id for task in report.tasks if task.verdict == Verdict.PASSED}
    if refused := [task for task in right.passes if task not in passed]:
        tasks = tuple(task for task in report.tasks if task.id in refused)
        said = "; ".join(list_messages(replace(report, tasks=tasks)))
        if not said:  # a task that it requires was refused
            said = "; ".join(list_messages(check_surely(lab, workspace))) or "not judged"
        return f"is right, but was refused for {', '.join(refused)}: {said}"
    return ""


def _prove_wrong(wrong: WrongAnswer, lab: Lab, workspace: Path) -> str:
    """Exactly the tasks fail that should, with the words that should be said."""
    if broken := _run_answer(wrong, lab, workspace):
        return broken
    report = check_surely(lab, workspace)
    said = list_messages(report)
    wanting = {task.id for task in report.tasks if task.verdict == Verdict.FAILED}
    if wanting != set(wrong.fails):
        expected, found = ", ".join(sorted(wrong.fails)), ", ".join(sorted(wanting)) or "none"
        return f"should fail {expected}, but failed: {found}. {'; '.join(said)}"
    for words in wrong.says:
        if not any(_fold(words) in _fold(message) for message in said):
            return f"should say {words!r}, but said: {'; '.join(said)}"
    return ""


def _run_answer(answer: RightAnswer | WrongAnswer, lab: Lab, workspace: Path) -> str:
    """Run the solutions that an answer comes after, and its script; return what broke."""
    for task in answer.after:
        for code in lab.find_task(task).solution:
            stage.run_script(code.text, workspace)
    try:
        stage.run_script(answer.path.read_text(), workspace)
    except CommandFailed as failed:
        return f"the script itself failed: {failed.found or failed.message}"
    return ""


def check_surely(
    lab: Lab, workspace: Path, *, task: str | None = None, all_checks: bool = False
) -> LabReport:
    """Check a workspace; a check without an answer proves nothing, either way."""
    report = check_workspace(lab, task, workspace, all_checks=all_checks)
    if unknown := report.list_checks(Verdict.COULD_NOT_CHECK):
        found = "; ".join(f"{each.name} {each.found}" for each in unknown)
        raise CouldNotFindOut("A check got no answer.", found=found)
    return report


def list_messages(report: LabReport) -> list[str]:
    """Return what a learner is told by each check that failed."""
    return [
        f"{each.name} expected {each.expected}, found {each.found}. {each.next_step}"
        for each in report.list_checks(Verdict.FAILED)
    ]


def _fold(text: str) -> str:
    return re.sub(r"\s+", " ", text).casefold().strip()
