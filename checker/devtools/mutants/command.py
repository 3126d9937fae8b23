"""`./course verify LAB --mutants`."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

from checker.base import console, course, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.verdict import Verdict, combine_checks
from checker.devtools.mutants.prove import (
    ACCEPTED,
    REFUSED,
    MutantReport,
    MutantResult,
    join_reports,
    prove_mutants,
)
from checker.devtools.mutants.words import find_gaps
from checker.devtools.prove import build_lab_job
from checker.devtools.verify import WAITING, choose_lanes
from checker.labs.lab import Lab, load_lab
from checker.lanes.run_jobs import run_jobs
from checker.lanes.schedule import JobResult


def verify_mutants(targets: list[str], lanes: int | None) -> int:
    """Prove that the checks of labs refuse the mutants of their solutions.

    Args:
        targets: Labs, or folders with some; all if empty.
        lanes: How many engines to use side by side; 0 for this user's own; None leaves it open.

    Returns:
        0 if each is refused or right for a stated reason, 1 if one is accepted, 3 if one could
        not be judged.

    Raises:
        CourseError: A lab is malformed, or its solution is not accepted.
    """
    labs = [load_lab(name) for name in course.find_targets(targets)[1]]
    if not labs:
        raise CourseError("Mutants are made of labs.", next_step="Name one: labs/TRACK/SLUG")
    count = choose_lanes(sum(len(lab.tasks) for lab in labs), lanes)
    reports = _prove_in_lanes(labs, count) if count else _prove_in_turn(labs)
    for lab, report in zip(labs, reports, strict=True):
        show_report(lab, report)
    return combine_checks(each.verdict for each in reports).exit_status


def _prove_in_turn(labs: list[Lab]) -> list[MutantReport]:
    with paths.lock("verify", waiting=WAITING), console.step("mutants") as step:
        return [prove_surely(lab, step.update) for lab in labs]


def prove_surely(
    lab: Lab, progress: Callable[[str], None] = lambda _: None, task: str | None = None
) -> MutantReport:
    """Prove the mutants of a lab, or of one task; what keeps them from being run is the report."""
    try:
        return prove_mutants(lab, progress, task)
    except CouldNotFindOut as error:
        return leave_open(lab, str(error))
    except CourseError as error:
        return MutantReport(lab.id, (), (str(error),))


def leave_open(lab: Lab, why: str) -> MutantReport:
    """Return the report of a lab whose mutants could not be run."""
    return MutantReport(lab.id, (MutantResult("", "", Verdict.COULD_NOT_CHECK, why),))


def _prove_in_lanes(labs: list[Lab], count: int) -> list[MutantReport]:
    """Prove each task by itself: a whole lab may take more than a job is given."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        files = {
            (lab.id, task.id): Path(folder) / f"{quote(f'{lab.id} {task.id}', safe='')}.json"
            for lab in labs
            for task in lab.tasks
        }
        jobs = [
            build_lab_job(
                __name__,
                _name_job(lab, task.id),
                (lab.id, task.id, str(files[lab.id, task.id])),
                lab,
            )
            for lab in labs
            for task in lab.tasks
        ]
        done = {each.job.name: each for each in run_jobs(jobs, count)}
        return [
            join_reports(
                [
                    _read_report(lab, done[_name_job(lab, task.id)], files[lab.id, task.id])
                    for task in lab.tasks
                ]
            )
            for lab in labs
        ]


def _name_job(lab: Lab, task: str) -> str:
    return f"mutants of {lab.id}, {task}"


def _read_report(lab: Lab, done: JobResult, file: Path) -> MutantReport:
    if not file.exists():
        why = "\n".join(done.output.strip().splitlines()[-5:]) or f"ended with {done.status}"
        return leave_open(lab, why)
    read = json.loads(file.read_text())
    results = tuple(MutantResult(**each) for each in read["results"])
    return MutantReport(read["lab"], results, tuple(read["problems"]), read["seconds"])


def show_report(lab: Lab, report: MutantReport) -> None:
    """Print what was accepted, what could not be judged, and the counts."""

    def say(line: str) -> None:
        console.out.print(line, markup=False, highlight=False)

    for problem in report.problems:
        say(f"  {problem}")
    for each in report.results:
        if each.outcome == ACCEPTED and not each.reason:
            say(f"  accepted: {each.task}: {each.change}")
        elif each.outcome not in (ACCEPTED, REFUSED):
            say(f"  could not be judged: {each.task}: {each.change}: {each.said}")
        elif each.outcome == REFUSED and not each.named:
            say(f"  does not name it: {each.task}: {each.change}\n      {each.said}")
    for gap in find_gaps(lab):
        say(f"  {gap}")
    right = sum(each.outcome == ACCEPTED and bool(each.reason) for each in report.results)
    say(
        f"{report.verdict:16}labs/{report.lab}  {len(report.results)} mutants: "
        f"{report.count(REFUSED)} refused, {report.named:.0%} of them by name; {right} right too; "
        f"{report.count(ACCEPTED) - right} accepted. {report.seconds:.0f} s"
    )


def main() -> None:
    """Prove the mutants of a task of the lab ID; the report goes into FILE, for who runs it."""
    lab_id, task, file = sys.argv[1:]
    report = prove_surely(load_lab(lab_id), task=task)
    paths.write_atomically(Path(file), json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
