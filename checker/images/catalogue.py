"""The images that the course may use, each named once in catalogue.toml."""

from __future__ import annotations

import functools
import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CourseError

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Image:
    """An image: upstream's name, and the recipe that rebuilds it without a registry.

    `aliases` are further names of the same image; `base` is the one its recipe starts from;
    `published` is what a registry calls it, where that differs.
    """

    reference: str
    recipe: Path
    why: str
    aliases: tuple[str, ...] = ()
    base: str | None = None
    published: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.reference, *self.aliases)


@functools.cache
def load_catalogue() -> tuple[Image, ...]:
    """Return every image, bases before what is built on them."""
    entries = tomllib.loads((HERE / "catalogue.toml").read_text())["image"]
    return tuple(
        Image(
            entry["reference"],
            HERE / "recipes" / entry["recipe"],
            entry["why"],
            tuple(entry.get("aliases", ())),
            entry.get("base"),
            entry.get("published", ""),
        )
        for entry in entries
    )


def find_image(reference: str) -> Image:
    """Return the image of that name; one without a tag means `:latest`, as it does to Docker.

    Raises:
        CourseError: The course has no such image; the message lists those it has.
    """
    for image in load_catalogue():
        if reference in image.names or f"{reference}:latest" in image.names:
            return image
    known = ", ".join(image.reference for image in load_catalogue())
    raise CourseError(f"The course has no image {reference!r}.", next_step=f"It has: {known}.")


def find_mentioned(text: str) -> list[Image]:
    """Find the images that a page, a lab or a Dockerfile names, in the catalogue's order."""
    return [
        image for image in load_catalogue() if any(is_mentioned(name, text) for name in image.names)
    ]


def add_bases(images: list[Image]) -> list[Image]:
    """Add all that the recipes of images start from; bases come first."""
    wanted = {image.reference for image in images}
    for image in reversed(load_catalogue()):
        if image.reference in wanted and image.base:
            wanted.add(image.base)
    return [image for image in load_catalogue() if image.reference in wanted]


def fingerprint_recipe(image: Image) -> str:
    """Return a hash of the recipe's files and of its base's: the same hash, the same image."""
    digest = hashlib.sha256()
    if image.base:
        digest.update(fingerprint_recipe(find_image(image.base)).encode())
    for file in sorted(each for each in image.recipe.rglob("*") if each.is_file()):
        digest.update(f"{file.relative_to(image.recipe)} {file.stat().st_mode & 0o100}\0".encode())
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def is_mentioned(name: str, text: str) -> bool:
    """Tell whether a text has a name of an image that is no part of a longer one."""
    short = name.removesuffix(":latest")
    tag = "(:latest)?" if short != name else ""
    return re.search(rf"(?<![\w./-]){re.escape(short)}{tag}(?![\w:@-])", text) is not None
