"""Makes images available: there already, from the kit, from a registry, or from a recipe."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import connection
from checker.images import builder, catalogue, registry, store
from checker.images.catalogue import Image

if TYPE_CHECKING:
    from docker import DockerClient

PROBED = "debian:trixie-slim"
WAITING = "Waiting: another process is getting images."
"""One process at a time gets images; the next finds them there."""


def ensure_images(references: Iterable[str]) -> None:
    """Make images available, each by the first way that works.

    An image that is there is used, whoever made it; one that an earlier version of its recipe
    made is replaced. Safe to call from two processes at once, and again after a kill.

    Raises:
        CourseError: A reference is not in the catalogue.
        CouldNotFindOut: No engine, or an image can be had in no way.
    """
    wanted = [catalogue.find_image(reference) for reference in references]
    with contextlib.closing(connection.open_client()) as client:
        if not find_missing(client, wanted):
            return
        with paths.lock("images", WAITING):
            # what the other process got meanwhile is not missing any more
            for image in find_missing(client, wanted):
                obtain_image(client, image)


def pull_images(references: list[str]) -> None:
    """Pull the named images, or all.

    Raises:
        CouldNotFindOut: A registry is out of reach or refused; names what was not pulled.
    """
    with paths.lock("images", WAITING), contextlib.closing(connection.open_client()) as client:
        images = choose_images(references)
        failed = [image.reference for image in images if not registry.pull_image(client, image)]
    if failed:
        step = "Build them from recipes instead: ./course images build"
        raise CouldNotFindOut(f"Not pulled: {', '.join(failed)}.", next_step=step)


def build_images(references: list[str]) -> None:
    """Build the named images, or all, from their recipes, where that was not done before."""
    with paths.lock("images", WAITING), contextlib.closing(connection.open_client()) as client:
        for image in catalogue.add_bases(choose_images(references)):
            if store.inspect_image(client, image).source != "rebuilt":
                builder.build_image(image)
    console.out.print("All built.")


def choose_images(references: list[str]) -> list[Image]:
    """Return the named images of the catalogue, or all of them."""
    return [catalogue.find_image(name) for name in references] or list(catalogue.load_catalogue())


def find_missing(client: DockerClient, images: list[Image]) -> list[Image]:
    """Return the images to get; on the way, an alias that somebody removed is set again."""
    missing = []
    for image in dict.fromkeys(images):
        state = store.inspect_image(client, image)
        if state.source in ("missing", "outdated"):
            missing.append(image)
        else:
            store.restore_aliases(client, state)
    return missing


def obtain_image(client: DockerClient, image: Image) -> None:
    """Get an image from a registry if one is in reach, else build it and what it starts from."""
    outdated = store.inspect_image(client, image).source == "outdated"
    if not outdated and registry.is_in_reach(PROBED) and registry.pull_image(client, image):
        return
    for base in find_missing(client, catalogue.add_bases([image])[:-1]):
        obtain_image(client, base)
    builder.build_image(image)
