"""`./course verify` and `./course lint`: pages and labs together."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker import __version__, console, course, paths
from checker.pages import report
from checker.pages.fences import parse
from checker.pages.results import PageResult, shown, worst
from checker.pages.verify import verify_page

if TYPE_CHECKING:
    from checker.labs.prove import LabResult

EXIT = {"passed": 0, "failed": 1, "could-not-check": 3}


@dataclass
class Proof:
    """Everything that one run proved or refuted."""

    pages: list[PageResult] = field(default_factory=list)
    labs: list[LabResult] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def verdict(self) -> str:
        return worst(each.verdict for each in (*self.pages, *self.labs))

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
    for page in pages:
        parse(page)
    with paths.lock("verify", waiting=_say_waiting):
        proof = _prove(pages, labs, accept)
    if as_json:
        print(json.dumps(proof.as_json(), indent=2))
    else:
        _show(proof)
    return EXIT[proof.verdict]


def _say_waiting() -> None:
    console.err.print("Another verify is under way; this one begins when it has ended.")


def _prove(pages: Iterable[Path], labs: Iterable[str], accept: bool) -> Proof:
    proof = Proof()
    started = time.monotonic()
    for page in pages:
        with console.step(f"Proving {shown(page)}"):
            proof.pages.append(verify_page(page, accept))
    for lab in labs:
        from checker.labs.prove import prove

        with console.step(f"Proving lab {lab}"):
            proof.labs.append(prove(lab))
    proof.seconds = time.monotonic() - started
    return proof


def _show(proof: Proof) -> None:
    for page in proof.pages:
        report.show(page, console.out)
    for lab in proof.labs:
        console.out.print(f"{lab.verdict:16}labs/{lab.lab}")
        for problem in lab.problems:
            console.out.print(f"  {problem}", markup=False)


def versions() -> dict[str, str]:
    """What the proof holds for."""
    from checker.engines import docker

    engine = docker.status()
    return {
        "course": __version__,
        "python": platform.python_version(),
        "docker": engine.version,
        "kernel": platform.release(),
    }
