"""Proves pages and labs: one after the other, or side by side in lanes."""

from __future__ import annotations

import platform
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.settings import IMPORT_ROOT
from checker.base.verdict import Verdict
from checker.devtools.proof_file import read_result
from checker.docker import connection, docker_client
from checker.labs.lab import Lab
from checker.labs.prove import LabResult, ProofResult, prove_lab
from checker.lanes.run_jobs import run_jobs
from checker.lanes.schedule import Job, JobResult
from checker.orchestrators import registry
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.reporting.results import PageResult, shorten_path
from checker.pages.verify import verify_page

MEASURES = re.compile(r"\bcourse (probe|measure) |\bprobe\.(run|load_rollout)\(")
"""In a page, or in the checks of a lab: it measures what a rollout loses."""

BUILDS = re.compile(r"\bdocker build\b|--build\b|\bbuildx\b")

PROVE_ONE = "checker.devtools.prove_one"

Results = tuple[list[PageResult], list[LabResult]]


def prove_in_turn(pages: list[Page], labs: list[Lab], accept: bool) -> Results:
    """Prove pages, then labs; what could not be found out does not stop the others."""
    page_results, lab_results = [], []
    total = len(pages) + len(labs)
    for number, page in enumerate(pages, 1):
        with console.step(f"({number}/{total}) {shorten_path(page.path)}") as step:
            page_results.append(prove_page_surely(page, accept, step.update))
    for number, lab in enumerate(labs, len(pages) + 1):
        with console.step(f"({number}/{total}) labs/{lab.id}"):
            lab_results.append(prove_lab_surely(lab))
    return page_results, lab_results


def prove_page_surely(
    page: Page, accept: bool, progress: Callable[[str], None] = lambda _: None
) -> PageResult:
    """Prove a page; what keeps it from being run is its result."""
    try:
        # its author may have gone on writing while others were proven
        if page.path.read_text(encoding="utf-8") != page.text:
            page = parse_page(page.path)
        result = verify_page(page, accept, progress)
        return replace(result, versions=describe_versions(page.engine))
    except (CourseError, OSError) as error:
        return leave_page_open(page, str(error))


def prove_lab_surely(lab: Lab) -> LabResult:
    """Prove a lab; what keeps it from being run is its result."""
    try:
        return replace(prove_lab(lab), versions=describe_versions(lab.engine))
    except CouldNotFindOut as error:
        return leave_lab_open(lab, str(error))
    except CourseError as error:  # an answer is malformed
        return LabResult(lab.id, starter=ProofResult(Verdict.FAILED, str(error)))


def describe_versions(engine: str) -> dict[str, str]:
    """Return what a proof of now was made on, by names that people read."""
    if engine == "none":
        return {}
    client = docker_client.find_versions(connection.cli_environment())
    found = {"Docker": connection.engine_status().version, "Compose": client.get("compose", "")}
    for each in registry.orchestrators_of(engine):
        if each.product:
            found[each.product] = each.version()
    # a distribution's own addition to a number says nothing to a reader
    short = {name: version.removeprefix("v").partition("+")[0] for name, version in found.items()}
    return {**short, "kernel": platform.release(), "architecture": platform.machine()}


def leave_page_open(page: Page, why: str) -> PageResult:
    return PageResult(page.path, (), 0.0, trouble=why)


def leave_lab_open(lab: Lab, why: str) -> LabResult:
    return LabResult(lab.id, starter=ProofResult(Verdict.COULD_NOT_CHECK, why))


def prove_in_lanes(pages: list[Page], labs: list[Lab], accept: bool, count: int) -> Results:
    """Prove pages and labs side by side, in at most `count` engines that nothing else uses.

    Raises:
        CouldNotFindOut: No lane can be had.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        proofs = ProofJobs(pages, labs, Path(folder), accept)
        return proofs.read_results(run_jobs(proofs.jobs, count))


class ProofJobs:
    """Proofs as jobs, in the order of pages and then labs; each writes its result into a folder."""

    def __init__(
        self, pages: list[Page], labs: list[Lab], folder: Path, accept: bool = False
    ) -> None:
        self._pages, self._labs, self._folder = pages, labs, folder
        words = ("accept",) if accept else ()
        self.jobs = [self._build_page_job(page, words) for page in pages]
        self.jobs += [self._build_lab_job(lab) for lab in labs]

    def read_results(self, done: list[JobResult]) -> Results:
        """Return what was proven, and of what was not, why."""
        read = [_read_result(each, self._file(each.job.name)) for each in done]
        of_pages = zip(self._pages, read[: len(self._pages)], strict=True)
        of_labs = zip(self._labs, read[len(self._pages) :], strict=True)
        return (
            [
                each if isinstance(each, PageResult) else leave_page_open(page, str(each))
                for page, each in of_pages
            ],
            [
                each if isinstance(each, LabResult) else leave_lab_open(lab, str(each))
                for lab, each in of_labs
            ],
        )

    def _build_page_job(self, page: Page, words: tuple[str, ...]) -> Job:
        name = shorten_path(page.path)
        argv = ("page", str(page.path.resolve()), str(self._file(name)), *words)
        return _build_job(PROVE_ONE, name, argv, page.engine, page.text)

    def _build_lab_job(self, lab: Lab) -> Job:
        name = f"labs/{lab.id}"
        return build_lab_job(PROVE_ONE, name, ("lab", lab.id, str(self._file(name))), lab)

    def _file(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='')}.json"


def build_lab_job(module: str, name: str, words: tuple[str, ...], lab: Lab) -> Job:
    """Return the job that runs a module of the course for a lab, with what a lane must have."""
    checks = lab.folder / "checks.py"
    text = lab.source.read_text() + (checks.read_text() if checks.is_file() else "")
    return _build_job(module, name, words, lab.engine, text)


def _build_job(module: str, name: str, words: tuple[str, ...], engine: str, text: str) -> Job:
    return Job(
        name,
        (sys.executable, "-P", "-m", module, *words),
        paths.root(),
        wants_cluster="kind" in registry.engine_names(engine),
        measures=bool(MEASURES.search(text)) and engine != "none",
        builds=bool(BUILDS.search(text)) and engine != "none",
        env={"PYTHONPATH": str(IMPORT_ROOT)},
    )


def _read_result(done: JobResult, file: Path) -> PageResult | LabResult | str:
    if file.exists():
        return read_result(file)
    lines = done.output.strip().splitlines()[-5:]
    return "\n".join(lines) or f"its process ended with status {done.status}"
