"""What `./course down` removes: all that the course made, and with `purge` its caches."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.docker import apt, daemon, docker_engine, endpoint
from checker.docker.privilege import run_as_root
from checker.images import catalogue, store
from checker.judging import client
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.swarm import swarm_mode
from checker.sandbox import background_recorder, recorder

if TYPE_CHECKING:
    from docker import DockerClient

OURS: dict[str, str | list[str] | bool] = {"label": recorder.OWNER}


def clean_up(purge: bool) -> None:
    """Remove what the course made, and stop what it started; the learner's progress stays.

    Args:
        purge: Remove caches as well: engine, images, the built site.

    Raises:
        CouldNotFindOut: Something could not be removed; the message says what.
    """
    client.stop()
    background_recorder.stop()
    refused = []
    local_ecs.stop()
    if endpoint.find().state == "running":
        kind_cluster.stop()
        swarm_mode.stop()
        refused = _empty_engine(purge)
    docker_engine.stop()
    if purge:
        _purge()
    if refused:
        raise CouldNotFindOut("The engine refused to remove this.", found="\n".join(refused))
    console.out.print("What the course made is removed.")


def _empty_engine(images: bool) -> list[str]:
    """Journals first, then labels, which also find what no journal knows of."""
    from docker.errors import DockerException

    with console.step("Removing what the course made"):
        refused = recorder.remove_everything()
        try:
            with contextlib.closing(docker_engine.client()) as client:
                refused += _remove_labelled(client, images)
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
    return refused


def _remove_labelled(client: DockerClient, images: bool) -> list[str]:
    removals: list[tuple[str, Callable[[], Any]]] = []
    for container in client.containers.list(all=True, filters=OURS):
        removals.append((str(container.name), partial(container.remove, v=True, force=True)))
    for network in client.networks.list(filters=OURS):
        removals.append((str(network.name), network.remove))
    for volume in client.volumes.list(filters=OURS):
        removals.append((str(volume.name), volume.remove))
    for name in _rebuilt(client) if images else []:
        removals.append((name, partial(client.images.remove, name)))
    return [line for name, remove in removals for line in _try(name, remove)]


def _rebuilt(client: DockerClient) -> list[str]:
    """Names of images that the course built; pulled ones may be the learner's as well."""
    held = [store.look(client, image) for image in catalogue.load()]
    made = [each.image for each in held if each.source in ("rebuilt", "outdated")]
    return [name for image in reversed(made) for name in image.names]


def _try(name: str, remove: Callable[[], Any]) -> list[str]:
    from docker.errors import APIError, NotFound

    try:
        remove()
    except NotFound:
        pass
    except APIError as error:
        return [f"{name}: {error.explanation or error}"]
    return []


def _purge() -> None:
    """Remove caches, sockets and locks; as root only where the engine's own data is there."""
    cache, run = paths.cache().resolve(), endpoint.own_folder()
    _refuse_if_not_only_cache(cache)
    with console.step(f"Removing {cache}"):
        _unmount_below([daemon.data_root(), run])
        as_root = [path for path in (daemon.data_root(), run) if path.exists()]
        if as_root:
            run_as_root(["rm", "-rf", "--one-file-system", *as_root], timeout=600)
        for path in cache.iterdir():
            _remove(path)
        with contextlib.suppress(OSError):
            cache.rmdir()
        _remove(paths.runtime())
    console.out.print(f"Your progress stays in {paths.state()}.")
    if packages := apt.installed():
        names = " ".join(packages)
        console.out.print(f"These packages stay; to remove them: sudo apt-get purge {names}")


def _refuse_if_not_only_cache(cache: Path) -> None:
    """COURSE_CACHE may name any folder; one that holds more than caches is not ours to empty."""
    for other in (Path.home(), paths.root(), paths.state(), paths.work()):
        if other.resolve().is_relative_to(cache):
            raise CourseError(
                f"{cache} is not removed, because {other} is in it.",
                next_step="Set COURSE_CACHE to a folder that is for caches alone.",
            )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _unmount_below(folders: Iterable[Path]) -> None:
    """What a killed engine left mounted."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    with contextlib.suppress(OSError):
        lines = Path("/proc/mounts").read_text().splitlines()
        for target in [line.split()[1] for line in lines if line.split()[1].startswith(prefixes)]:
            run_as_root(["umount", "--lazy", target], timeout=30)
