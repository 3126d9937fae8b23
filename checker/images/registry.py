"""Getting images from a registry, or from the mirror of one."""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING

from checker.base import console, process
from checker.base.errors import CourseError
from checker.docker import docker_engine
from checker.images.catalogue import Image

if TYPE_CHECKING:
    from docker import DockerClient

PROBE_SECONDS = 4
PULL_SECONDS = 900.0
MIRROR = "COURSE_REGISTRY_MIRROR"


def mirror() -> str:
    """The mirror that this site uses, such as `mirror.example:5000`; empty without one."""
    return os.environ.get(MIRROR, "").removeprefix("https://").strip("/")


def upstream(reference: str) -> str:
    """The name under which the registry, or this site's mirror, has an official image."""
    if not mirror() or reference.startswith("registry."):
        return reference
    return f"{mirror()}/{reference if '/' in reference else f'library/{reference}'}"


@functools.cache
def is_in_reach(reference: str) -> bool:
    """Whether the engine can ask the registry for an image; found out once, in PROBE_SECONDS.

    It asks only for the image's digest, which does not count against a registry's pull limit.
    """
    from docker.errors import DockerException

    try:
        with contextlib.closing(docker_engine.client(timeout=PROBE_SECONDS)) as client:
            client.images.get_registry_data(upstream(reference))
    except (DockerException, OSError):
        return False
    return True


def pull(client: DockerClient, image: Image) -> bool:
    """Pull an image and give it its names; False if the registry would not or could not.

    A registry that answers but fails (a pull limit, say) is no reason to stop: the recipe is next.
    """
    source = upstream(image.published or image.reference)
    try:
        with console.step(f"Pulling {source}") as step:
            command = ["docker", "pull", source]
            process.run(
                command, timeout=PULL_SECONDS, env=docker_engine.environment(), on_line=step.update
            )
    except process.CommandFailed as error:
        _say_why(source, error)
        return False
    for name in image.names:
        repository, _, tag = name.rpartition(":")
        client.api.tag(source, repository, tag)
    return True


def _say_why(source: str, error: CourseError) -> None:
    console.err.print(f"{source} could not be pulled: {error.message}", markup=False)
