"""Which images the course uses, and which of them a text names."""

from __future__ import annotations

import difflib
import functools
import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.errors import CourseError

HERE = Path(__file__).parent
FILE = HERE / "catalogue.toml"
HUB = re.compile(r"^(docker\.io/)?(library/)?")
"""What the docker client puts before the name of an official image: distribution/reference."""


@dataclass(frozen=True)
class Image:
    """One image of the course.

    Args:
        reference: The name that pages and labs use, with its tag.
        recipe: Folder of recipes/ that makes it.
        megabytes: What it takes on disk, bases not counted.
        also: Further tags of the same image.
        bases: References of the images that its recipe starts from.
        prepared_by: Module of this package that has a hand in making it.
        needed_by: Tracks that use it.
    """

    reference: str
    recipe: str
    megabytes: int
    also: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    prepared_by: str = ""
    needed_by: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every tag that must be there."""
        return (self.reference, *self.also)

    @property
    def folder(self) -> Path:
        """Where its recipe is."""
        return HERE / "recipes" / self.recipe


def load() -> list[Image]:
    """Every image of the course; bases come before what is made of them.

    Raises:
        CourseError: catalogue.toml is malformed.
    """
    return list(_read(FILE))


@functools.cache
def _read(file: Path) -> tuple[Image, ...]:
    try:
        entries = tomllib.loads(file.read_text())["image"]
        return tuple(_image(entry) for entry in entries)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise CourseError(f"{file.name} cannot be read: {error}.") from error


def _image(entry: dict[str, object]) -> Image:
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Image(**values)  # type: ignore[arg-type]


def find(reference: str) -> Image:
    """The image that a reference names; a name without a tag means `latest`, as for docker.

    Raises:
        CourseError: The course has no such image; the message names the nearest.
    """
    name = HUB.sub("", reference)
    wanted = name if ":" in name else f"{name}:latest"
    by_name = {each: image for image in load() for each in image.names}
    if wanted in by_name:
        return by_name[wanted]
    near = difflib.get_close_matches(wanted, by_name, n=3, cutoff=0.4) or by_name
    raise CourseError(
        f"The course has no image {reference!r}.", next_step=f"Did you mean: {', '.join(near)}?"
    )


def mentioned_in(text: str) -> list[Image]:
    """The images of the course that a page, a lab or a Dockerfile names.

    `busybox:latest` and `hello-world:latest` count without their tag too.
    """
    return [image for image in load() if any(_names(each, text) for each in image.names)]


def _names(reference: str, text: str) -> bool:
    name, _, tag = reference.partition(":")
    with_tag = f"(:{re.escape(tag)})" + ("?" if tag == "latest" else "")
    whole = rf"(?<![\w./-]){re.escape(name)}{with_tag}(?![\w:/-]|\.\w)"
    return re.search(whole, text) is not None


def with_bases(images: Iterable[Image]) -> list[Image]:
    """These images and all that they are made of, in the order of the catalogue."""
    wanted: set[str] = set()
    waiting = list(images)
    while waiting:
        image = waiting.pop()
        wanted.add(image.reference)
        waiting += [find(base) for base in image.bases]
    return [image for image in load() if image.reference in wanted]


def key(image: Image) -> str:
    """The content of a recipe and of all below it, as one short hash.

    An image that carries it as its label is what the recipe makes today.
    """
    digest = hashlib.sha256()
    for path in _sources(image):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(HERE)} {content}\n".encode())
    for base in image.bases:
        digest.update(f"{key(find(base))}\n".encode())
    return digest.hexdigest()[:16]


def _sources(image: Image) -> list[Path]:
    code = [HERE / f"{image.prepared_by}.py"] if image.prepared_by else []
    return code + sorted(path for path in image.folder.rglob("*") if path.is_file())
