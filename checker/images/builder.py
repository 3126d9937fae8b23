"""Builds an image from its recipe, with what the recipe takes from this machine.

A recipe is a folder with a Dockerfile, and optionally `bootstrap` (the Debian release of which a
root file system is made) and `requirements.txt` (a pinned wheel from the Python package index,
which is unpacked into `wheel/`). Each build happens in a copy, so that a kill leaves no trace.
"""

from __future__ import annotations

import os
import shutil
import ssl
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checker import console, paths, process
from checker.engines import apt, docker
from checker.errors import CouldNotFindOut
from checker.images import catalogue
from checker.images.catalogue import Image
from checker.images.store import RECIPE_LABEL

BUILD_SECONDS = 1800.0
BOOTSTRAP_SECONDS = 900.0
NEEDED_BYTES = 2 * 1024**3
"""Room that the largest build needs, its downloads and layers included."""

SLIM = ("man", "doc", "info", "locale", "groff", "lintian", "linda")
"""What Debian's slim images leave out of /usr/share."""


def build(image: Image) -> None:
    """Build one image and give it its names; its base must be there.

    Raises:
        CouldNotFindOut: The build failed; the error shows its last lines, or that there is no room.
    """
    with console.step(f"Building {image.reference} from its recipe") as step, _context() as folder:
        try:
            shutil.copytree(image.recipe, folder, dirs_exist_ok=True)
            _add_parts(folder, step)
            process.run(
                _command(image, folder),
                timeout=BUILD_SECONDS,
                env=docker.environment(),
                on_line=step.update,
            )
        except (process.CommandFailed, OSError) as error:
            raise _explained(image, error) from error


def _command(image: Image, folder: Path) -> list[str]:
    labels = [f"{RECIPE_LABEL}={catalogue.fingerprint(image)}", "course.rebuilt=true"]
    options = [word for label in labels for word in ("--label", label)]
    names = [word for name in image.names for word in ("--tag", name)]
    return ["docker", "build", "--progress", "plain", "--pull=false", *options, *names, str(folder)]


@contextmanager
def _context() -> Iterator[Path]:
    base = paths.cache() / "builds"
    base.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


def _add_parts(folder: Path, step: console.Step) -> None:
    if (folder / "bootstrap").exists():
        step.update("making a Debian root file system")
        _bootstrap((folder / "bootstrap").read_text().strip(), folder / "root.tar")
    if (folder / "requirements.txt").exists():
        step.update("downloading from the Python package index")
        _unpack_wheel(folder)
    if (folder / "needs-ca-bundle").exists():
        shutil.copyfile(ca_bundle(), folder / "ca-certificates.crt")


def _bootstrap(release: str, target: Path) -> None:
    """A minimal Debian by mmdebstrap, from the mirror that this machine's apt uses."""
    _ensure_mmdebstrap()
    paths_left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in SLIM]
    options = [*paths_left_out, "--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    sources = apt.sources(release) if apt.release().get("ID") == "debian" else ""
    command = ["mmdebstrap", "--variant=minbase", "--format=tar", *options, release, str(target)]
    process.run([*command, *(["-"] if sources else [])], timeout=BOOTSTRAP_SECONDS, input=sources)


def _ensure_mmdebstrap() -> None:
    if shutil.which("mmdebstrap"):
        return
    if not apt.is_there():
        raise CouldNotFindOut(
            "Without a registry, images are built with mmdebstrap, which is not here.",
            next_step="Load the offline kit instead: ./course images import FILE",
        )
    keys = [] if apt.release().get("ID") == "debian" else ["debian-archive-keyring"]
    apt.install(["mmdebstrap", *keys])


def _unpack_wheel(folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    pinned = ["--only-binary", ":all:", "-r", str(folder / "requirements.txt")]
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        process.run([*command, *pinned, "-d", fresh], timeout=BUILD_SECONDS)
        for wheel in Path(fresh).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder / "wheel")


def ca_bundle() -> Path:
    """The certificate authorities that this machine trusts, its company's own included."""
    chosen = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    for candidate in (chosen, "/etc/ssl/certs/ca-certificates.crt"):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise CouldNotFindOut(
        "This machine has no list of trusted certificate authorities.",
        next_step="Install the package ca-certificates, then run it again.",
    )


def _explained(image: Image, error: process.CommandFailed | OSError) -> CouldNotFindOut:
    found = error.found if isinstance(error, process.CommandFailed) else str(error)
    if "No space left" in found:
        return CouldNotFindOut(
            f"The disk is full: {image.reference} could not be built.",
            expected=f"{NEEDED_BYTES // 1024**3} GiB free for builds",
            found=found.splitlines()[-1],
            next_step="Make room, for example with: docker builder prune; then run it again.",
        )
    return CouldNotFindOut(
        f"{image.reference} could not be built.",
        found=found or str(error),
        next_step="./course doctor tells what is wrong with this machine.",
    )
