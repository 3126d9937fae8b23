"""The part of `./course test` that needs engines, side by side: test files, pages and labs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from checker.base import console, course, paths
from checker.base.settings import IMPORT_ROOT, current_settings
from checker.base.verdict import Verdict
from checker.devtools import results
from checker.devtools.prove import ProofJobs
from checker.devtools.results import Done
from checker.devtools.verify import (
    VerifyReport,
    read_targets,
    show_report,
    write_junit,
    write_proofs,
)
from checker.lanes.run_jobs import choose_lane_count, run_jobs
from checker.lanes.schedule import Job, JobResult

MARKS = "(live or browser) and not fresh"
FOLDERS = {"live tests": "live", "browser tests": "browser"}


def run_in_lanes() -> list[Done]:
    """Run the tests that need an engine, and prove all pages and labs.

    Raises:
        CouldNotFindOut: No lane can be had.
    """
    tests = {name: list(build_test_jobs(folder)) for name, folder in FOLDERS.items()}
    pages, labs = read_targets(*course.find_targets([]))
    if current_settings().test_engine:
        # on another Docker Engine, what has no orchestrator between it and the reader
        tests = {name: [job for job in jobs if is_of_docker(job)] for name, jobs in tests.items()}
        pages = [page for page in pages if page.engine == "docker"]
        labs = [lab for lab in labs if lab.engine == "docker"]
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        proofs = ProofJobs(pages, labs, Path(folder))
        jobs = [job for each in tests.values() for job in each] + proofs.jobs
        done = {each.job.name: each for each in run_jobs(jobs, choose_lane_count())}
        proven = [done[job.name] for job in proofs.jobs]
        page_results, lab_results = proofs.read_results(proven)
    found = [collect_tests(name, [done[job.name] for job in jobs]) for name, jobs in tests.items()]
    seconds = sum(each.seconds for each in proven)
    report = VerifyReport(tuple(page_results), tuple(lab_results), seconds)
    write_junit(report, results.results_file("verify"))
    write_proofs(report, results.record_file())
    console.out.rule("pages and labs are proven", align="left")
    show_report(report)
    passed = report.verdict == Verdict.PASSED
    return [*found, Done("pages and labs are proven", passed, seconds)]


def build_test_jobs(folder: str) -> Iterator[Job]:
    """Yield a job for each file of tests below tests/FOLDER; its marks say what it wants."""
    for file in sorted((paths.root() / "tests" / folder).glob("test_*.py")):
        text = file.read_text()
        name = f"{folder}-{file.stem.removeprefix('test_')}"
        if "pytest.mark.fresh]" in text or "pytest.mark.fresh," in text:
            continue
        coverage = {"COVERAGE_FILE": str(results.coverage_file(name))}
        yield Job(
            f"tests/{folder}/{file.name}",
            tuple(results.build_pytest_command(name, MARKS, str(file))),
            paths.root(),
            wants_cluster="pytest.mark.kind" in text,
            measures="pytest.mark.measures" in text,
            builds="pytest.mark.builds" in text,
            env={"PYTHONPATH": str(IMPORT_ROOT), **coverage},
        )


def is_of_docker(job: Job) -> bool:
    """Tell whether a file of tests is about the Docker Engine itself: it is marked so."""
    return "pytest.mark.docker" in Path(job.argv[-1]).read_text()


def collect_tests(name: str, done: list[JobResult]) -> Done:
    """Show what the files of tests printed that failed, and return how all did."""
    failed = [each for each in done if each.status != 0]
    for each in failed:
        console.out.rule(each.job.name, align="left")
        console.out.print(each.output.rstrip(), markup=False)
    title = f"{name}: {len(done)} files"
    return Done(title, not failed, sum(each.seconds for each in done))
