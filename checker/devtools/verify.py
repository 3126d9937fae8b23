"""`./course verify` and `./course lint`: pages and labs together."""

from __future__ import annotations

import contextlib
import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from checker import __version__
from checker.base import console, course, paths, process
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.verdict import Verdict, combine_checks
from checker.devtools.prove import Results, prove_in_lanes, prove_in_turn
from checker.docker import connection
from checker.formats.junit import Case, Suite, format_suites
from checker.labs import proof_record
from checker.labs.lab import Lab, load_lab
from checker.labs.proof_record import digest_lab, digest_page
from checker.labs.prove import LabResult
from checker.lanes.lane import explain_absence
from checker.lanes.run_jobs import choose_lane_count
from checker.pages.lint import count_assertions, lint_page
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.reporting.junit import build_suite
from checker.pages.reporting.report import show_page
from checker.pages.reporting.results import PageResult, shorten_path

GIT_SECONDS = 30.0
Name = TypeVar("Name")
Content = TypeVar("Content")
WAITING = "Another verify is under way; this one begins when it has ended."


@dataclass(frozen=True)
class VerifyReport:
    """Everything that one run proved or refuted; `versions` says what it holds for."""

    pages: tuple[PageResult, ...]
    labs: tuple[LabResult, ...]
    seconds: float
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        results: tuple[PageResult | LabResult, ...] = (*self.pages, *self.labs)
        return combine_checks(each.verdict for each in results)

    def as_json(self) -> dict[str, Any]:
        """Return the one object that `--json` prints."""
        return {
            "schema": 1,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "pages": [page.as_json() for page in self.pages],
            "labs": [lab.as_json() for lab in self.labs],
            "versions": self.versions,
        }


def verify_targets(
    targets: list[str],
    *,
    accept: bool,
    changed: bool,
    junit: Path | None,
    as_json: bool,
    lanes: int | None = None,
    record: Path | None = None,
) -> int:
    """Prove pages and labs.

    Args:
        targets: As in `course.targets`; all if empty.
        accept: Write found output into the pages.
        changed: Only those that git says have changed.
        junit: Where to write JUnit XML.
        as_json: Print one object and nothing else.
        lanes: How many engines to use side by side; 0 for this user's own; None leaves it open.
        record: Where to write down on what each was proven.

    Returns:
        0 if everything is proven, 1 if something is wrong, 3 if something could not be found out.
    """
    pages, labs = course.find_targets(targets)
    if changed:
        pages, labs = find_changed(pages, labs)
    if record:
        proof_record.read_record(record)  # before minutes of work
    read_pages, read_labs = read_targets(pages, labs)
    report = prove_all(read_pages, read_labs, accept, lanes)
    if junit:
        write_junit(report, junit)
    if record:
        write_proofs(report, record)
    if as_json:
        report = replace(report, versions=collect_versions(report))
        print(json.dumps(report.as_json(), indent=2))
    else:
        show_report(report)
    return report.verdict.exit_status


def read_targets(pages: list[Path], labs: list[str]) -> tuple[list[Page], list[Lab]]:
    """Read all before anything is run, since a run may take minutes.

    Raises:
        CourseError: Some are malformed; it names every one.
    """
    errors: list[CourseError] = []
    read_pages = list(_read_each(parse_page, pages, errors))
    read_labs = list(_read_each(load_lab, labs, errors))
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise CourseError("\n".join(map(str, errors)))
    return read_pages, read_labs


def _read_each(
    read: Callable[[Name], Content], names: Iterable[Name], errors: list[CourseError]
) -> Iterator[Content]:
    for name in names:
        try:
            yield read(name)
        except CourseError as error:
            errors.append(error)


def prove_all(pages: list[Page], labs: list[Lab], accept: bool, lanes: int | None) -> VerifyReport:
    """Prove pages and labs in lanes, where there are many and lanes can be had."""
    started = time.monotonic()
    count = choose_lanes(len(pages) + len(labs), lanes)
    proven = _prove_in_lanes(pages, labs, accept, count) if count else None
    if proven is None:
        # they share an engine, also with those of another verify
        with paths.lock("verify", waiting=WAITING):
            proven = prove_in_turn(pages, labs, accept)
    page_results, lab_results = proven
    return VerifyReport(tuple(page_results), tuple(lab_results), time.monotonic() - started)


def _prove_in_lanes(pages: list[Page], labs: list[Lab], accept: bool, count: int) -> Results | None:
    try:
        return prove_in_lanes(pages, labs, accept, count)
    except CouldNotFindOut as error:
        console.err.print(f"One after the other: {error}", markup=False)
        return None


