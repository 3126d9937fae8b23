"""`./course verify` and `./course lint`: pages and labs together."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker import __version__
from checker.base import console, course, paths, process
from checker.base.errors import CouldNotFindOut, CourseError
from checker.docker import docker_engine
from checker.labs.lab import load
from checker.labs.prove import LabResult, Outcome, prove
from checker.pages.lint import Count, count
from checker.pages.lint import lint as lint_page
from checker.pages.parsing.fences import parse
from checker.pages.reporting import junit, report
from checker.pages.reporting.results import PageResult, shown, worst
from checker.pages.verify import verify_page

EXIT = {"passed": 0, "failed": 1, "could-not-check": 3}
GIT_SECONDS = 30.0


@dataclass
class Proof:
    """Everything that one run proved or refuted."""

    pages: list[PageResult] = field(default_factory=list)
    labs: list[LabResult] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        verdicts = [page.verdict for page in self.pages] + [lab.verdict for lab in self.labs]
        return worst(verdicts)

    def as_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return {
            "schema": 1,
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "pages": [page.as_json() for page in self.pages],
            "labs": [lab.as_json() for lab in self.labs],
            "versions": versions(),
        }


def verify(
    targets: list[str], *, accept: bool, changed: bool, junit: Path | None, as_json: bool
) -> int:
    """Prove pages and labs, one after the other, since they share an engine.

    Args:
        targets: As in `course.targets`; all if empty.
        accept: Write found output into the pages.
        changed: Only those that git says have changed.
        junit: Where to write JUnit XML.
        as_json: Print one object and nothing else.

    Returns:
        0 if everything is proven, 1 if something is wrong, 3 if something could not be found out.
    """
    pages, labs = course.targets(targets)
    if changed:
        pages, labs = _changed(pages, labs)
    _refuse_malformed(pages, labs)
    with paths.lock("verify", waiting=_say_waiting):
        proof = _prove(pages, labs, accept)
    if junit:
        paths.write_atomically(junit, _junit(proof))
    if as_json:
        print(json.dumps(proof.as_json(), indent=2))
    else:
        _show(proof)
    return EXIT[proof.verdict]


def _refuse_malformed(pages: list[Path], labs: list[str]) -> None:
    """Before anything is run, since a run may take minutes."""
    errors = [*_errors(parse, pages), *_errors(load, labs)]
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise CourseError("\n".join(map(str, errors)))


def _errors(read: Any, names: Iterable[Any]) -> Iterator[CourseError]:
    for name in names:
        try:
            read(name)
        except CourseError as error:
            yield error


def _say_waiting() -> None:
    console.err.print("Another verify is under way; this one begins when it has ended.")


def _prove(pages: list[Path], labs: list[str], accept: bool) -> Proof:
    proof = Proof()
    started = time.monotonic()
    total = len(pages) + len(labs)
    for number, page in enumerate(pages, 1):
        with console.step(f"({number}/{total}) {shown(page)}") as step:
            proof.pages.append(_page(page, accept, step.update))
    for number, lab in enumerate(labs, len(pages) + 1):
        with console.step(f"({number}/{total}) labs/{lab}"):
            proof.labs.append(_lab(lab))
    proof.seconds = time.monotonic() - started
    return proof


def _page(path: Path, accept: bool, progress: Callable[[str], None]) -> PageResult:
    try:
        return verify_page(path, accept, progress)
    except CouldNotFindOut as error:
        return PageResult(path, (), 0.0, trouble=str(error))


def _lab(lab: str) -> LabResult:
    try:
        return prove(lab)
    except CouldNotFindOut as error:
        return LabResult(lab, starter=Outcome("could-not-check", str(error)))


def _show(proof: Proof) -> None:
    for page in proof.pages:
        report.show(page, console.out)
    for lab in proof.labs:
        console.out.print(f"{lab.verdict:16}labs/{lab.lab}  {lab.seconds:.1f} s", markup=False)
        for problem in lab.problems:
            console.out.print(f"  {problem}", markup=False)
    counts = f"{len(proof.pages)} pages, {len(proof.labs)} labs, {proof.seconds:.0f} s"
    console.out.print(f"{proof.verdict}: {counts}", markup=False)


def _junit(proof: Proof) -> str:
    return junit.xml([*map(junit.page_suite, proof.pages), *map(_lab_suite, proof.labs)])


def _lab_suite(lab: LabResult) -> junit.Suite:
    every = {"untouched": lab.starter, "solution": lab.solution, **lab.wrong}
    return f"labs/{lab.lab}", [
        junit.Case(name, each.verdict, message=each.message) for name, each in every.items()
    ]


def versions() -> dict[str, str]:
    """What the proof holds for."""
    return {
        "course": __version__,
        "python": platform.python_version(),
        "docker": docker_engine.status().version,
        "kernel": platform.release(),
    }


def _changed(pages: list[Path], labs: list[str]) -> tuple[list[Path], list[str]]:
    """Those that differ from the branch that is followed, or from the last commit."""
    files = [(paths.root() / name).resolve() for name in _changed_files()]
    folders = {lab: (paths.labs() / lab).resolve() for lab in labs}
    return (
        [page for page in pages if page.resolve() in files],
        [lab for lab in labs if any(file.is_relative_to(folders[lab]) for file in files)],
    )


def _changed_files() -> list[str]:
    base = _git("merge-base", "HEAD", "@{upstream}", check=False) or ["HEAD"]
    differing = _git("diff", "--name-only", "--relative", base[0])
    return differing + _git("ls-files", "--others", "--exclude-standard")


def _git(*words: str, check: bool = True) -> list[str]:
    done = process.run(["git", *words], timeout=GIT_SECONDS, cwd=paths.root(), check=check)
    return done.output.splitlines() if done.status == 0 else []


def lint(targets: list[str]) -> int:
    """Find what breaks the rules in pages and labs, without running them.

    Args:
        targets: As in `course.targets`; all if empty.

    Returns:
        0 if there is nothing, 1 otherwise.
    """
    from checker.labs.lint import lint as lint_lab

    pages, labs = course.targets(targets)
    findings = [str(each) for page in pages for each in lint_page(page)]
    findings += [str(each) for lab in labs for each in lint_lab(lab)]
    for finding in findings:
        console.out.print(finding, markup=False)
    totals = _counts(pages)
    console.out.print(
        f"{len(pages)} pages, {len(labs)} labs, {len(findings)} findings;"
        f" {totals.asserting} of {totals.commands} commands assert their output"
    )
    return 1 if findings else 0


def _counts(pages: list[Path]) -> Count:
    counts = []
    for page in pages:
        try:
            counts.append(count(parse(page)))
        except CourseError:
            continue
    return Count(sum(each.commands for each in counts), sum(each.asserting for each in counts))
