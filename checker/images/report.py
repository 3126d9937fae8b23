"""`./course images`: what is needed, where each image came from, who uses it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from rich.table import Table

from checker.base import console, course, paths
from checker.docker import docker_engine
from checker.images import catalogue, store
from checker.images.catalogue import Image
from checker.images.store import Held

WORDS = {
    "missing": "not there yet",
    "rebuilt": "rebuilt from its recipe",
    "outdated": "built by an earlier recipe",
    "pulled": "pulled from a registry",
    "loaded": "from a file, or built by you",
}
LAB = "lab "
"""Begins the name of a lab among the users of an image."""

LONGEST_NAME = 25
"""Of an image in the table, which then fits a terminal of 80 columns."""

SUFFIXES = {"", ".md", ".py", ".sh", ".yaml", ".yml", ".Dockerfile"}


def show(as_json: bool) -> None:
    """Print every image of the catalogue; a rebuilt one is called so.

    Raises:
        CouldNotFindOut: No engine answers.
    """
    with contextlib.closing(docker_engine.client()) as client:
        held = [store.look(client, image) for image in catalogue.load()]
    users = {image: _users(image) for image in catalogue.load()}
    if as_json:
        print(json.dumps({"schema": 1, "images": [_facts(each, users) for each in held]}))
    else:
        console.out.print(_table(held, users))


def _facts(held: Held, users: dict[Image, list[str]]) -> dict[str, object]:
    return {
        "reference": held.image.reference,
        "aliases": list(held.image.aliases),
        "source": held.source,
        "size": held.size,
        "used_by": users[held.image],
    }


def _table(held: list[Held], users: dict[Image, list[str]]) -> Table:
    table = Table("image", "source", "MB", "used by", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for column in table.columns:
        column.no_wrap = True
    for each in held:
        size = f"{each.size / 1e6:.0f}" if each.size else ""
        needed = _counted(users[each.image])
        table.add_row(_short(each.image.reference), WORDS[each.source], size, needed)
    return table


def _short(reference: str) -> str:
    return reference if len(reference) <= LONGEST_NAME else f".../{reference.rpartition('/')[2]}"


def _counted(users: list[str]) -> str:
    labs = sum(user.startswith(LAB) for user in users)
    counts = {"page": len(users) - labs, "lab": labs}
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts.items() if n)


def _users(image: Image) -> list[str]:
    """The pages and labs that name an image."""
    pages = [
        str(page.relative_to(paths.docs()).with_suffix(""))
        for page in course.pages()
        if _names(page, image)
    ]
    return pages + [LAB + name for name in course.labs() if _lab_names(name, image)]


def _lab_names(name: str, image: Image) -> bool:
    files = (paths.labs() / name).rglob("*")
    return any(_names(file, image) for file in files if file.is_file() and file.suffix in SUFFIXES)


def _names(file: Path, image: Image) -> bool:
    return image in catalogue.mentioned_in(file.read_text(errors="replace"))
