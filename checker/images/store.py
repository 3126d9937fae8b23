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
class Held:
    """An image as the engine holds it: where it came from, and its size in bytes."""

    image: Image
    source: Source
    size: int = 0
    id: str = ""


def look(client: DockerClient, image: Image) -> Held:
    """What the engine holds under the image's name.

    `rebuilt` was made by the recipe as it is now, `outdated` by an earlier one; `pulled` came from
    a registry, `loaded` from an archive or a build of somebody's own.
    """
    from docker.errors import ImageNotFound

    try:
        attrs = client.images.get(image.reference).attrs
    except ImageNotFound:
        return Held(image, "missing")
    labels = attrs["Config"].get("Labels") or {}
    return Held(image, _source(image, labels, attrs), attrs["Size"], attrs["Id"])


def _source(image: Image, labels: dict[str, str], attrs: dict[str, object]) -> Source:
    if RECIPE_LABEL in labels:
        current = labels[RECIPE_LABEL] == catalogue.fingerprint(image)
        return "rebuilt" if current else "outdated"
    return "pulled" if attrs.get("RepoDigests") else "loaded"


def name_again(client: DockerClient, held: Held) -> None:
    """Give an image the aliases that it lost, or that another image bears."""
    for alias in held.image.aliases:
        repository, _, tag = alias.rpartition(":")
        client.api.tag(held.id, repository, tag)
