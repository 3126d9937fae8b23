"""Makes images available: there already, from the kit, from a registry, or from a recipe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine
from checker.images import builder, catalogue, registry, store
from checker.images.catalogue import Image

if TYPE_CHECKING:
    from docker import DockerClient

PROBED = "debian:trixie-slim"


def ensure(references: Iterable[str]) -> None:
    """Make images available, each by the first way that works.

    An image that is there is used, whoever made it; one that an earlier version of its recipe
    made is replaced. Safe to call from two processes at once, and again after a kill.

    Raises:
        CourseError: A reference is not in the catalogue.
        CouldNotFindOut: No engine, or an image can be had in no way.
    """
    wanted = [catalogue.find(reference) for reference in references]
    with contextlib.closing(docker_engine.client()) as client:
        if not _missing(client, wanted):
            return
        with _alone():
            for image in _missing(client, wanted):
                _obtain(client, image)


def pull(references: list[str]) -> None:
    """Pull the named images, or all.

    Raises:
        CouldNotFindOut: A registry is out of reach or refused; names what was not pulled.
    """
    with _alone(), contextlib.closing(docker_engine.client()) as client:
        images = _chosen(references)
        failed = [image.reference for image in images if not registry.pull(client, image)]
    if failed:
        raise CouldNotFindOut(
            f"Not pulled: {', '.join(failed)}.",
            next_step="Build them from recipes instead: ./course images build",
        )


def build(references: list[str]) -> None:
    """Build the named images, or all, from their recipes, where that was not done before."""
    with _alone(), contextlib.closing(docker_engine.client()) as client:
        for image in catalogue.with_bases(_chosen(references)):
            if store.look(client, image).source != "rebuilt":
                builder.build(image)
    console.out.print("All built.")


def _chosen(references: list[str]) -> list[Image]:
    return [catalogue.find(name) for name in references] or list(catalogue.load())


def _missing(client: DockerClient, images: list[Image]) -> list[Image]:
    """The images to get; on the way, an alias that somebody removed is set again."""
    missing = []
    for image in dict.fromkeys(images):
        held = store.look(client, image)
        if held.source in ("missing", "outdated"):
            missing.append(image)
        else:
            store.name_again(client, held)
    return missing


def _obtain(client: DockerClient, image: Image) -> None:
    outdated = store.look(client, image).source == "outdated"
    if not outdated and registry.is_in_reach(PROBED) and registry.pull(client, image):
        return
    for base in _missing(client, catalogue.with_bases([image])[:-1]):
        _obtain(client, base)
    builder.build(image)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time gets images; the next finds them there."""

    def waiting() -> None:
        console.err.print("Waiting: another process is getting images.")

    with paths.lock("images", waiting):
        yield
