"""The record of proofs: on what each page and lab was proven, in one file that the site shows."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

from checker.base import paths
from checker.base.errors import CourseError
from checker.checks.core.failure import join_names

REASONS = "mutants.yaml"
"""In a lab's folder: the mutants that are right too, each with the reason. No proof reads it."""

SHOWN = ("Docker", "Kubernetes", "ECS emulator")
"""The versions that a page names; the record has more."""


@dataclass(frozen=True)
class Proof:
    """That a page or lab was proven.

    Args:
        digest: Of its sources; one that was changed since is not proven as it is now.
        date: The day, as ISO 8601 has it.
        commit: The commit of the checkout; with a + where files had been changed since.
        versions: Versions of what it was proven on, by the names that people read.
    """

    digest: str
    date: str
    commit: str
    versions: dict[str, str] = field(default_factory=dict)


def record_file() -> Path:
    """Return the record that the site shows: part of the checkout, and of the site."""
    return paths.docs() / "reference" / "proofs.json"


def read_record(file: Path) -> dict[str, Proof]:
    """Return the proofs of pages (docs/...) and labs (labs/TRACK/SLUG); none without a file.

    Raises:
        CourseError: It is no such record.
    """
    try:
        read = json.loads(file.read_text())
        return {name: Proof(**each) for name, each in read["proofs"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(
            f"{file} is no record of proofs.",
            found=str(error),
            next_step="Name another file, or remove it.",
        ) from error


def write_record(file: Path, proofs: dict[str, Proof]) -> None:
    """Write the record, the older proofs of other pages and labs kept."""
    every = {**read_record(file), **proofs}
    content = {"schema": 1, "proofs": {name: asdict(every[name]) for name in sorted(every)}}
    paths.write_atomically(file, json.dumps(content, indent=2) + "\n")


def digest_page(page: Path) -> str:
    """Return the digest of a page's source."""
    return hashlib.sha256(page.read_bytes()).hexdigest()[:16]


def digest_lab(folder: Path) -> str:
    """Return the digest of all files of a lab but those that no proof reads."""
    digest = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        if "__pycache__" not in file.parts and file != folder / REASONS:
            digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def describe_proof(proof: Proof | None, digest: str) -> str:
    """Return in words on what a page or lab was proven, or that it is not as it is now."""
    if proof is None:
        return "Not proven yet."
    if proof.digest != digest:
        return f"Changed since it was proven on {proof.date}."
    shown = [f"{name} {proof.versions[name]}" for name in SHOWN if proof.versions.get(name)]
    return f"Proven on {join_names(shown)}, {proof.date}." if shown else f"Proven, {proof.date}."


def today() -> str:
    """Return the day, as ISO 8601 has it."""
    return date.today().isoformat()
