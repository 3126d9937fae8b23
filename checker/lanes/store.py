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
from dataclasses import replace
from pathlib import Path

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.settings import current_settings, use_settings
from checker.docker import connection
from checker.images import catalogue, provider
from checker.images.catalogue import Image
from checker.images.store import inspect_image
from checker.lanes.engine import LaneEngine
from checker.lanes.lane import Lane, open_lane

COPY_SECONDS = 300.0
LOAD_SECONDS = 600.0
LINKED = ("overlay2", "containerd")
COPIED = ("image", "buildkit", "engine-id")
WAITING = "Another course command is preparing images for lanes; waiting for it ..."


def ensure_store(
    name: str,
    references: Iterable[str],
    engine: LaneEngine,
    start_from: Path | None = None,
) -> Path:
    """Have images, built where nobody has them, in the data of a stopped engine.

    Args:
        name: The store's, one of several.
        references: What it should have.
        engine: The engine whose data it is.
        start_from: The data of a store that has some of them; used where this one is new.

    Returns:
        The folder of the data, for `copy_store`.

    Raises:
        CouldNotFindOut: No lane, or an image can be had in no way.
    """
    images = catalogue.add_bases([catalogue.find_image(each) for each in references])
    folder = paths.ensure_folder(paths.cache() / "lanes" / f"{name}{engine.suffix}")
    stamp, data = folder / "images.json", folder / "docker-data"
    wanted = {each.reference: catalogue.fingerprint_recipe(each) for each in images}
    with paths.lock("images", WAITING, folder=folder):
        if wanted != read_stamp(stamp):
            stamp.unlink(missing_ok=True)  # until it is stopped in good order
            if start_from and not data.exists():
                begun = folder / "begun"  # a copy that was killed is never taken for a whole one
                shutil.rmtree(begun, ignore_errors=True)
                copy_store(start_from, begun)
                begun.rename(data)
            with open_lane(engine, data=data) as lane:
                fill_store(lane, images)
            paths.write_atomically(stamp, json.dumps(wanted, indent=2) + "\n")
    return data


def read_stamp(stamp: Path) -> dict[str, str]:
    """Return the images of a store, and what their recipes were; none if it is not whole."""
    with contextlib.suppress(OSError, ValueError):
        return dict(json.loads(stamp.read_text()))
    return {}


def fill_store(lane: Lane, images: list[Image]) -> None:
    """Take what this user's engine has, and build the rest."""
    take_images(lane, images)
    # what is compiled for images stays in the cache of this user
    own = replace(current_settings(), state=lane.settings.state, engine=lane.host)
    with use_settings(own):
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
    here = connection.cli_environment()
    with use_settings(lane.settings):
        connection.write_configuration()
        there = connection.cli_environment()
    with subprocess.Popen(["docker", "save", *names], env=here, stdout=subprocess.PIPE) as saved:
        try:
            subprocess.run(
                ["docker", "load", "--quiet"],
                env=there,
                stdin=saved.stdout,
                stdout=subprocess.DEVNULL,
                timeout=LOAD_SECONDS,
                check=True,
            )
        except subprocess.SubprocessError as error:
            message = "Images could not be loaded into a lane."
            raise CouldNotFindOut(message, found=str(error)) from error
        finally:
            saved.kill()


def copy_store(data: Path, target: Path) -> None:
    """Copy the data of a stopped engine: the same layers, everything else its own.

    Args:
        data: What `ensure_store` returned.
        target: The folder to fill, on the same file system.
    """
    paths.ensure_folder(target)
    # another command may be about to change it; mostly it is another lane that copies
    with paths.lock("images", folder=data.parent):
        for names, how in ((LINKED, "-al"), (COPIED, "-a")):
            there = [data / name for name in names if (data / name).exists()]
            if there:
                process.run(["cp", how, *there, target], timeout=COPY_SECONDS)
    # databases are written in place
    for file in (target / "containerd").rglob("*.db"):
        own = file.with_name(f"{file.name}.own")
        shutil.copy2(file, own)
        own.replace(file)
    # of the containers with which images were made
    shutil.rmtree(target / "image/overlay2/layerdb/mounts", ignore_errors=True)
