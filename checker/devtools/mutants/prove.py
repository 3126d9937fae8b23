"""Proves that a lab's checks refuse the mutants of its solutions."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from checker.base.errors import CourseError
from checker.base.process import CommandFailed
from checker.base.verdict import Verdict, combine_checks
from checker.devtools.mutants.make import Mutant, join_solution, make_mutants
from checker.labs import stage
from checker.labs.lab import Lab
from checker.labs.proof_record import REASONS
from checker.labs.prove import check_surely, list_messages, open_session, run_proof

ACCEPTED = "accepted"
REFUSED = "refused"
SCRIPT_ENDED = "its own commands failed"


@dataclass(frozen=True)
class Reason:
    """Why a mutant is right too; `change` may have * for anything."""

    task: str
    change: str
    reason: str

    def fits(self, task: str, change: str) -> bool:
        """Say whether it is the reason of a mutant."""
        pattern = re.escape(self.change).replace(r"\*", ".*")
        return task == self.task and re.fullmatch(pattern, change, re.S) is not None


@dataclass(frozen=True)
class MutantResult:
    """What became of a mutant; `named` says whether a learner would read what was changed."""

    task: str
    change: str
    outcome: str
    said: str = ""
    named: bool = False
    reason: str = ""


@dataclass(frozen=True)
class MutantReport:
    """The mutants of a lab."""

    lab: str
    results: tuple[MutantResult, ...]
    problems: tuple[str, ...] = ()
    seconds: float = 0.0
    unread: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        if self.problems:
            return Verdict.FAILED
        return combine_checks(_judge(each) for each in self.results)

    def count(self, outcome: str) -> int:
        """Return how many mutants had an outcome."""
        return sum(each.outcome == outcome for each in self.results)

    @property
    def named(self) -> float:
        """The part of those refused that got a message which names what was changed."""
        refused = [each for each in self.results if each.outcome == REFUSED]
        return sum(each.named for each in refused) / len(refused) if refused else 1.0


def _judge(result: MutantResult) -> Verdict:
    if result.outcome in (ACCEPTED, REFUSED):
        right = result.outcome == REFUSED or bool(result.reason)
        return Verdict.PASSED if right else Verdict.FAILED
    return Verdict.COULD_NOT_CHECK


def prove_mutants(
    lab: Lab, progress: Callable[[str], None] = lambda _: None, task: str | None = None
) -> MutantReport:
    """Run every mutant of a lab on the real engine.

    Args:
        lab: The lab.
        progress: Told what is under way.
        task: The only one whose mutants are wanted.

    Raises:
        CourseError: The file of reasons is malformed.
        CouldNotFindOut: The engine or an image is away.
    """
    started = time.monotonic()
    reasons = [each for each in read_reasons(lab) if task in (None, each.task)]
    mutants = [each for each in make_mutants(lab) if task in (None, each.task)]
    results = list[MutantResult]()
    with open_session(lab, "mutants") as clean:
        tasks = [task] if task else [each.id for each in lab.tasks]
        before = {each: _find_needed(lab, clean, each) for each in tasks}
        for number, mutant in enumerate(mutants, 1):
            progress(f"{lab.id} ({number}/{len(mutants)}) {mutant.task}: {mutant.change}")
            results.append(_run_mutant(lab, clean, mutant, before[mutant.task], reasons))
    stale = [
        f"{lab.folder / REASONS}: {each.task}: {each.change!r} is no mutant that is accepted."
        for each in reasons
        if not any(each.fits(it.task, it.change) for it in results if it.outcome == ACCEPTED)
    ]
    return MutantReport(lab.id, tuple(results), tuple(stale), time.monotonic() - started)


def join_reports(reports: list[MutantReport]) -> MutantReport:
    """Make one report of those of a lab's tasks."""
    return MutantReport(
        reports[0].lab,
        tuple(each for report in reports for each in report.results),
        # what is wrong with the file of reasons, each has found
        tuple(dict.fromkeys(each for report in reports for each in report.problems)),
        sum(report.seconds for report in reports),
    )


def read_reasons(lab: Lab) -> list[Reason]:
    """Read which mutants are right too.

    Raises:
        CourseError: It is no list of objects with task, change and reason.
    """
    file = lab.folder / REASONS
    if not file.exists():
        return []
    try:
        return [_read_reason(each) for each in yaml.safe_load(file.read_text()) or []]
    except (yaml.YAMLError, TypeError, KeyError) as error:
        message = f"{file}: it must be a list of objects with task, change and reason."
        raise CourseError(message, found=str(error)) from None


def _read_reason(read: dict[str, Any]) -> Reason:
    return Reason(str(read["task"]), str(read["change"]), str(read["reason"]))


def _find_needed(lab: Lab, clean: Callable[[], list[str]], task: str) -> tuple[str, ...]:
    """Return the tasks whose solutions a task's own needs: none, if it is solved alone.

    Raises:
        CourseError: It is not solved after all those before it, either.
    """
    earlier = tuple(each.id for each in lab.tasks)[: [t.id for t in lab.tasks].index(task)]
    script, message = join_solution(lab.find_task(task)), ""
    for needed in dict.fromkeys(((), earlier)):
        proof = run_proof(lab, clean, partial(_try_script, task, script, needed))
        if proof.verdict == Verdict.PASSED:
            return needed
        message = proof.message
    raise CourseError(f"{lab.source}: the solution of {task!r} is not accepted: {message}")


def _try_script(task: str, script: str, needed: tuple[str, ...], lab: Lab, workspace: Path) -> str:
    """Return what is said of a task after a script; nothing if it is accepted."""
    stage.overlay_files(lab.folder / "solution", workspace)
    ended = ""
    for each in needed:
        stage.run_script(join_solution(lab.find_task(each)), workspace)
    try:
        stage.run_script(script, workspace)
    except CommandFailed as failed:
        ended = f"{SCRIPT_ENDED}: {failed.found or failed.message}"
    report = check_surely(lab, workspace, task=task)
    if report.verdict == Verdict.PASSED:
        return ""
    messages = list_messages(report)
    if not messages:  # a task that it requires was refused
        messages = list_messages(check_surely(lab, workspace))
    return "; ".join(filter(None, [*messages, ended])) or "not judged"


def _run_mutant(
    lab: Lab,
    clean: Callable[[], list[str]],
    mutant: Mutant,
    needed: tuple[str, ...],
    reasons: list[Reason],
) -> MutantResult:
    proof = run_proof(lab, clean, partial(_try_script, mutant.task, mutant.script, needed))
    reason = next((it.reason for it in reasons if it.fits(mutant.task, mutant.change)), "")
    named = any(_is_named(word, proof.message) for word in mutant.words)
    verdict = proof.verdict
    if verdict == Verdict.COULD_NOT_CHECK and named:
        # such as an image that cannot be had: it is not accepted, and the learner is told which
        verdict = Verdict.FAILED
    outcome = {Verdict.PASSED: ACCEPTED, Verdict.FAILED: REFUSED}.get(verdict, str(verdict))
    return MutantResult(mutant.task, mutant.change, outcome, proof.message, named, reason)


def _is_named(word: str, message: str) -> bool:
    """Say whether a message has a word; a number only by itself."""
    pattern = rf"(?<!\d){re.escape(word)}(?!\d)" if word.isdecimal() else re.escape(word)
    return re.search(pattern, message, re.IGNORECASE) is not None
