"""Task definitions to convert, with their services, and what must come of them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.convert import read
from checker.convert.convert import Conversion, convert_task

FOLDER = Path(__file__).parent / "definitions"
NAMES = sorted(
    path.stem for path in FOLDER.glob("*.json") if not path.name.endswith(".service.json")
)


@dataclass(frozen=True)
class Sample:
    """What a converter's user has: one file, or two."""

    file: Path
    service: Path | None


def sample(name: str) -> Sample:
    service = FOLDER / f"{name}.service.json"
    return Sample(FOLDER / f"{name}.json", service if service.exists() else None)


@functools.cache
def inputs(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A task definition and its service, as read."""
    files = sample(name)
    service = read.read_service(files.service) if files.service else {}
    return read.read_task_definition(files.file), service


@functools.cache
def converted(name: str) -> Conversion:
    return convert_task(*inputs(name))


def at(name: str, address: str) -> Any:
    """A value of a manifest: `Deployment spec.replicas`; None where there is none.

    A number chooses from a list, and so does the name of one of its entries.
    """
    kind, _, path = address.partition(" ")
    found: Any = next((each for each in converted(name).manifests if each["kind"] == kind), None)
    for step in path.replace("POD", "spec.template.spec").split("."):
        if isinstance(found, list):
            found = next(
                (e for n, e in enumerate(found) if str(n) == step or _name(e) == step), None
            )
        else:
            found = (found or {}).get(step.replace("~", "."))
    return found


def _name(entry: Any) -> Any:
    return entry.get("name") or entry.get("mountPath") if isinstance(entry, dict) else entry


def warned(name: str) -> dict[str, str]:
    """Warnings by their paths; several of one path in one text."""
    found: dict[str, str] = {}
    for warning in converted(name).warnings:
        found[warning.path] = f"{found.get(warning.path, '')}{warning.text} "
    return found
