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
from checker.docker import apt, connection, daemon, docker_engine, endpoint
from checker.docker.labels import OWNER
from checker.docker.privilege import run_as_root
from checker.images import catalogue, store
from checker.judging import client
from checker.orchestrators import registry
from checker.sandbox import background_recorder, session

if TYPE_CHECKING:
    from docker import DockerClient

OURS: dict[str, str | list[str] | bool] = {"label": OWNER}


def clean_up(purge: bool) -> None:
    """Remove what the course made, and stop what it started; the learner's progress stays.

    With `purge`, caches go as well: engine, images, the built site.

    Raises:
        CouldNotFindOut: Something could not be removed; the message says what.
    """
    client.stop_workers()
    background_recorder.stop_recording()
    refused = []
    for each in registry.all_orchestrators():
        each.stop()
    if endpoint.find_engine().state == "running":
        refused = _empty_engine(purge)
    docker_engine.stop_engine()
    if purge:
        purge_caches()
    if refused:
        raise CouldNotFindOut("The engine refused to remove this.", found="\n".join(refused))
    console.out.print("What the course made is removed.")


def _empty_engine(images: bool) -> list[str]:
    from docker.errors import DockerException

    with console.step("Removing what the course made"):
        refused = session.remove_everything()
        try:  # labels after journals, since they also find what no journal knows of
            with contextlib.closing(connection.open_client()) as client:
                refused += remove_labelled(client, images)
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
    return refused


def remove_labelled(client: DockerClient, images: bool) -> list[str]:
    """Remove what carries the course's label, and with `images` those that it built.

    Returns:
        A line for each thing that does not go.
    """
    removals: list[tuple[str, Callable[[], Any]]] = []
    for container in client.containers.list(all=True, filters=OURS):
        removals.append((str(container.name), partial(container.remove, v=True, force=True)))
    for network in client.networks.list(filters=OURS):
        removals.append((str(network.name), network.remove))
    for volume in client.volumes.list(filters=OURS):
        removals.append((str(volume.name), volume.remove))
    if images:
        held = [store.inspect_image(client, image) for image in catalogue.load_catalogue()]
        # pulled ones may be the learner's as well
        built = [each.image for each in held if each.source in ("rebuilt", "outdated")]
        names = [name for image in reversed(built) for name in image.names]
        removals += [(name, partial(client.images.remove, name)) for name in names]
    return [line for name, remove in removals for line in _try_removal(name, remove)]


def _try_removal(name: str, remove: Callable[[], Any]) -> list[str]:
    from docker.errors import APIError, NotFound

    try:
        remove()
    except APIError as error:
        return [] if isinstance(error, NotFound) else [f"{name}: {error.explanation or error}"]
    return []


def purge_caches() -> None:
    """Remove caches, sockets and locks; as root only where the engine's own data is there."""
    cache, run = paths.cache().resolve(), endpoint.daemon_folder()
    # COURSE_CACHE may name any folder; one that holds more than caches is not ours to empty
    for other in (Path.home(), paths.root(), paths.state(), paths.work()):
        if other.resolve().is_relative_to(cache):
            raise CourseError(
                f"{cache} is not removed, because {other} is in it.",
                next_step="Set COURSE_CACHE to a folder that is for caches alone.",
            )
    with console.step(f"Removing {cache}"):
        unmount_below([daemon.data_root(), run])
        as_root = [path for path in (daemon.data_root(), run) if path.exists()]
        if as_root:
            run_as_root(["rm", "-rf", "--one-file-system", *as_root], timeout=600)
        for path in cache.iterdir() if cache.is_dir() else ():
            remove_path(path)
        with contextlib.suppress(OSError):
            cache.rmdir()
        remove_path(paths.runtime())
    console.out.print(f"Your progress stays in {paths.state()}.")
    if names := " ".join(apt.list_installed_packages()):
        console.out.print(f"These packages stay; to remove them: sudo apt-get purge {names}")


def remove_path(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; one that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def unmount_below(folders: Iterable[Path]) -> None:
    """Unmount what a killed engine left mounted."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    with contextlib.suppress(OSError):
        lines = Path("/proc/mounts").read_text().splitlines()
        for target in [line.split()[1] for line in lines if line.split()[1].startswith(prefixes)]:
            run_as_root(["umount", "--lazy", target], timeout=30)