def choose_lanes(targets: int, wanted: int | None) -> int:
    """Return how many lanes to use; 0 to prove one after the other in this user's engine.

    Args:
        targets: How many there are to prove.
        wanted: How many lanes were asked for; None leaves it to the machine.
    """
    if wanted == 0 or targets == 0 or (wanted is None and targets == 1):
        return 0
    if why := explain_absence():
        console.err.print(f"One after the other: {why}.", markup=False)
        return 0
    return wanted or choose_lane_count()


def write_junit(report: VerifyReport, file: Path) -> None:
    """Write a report as JUnit XML."""
    suites = [*map(build_suite, report.pages), *map(build_lab_suite, report.labs)]
    paths.write_atomically(file, format_suites(suites))


def write_proofs(report: VerifyReport, file: Path) -> None:
    """Write down on what the pages and labs were proven that were."""
    commit, day = describe_commit(), proof_record.today()
    labs = [(f"labs/{each.lab}", digest_lab(paths.labs() / each.lab), each) for each in report.labs]
    pages = [(shorten_path(each.path), digest_page(each.path), each) for each in report.pages]
    every: list[tuple[str, str, PageResult | LabResult]] = [*labs, *pages]
    proofs = {
        name: proof_record.Proof(digest, day, commit, each.versions)
        for name, digest, each in every
        if each.verdict == Verdict.PASSED and each.versions
    }
    proof_record.write_record(file, proofs)


def describe_commit() -> str:
    """Return the commit of the checkout, with a + where files were changed since; else nothing."""
    commit = _run_git("rev-parse", "--short=12", "HEAD", check=False)
    changed = _run_git("status", "--porcelain", "--untracked-files=no", check=False)
    return f"{commit[0]}{'+' if changed else ''}" if commit else ""


def show_report(report: VerifyReport) -> None:
    """Print each verdict with what is wrong, and the verdict of all."""
    for page in report.pages:
        show_page(page, console.out)
    for lab in report.labs:
        console.out.print(f"{lab.verdict:16}labs/{lab.lab}  {lab.seconds:.1f} s", markup=False)
        for problem in lab.problems:
            console.out.print(f"  {problem}", markup=False)
    counts = f"{len(report.pages)} pages, {len(report.labs)} labs, {report.seconds:.0f} s"
    console.out.print(f"{report.verdict}: {counts}", markup=False)


def build_lab_suite(lab: LabResult) -> Suite:
    """Return a lab as a suite, a case a proof."""
    cases = [Case(name, each.verdict, 0.0, each.message) for name, each in lab.proofs.items()]
    return f"labs/{lab.lab}", cases


def collect_versions(report: VerifyReport) -> dict[str, str]:
    """Return what a report holds for; lanes have engines of their own."""
    proven = [each.versions.get("Docker", "") for each in report.pages]
    proven += [each.versions.get("Docker", "") for each in report.labs]
    return {
        "course": __version__,
        "python": platform.python_version(),
        "docker": max(proven, default="") or connection.engine_status().version,
        "kernel": platform.release(),
    }


def find_changed(pages: list[Path], labs: list[str]) -> tuple[list[Path], list[str]]:
    """Keep those that differ from the branch that is followed, or from the last commit."""
    base = _run_git("merge-base", "HEAD", "@{upstream}", check=False) or ["HEAD"]
    names = _run_git("diff", "--name-only", "--relative", base[0])
    names += _run_git("ls-files", "--others", "--exclude-standard")
    files = [(paths.root() / name).resolve() for name in names]
    folders = {lab: (paths.labs() / lab).resolve() for lab in labs}
    return (
        [page for page in pages if page.resolve() in files],
        [lab for lab in labs if any(file.is_relative_to(folders[lab]) for file in files)],
    )


def _run_git(*words: str, check: bool = True) -> list[str]:
    done = process.run(["git", *words], timeout=GIT_SECONDS, cwd=paths.root(), check=check)
    return done.output.splitlines() if done.status == 0 else []


def lint_targets(targets: list[str]) -> int:
    """Find what breaks the rules in pages and labs, without running them.

    Args:
        targets: As in `course.targets`; all if empty.

    Returns:
        0 if there is nothing, 1 otherwise.
    """
    from checker.labs.lint import lint_lab

    pages, labs = course.find_targets(targets)
    findings = [str(each) for page in pages for each in lint_page(page)]
    findings += [str(each) for lab in labs for each in lint_lab(lab)]
    for finding in findings:
        console.out.print(finding, markup=False)
    counts = []
    for page in pages:
        # A page that cannot be parsed is among the findings already.
        with contextlib.suppress(CourseError):
            counts.append(count_assertions(parse_page(page)))
    commands = sum(each.commands for each in counts)
    asserting = sum(each.asserting for each in counts)
    console.out.print(
        f"{len(pages)} pages, {len(labs)} labs, {len(findings)} findings;"
        f" {asserting} of {commands} commands assert their output"
    )
    return 1 if findings else 0
