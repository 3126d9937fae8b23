"""`./course images`: what is needed, where each image came from, who uses it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from rich.table import Table

from checker.base import console, course, paths
from checker.docker import connection
from checker.images import catalogue, store
from checker.images.catalogue import Image
from checker.images.store import ImageState

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


def show_images(as_json: bool) -> None:
    """Print every image of the catalogue; a rebuilt one is called so.

    Raises:
        CouldNotFindOut: No engine answers.
    """
    with contextlib.closing(connection.open_client()) as client:
        states = [store.inspect_image(client, image) for image in catalogue.load_catalogue()]
    users = {state.image: find_users(state.image) for state in states}
    if not as_json:
        console.out.print(build_table(states, users))
        return
    images = [
        {
            "reference": state.image.reference,
            "aliases": list(state.image.aliases),
            "source": state.source,
            "size": state.size,
            "used_by": users[state.image],
        }
        for state in states
    ]
    print(json.dumps({"schema": 1, "images": images}))


def build_table(states: list[ImageState], users: dict[Image, list[str]]) -> Table:
    """Return the table of all images: source, size, and how many pages and labs use each."""
    table = Table("image", "source", "MB", "used by", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for column in table.columns:
        column.no_wrap = True
    for state in states:
        size = f"{state.size / 1e6:.0f}" if state.size else ""
        count = count_users(users[state.image])
        table.add_row(shorten_reference(state.image.reference), WORDS[state.source], size, count)
    return table


def shorten_reference(reference: str) -> str:
    """Leave out the registry of a name that is too long for the table."""
    return reference if len(reference) <= LONGEST_NAME else f".../{reference.rpartition('/')[2]}"


def count_users(users: list[str]) -> str:
    """Say how many pages and labs there are among the users of an image."""
    labs = sum(user.startswith(LAB) for user in users)
    counts = {"page": len(users) - labs, "lab": labs}
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for word, n in counts.items() if n)


def find_users(image: Image) -> list[str]:
    """Find the pages and labs that name an image."""
    pages = [
        str(page.relative_to(paths.docs()).with_suffix(""))
        for page in course.list_pages()
        if mentions_image(page, image)
    ]
    labs = [LAB + name for name in course.list_labs() if mentions_image(paths.labs() / name, image)]
    return pages + labs


def mentions_image(place: Path, image: Image) -> bool:
    """Tell whether a page, or any text file of a lab's folder, names an image."""
    files = place.rglob("*") if place.is_dir() else [place]
    return any(
        image in catalogue.find_mentioned(file.read_text(errors="replace"))
        for file in files
        if file.is_file() and file.suffix in SUFFIXES
    )
