"""The offline kit: every image in one file, for machines without a registry.

The file is a tar archive with `kit.json` (what is inside, with checksums) before `images.tar`
(as `docker save` writes it), so that an import can tell a damaged file before it changes anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from checker.base import console, paths
from checker.base.errors import CourseError
from checker.docker import connection
from checker.images import catalogue, provider

SAVE_SECONDS = 1800.0
CHUNK = 1024 * 1024
NOT_A_KIT = "Make one on a machine that has the images: ./course images export FILE"


def export_kit(file: Path) -> None:
    """Write every image of the catalogue into one file, making available what is missing.

    Raises:
        CourseError: The file cannot be written; what was there before stays.
        CouldNotFindOut: An image could not be had.
    """
    if not file.parent.is_dir():
        raise CourseError(f"There is no folder {file.parent}.", next_step="Make it, or choose one.")
    provider.ensure_images(image.reference for image in catalogue.load_catalogue())
    names = [name for image in catalogue.load_catalogue() for name in image.names]
    with console.step(f"Writing {file}"), explain_disk_error(f"{file} could not be written."):
        save_images(file, names)
    console.out.print(f"{file}: {file.stat().st_size / 1e6:.0f} MB, {len(names)} image names")


def import_kit(file: Path) -> None:
    """Load the images of a kit, after its checksum was found right.

    Raises:
        CourseError: The file is no kit, or is damaged; nothing was loaded then.
    """
    with (
        console.step(f"Loading {file}"),
        explain_disk_error(f"{file} could not be loaded."),
        tempfile.TemporaryDirectory(dir=paths.ensure_folder(paths.cache())) as folder,
    ):
        images = Path(folder) / "images.tar"
        names = unpack_kit(file, images)
        connection.run_docker("load", "--quiet", "--input", images, timeout=SAVE_SECONDS)
    console.out.print(f"Loaded: {', '.join(names)}")


@contextlib.contextmanager
def explain_disk_error(message: str) -> Iterator[None]:
    """Turn an error of the file system inside into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise CourseError(
            message, found=str(error), next_step="Make room, or choose another folder."
        ) from error


def save_images(file: Path, names: list[str]) -> None:
    """Write a kit with the named images; the file is there whole or not at all."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        images, whole = Path(folder) / "images.tar", Path(folder) / "kit.tar"
        connection.run_docker("save", "--output", images, *names, timeout=SAVE_SECONDS)
        with images.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        contents = json.dumps({"schema": 1, "images": names, "sha256": digest}).encode()
        with tarfile.open(whole, "w") as archive:
            member = tarfile.TarInfo("kit.json")
            member.size = len(contents)
            archive.addfile(member, io.BytesIO(contents))
            archive.add(images, "images.tar")
        whole.replace(file)


def unpack_kit(file: Path, target: Path) -> list[str]:
    """Copy the images out of a kit, compare their checksum, and return their names."""
    try:
        with tarfile.open(file) as archive:
            contents = json.load(find_member(archive, "kit.json"))
            names, digest = list(contents["images"]), str(contents["sha256"])
            found = copy_file(find_member(archive, "images.tar"), target)
    except (tarfile.TarError, ValueError, TypeError, KeyError, EOFError) as error:
        raise CourseError(f"{file} is not an offline kit.", next_step=NOT_A_KIT) from error
    if found != digest:
        raise CourseError(
            f"{file} is damaged.",
            expected=f"sha256 {digest}",
            found=f"sha256 {found}",
            next_step="Copy it again from where you got it.",
        )
    return names


def find_member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    """Open a member, reading one after the other: the end of the archive may be missing."""
    for member in archive:
        if member.name == name and (file := archive.extractfile(member)):
            return file
    raise KeyError(name)


def copy_file(source: IO[bytes], target: Path) -> str:
    """Copy all, and return its checksum; of a file that ends too soon, that of what there is."""
    digest = hashlib.sha256()
    with target.open("wb") as copy, contextlib.suppress(tarfile.ReadError):
        while data := source.read(CHUNK):
            digest.update(data)
            copy.write(data)
    return digest.hexdigest()
