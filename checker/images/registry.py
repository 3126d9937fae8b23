"""Getting images from a registry, or from the mirror of one."""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING

from checker.base import console, process
from checker.docker import connection
from checker.images.catalogue import Image

if TYPE_CHECKING:
    from docker import DockerClient

PROBE_SECONDS = 4
PULL_SECONDS = 900.0
MIRROR = "COURSE_REGISTRY_MIRROR"


def read_mirror() -> str:
    """Read which mirror this site uses, such as `mirror.example:5000`; empty without one."""
    return os.environ.get(MIRROR, "").removeprefix("https://").strip("/")


def resolve_reference(reference: str) -> str:
    """Return the name under which the registry, or this site's mirror, has an official image."""
    if not read_mirror() or reference.startswith("registry."):
        return reference
    return f"{read_mirror()}/{reference if '/' in reference else f'library/{reference}'}"


@functools.cache
def is_in_reach(reference: str) -> bool:
    """Tell whether the engine can ask the registry for an image: once, within PROBE_SECONDS.

    It asks only for the image's digest, which does not count against a registry's pull limit.
    """
    from docker.errors import DockerException

    try:
        with contextlib.closing(connection.open_client(timeout=PROBE_SECONDS)) as client:
            client.images.get_registry_data(resolve_reference(reference))
    except (DockerException, OSError):
        return False
    return True


def pull_image(client: DockerClient, image: Image) -> bool:
    """Pull an image and give it its names; False if the registry would not or could not.

    A registry that answers but fails (a pull limit, say) is no reason to stop: the recipe is next.
    """
    source = resolve_reference(image.published or image.reference)
    try:
        with console.step(f"Pulling {source}") as step:
            connection.run_docker("pull", source, timeout=PULL_SECONDS, on_line=step.update)
    except process.CommandFailed as error:
        console.err.print(f"{source} could not be pulled: {error.message}", markup=False)
        return False
    for name in image.names:
        repository, _, tag = name.rpartition(":")
        client.api.tag(source, repository, tag)
    return True
