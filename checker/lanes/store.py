"""Images for lanes: the data of an engine that has them and is stopped, of which lanes get copies.

Nothing ever changes a file of a layer in place: engines write into layers of their own, and put
another file in the place of one that they replace. So a lane's copy has the very same files, by
hard links, and is there in a second.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from checker.base import paths, process
from checker.base.settings import current_settings, use_settings
from checker.docker import connection
from checker.images import catalogue, provider
from checker.images.catalogue import Image
from checker.images.store import inspect_image
from checker.lanes.lane import Lane, open_lane

COPY_SECONDS = 300.0
LOAD_SECONDS = 600.0
LINKED = ("overlay2",)
COPIED = ("image", "buildkit", "containerd", "engine-id")
WAITING = "Another course command is preparing images for lanes; waiting for it ..."


def store_folder() -> Path:
    """Return where the engine's data with the images is."""
    return paths.cache() / "lanes" / "images"


def ensure_store(references: Iterable[str]) -> Path:
    """Have the images, built where nobody has them, in the data of a stopped engine.

    Returns:
        The folder of the data, for `copy_store`.

    Raises:
        CouldNotFindOut: No lane, or an image can be had in no way.
    """
    images = catalogue.add_bases([catalogue.find_image(each) for each in references])
    folder = paths.ensure_folder(store_folder())
    with paths.lock("images", WAITING, folder=folder):
        if not is_complete(images):
            wanted = {each.reference: catalogue.fingerprint_recipe(each) for each in images}
            stamp = read_stamp()
            write_stamp({})  # until it is stopped in good order
            with open_lane(data=folder / "docker-data") as lane:
                fill_store(lane, images)
            write_stamp({**stamp, **wanted})
    return folder / "docker-data"


def is_complete(images: Iterable[Image]) -> bool:
    """Tell whether the store has these images, as their recipes are now."""
    stamp = read_stamp()
    return all(stamp.get(each.reference) == catalogue.fingerprint_recipe(each) for each in images)


def read_stamp() -> dict[str, str]:
    """Return the images of the store, and what their recipes were."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads((store_folder() / "images.json").read_text()))
    return {}


def write_stamp(stamp: dict[str, str]) -> None:
    paths.write_atomically(store_folder() / "images.json", json.dumps(stamp, indent=2) + "\n")


def fill_store(lane: Lane, images: list[Image]) -> None:
    """Take what this user's engine has, and build the rest."""
    take_images(lane, images)
    with use_settings(lane.settings):
        provider.ensure_images([each.reference for each in images])


def take_images(lane: Lane, images: list[Image]) -> None:
    """Load into a lane those images that this user's engine has, as their recipes are now."""
    own = connection.engine_status()
    if not own.running:
        return
    with contextlib.closing(connection.open_client()) as client:
        have = [each for each in images if inspect_image(client, each).source == "rebuilt"]
    with use_settings(lane.settings), contextlib.closing(connection.open_client()) as client:
        have = [each for each in have if inspect_image(client, each).source != "rebuilt"]
    names = [name for each in have for name in each.names]
    if not names:
        return
    here, there = connection.cli_environment(), {**connection.cli_environment()}
    with use_settings(lane.settings):
        connection.write_configuration()
        there = connection.cli_environment()
    with subprocess.Popen(["docker", "save", *names], env=here, stdout=subprocess.PIPE) as saved:
        try:
            loaded = subprocess.run(
                ["docker", "load", "--quiet"],
                env=there,
                stdin=saved.stdout,
                stdout=subprocess.DEVNULL,
                timeout=LOAD_SECONDS,
                check=False,
            )
        finally:
            saved.kill()
    if loaded.returncode:
        raise process.CommandFailed("Images could not be loaded into a lane.")


def copy_store(data: Path, target: Path) -> None:
    """Copy the data of a stopped engine: the same layers, everything else its own.

    Args:
        data: What `ensure_store` returned.
        target: The folder to fill, on the same file system.
    """
    paths.ensure_folder(target)
    for names, how in ((LINKED, "-al"), (COPIED, "-a")):
        there = [data / name for name in names if (data / name).exists()]
        if there:
            process.run(["cp", how, *there, target], timeout=COPY_SECONDS)
    # of the containers with which images were made
    shutil.rmtree(target / "image/overlay2/layerdb/mounts", ignore_errors=True)
