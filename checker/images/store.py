"""The images that the engine holds, and where each came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from checker.images import catalogue
from checker.images.catalogue import Image

if TYPE_CHECKING:
    from docker import DockerClient

RECIPE_LABEL = "course.recipe"

Source = Literal["missing", "rebuilt", "outdated", "pulled", "loaded"]


@dataclass(frozen=True)
class ImageState:
    """An image as the engine holds it: where it came from, and its size in bytes."""

    image: Image
    source: Source
    size: int = 0
    id: str = ""


def inspect_image(client: DockerClient, image: Image) -> ImageState:
    """Return what the engine holds under the image's name.

    `rebuilt` was made by the recipe as it is now, `outdated` by an earlier one; `pulled` came from
    a registry, `loaded` from an archive or a build of somebody's own.
    """
    from docker.errors import ImageNotFound

    try:
        attrs = client.images.get(image.reference).attrs
    except ImageNotFound:
        return ImageState(image, "missing")
    labels = attrs["Config"].get("Labels") or {}
    source: Source = "pulled" if attrs.get("RepoDigests") else "loaded"
    if RECIPE_LABEL in labels:
        current = labels[RECIPE_LABEL] == catalogue.fingerprint_recipe(image)
        source = "rebuilt" if current else "outdated"
    return ImageState(image, source, attrs["Size"], attrs["Id"])


def restore_aliases(client: DockerClient, state: ImageState) -> None:
    """Give an image the aliases that it lost, or that another image has."""
    for alias in state.image.aliases:
        repository, _, tag = alias.rpartition(":")
        client.api.tag(state.id, repository, tag)
