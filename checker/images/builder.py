"""Builds an image from its recipe, with what the recipe takes from this machine.

A recipe is a folder with a Dockerfile, and optionally `bootstrap` (the Debian release of which a
root file system is made), `requirements.txt` (pinned wheels from the Python package index, which
are unpacked into `wheel/`; `python-version` says for which Python, if not for this one) and
`programs.toml` (what is compiled from Go modules, into `programs/`). Each build happens in a copy;
the next removes what a kill left.
"""

from __future__ import annotations

import os
import platform
import shutil
import ssl
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker import apt, docker_engine
from checker.images import catalogue, golang, node_image
from checker.images.catalogue import Image
from checker.images.store import RECIPE_LABEL

BUILD_SECONDS = 1800.0
BOOTSTRAP_SECONDS = 900.0
NEEDED_BYTES = 2 * 1024**3
"""Room that the largest build needs, its downloads and layers included."""

FULL = "no space left on device"
"""What both the C library and Go call a full disk, apart from capitals."""

NODE = "default-cni.yaml"
"""A recipe with this file makes the node of a cluster."""

SLIM = ("man", "doc", "info", "locale", "groff", "lintian", "linda")
"""What Debian's slim images leave out of /usr/share."""


def build(image: Image) -> None:
    """Build one image and give it its names; its base must be there.

    Raises:
        CouldNotFindOut: The build failed; the error shows its last lines, or that there is no room.
    """
    with console.step(f"Building {image.reference} from its recipe") as step:
        try:
            _build(image, step)
        except (process.CommandFailed, OSError) as error:
            raise _explained(image, error) from error


def _build(image: Image, step: console.Step) -> None:
    with _context() as folder:
        shutil.copytree(image.recipe, folder, dirs_exist_ok=True)
        _add_parts(image, folder, step)
        is_node = (image.recipe / NODE).exists()
        names = (f"course-part/bare:{folder.name.lower()}",) if is_node else image.names
        command = _command(names, _labels(image), folder)
        process.run(
            command, timeout=BUILD_SECONDS, env=docker_engine.environment(), on_line=step.update
        )
        if is_node:
            node_image.finish(names[0], image.names, _labels(image), folder, step.update)


def _labels(image: Image) -> list[str]:
    return [f"{RECIPE_LABEL}={catalogue.fingerprint(image)}", "course.rebuilt=true"]


def _command(names: tuple[str, ...], labels: list[str], folder: Path) -> list[str]:
    options = [word for label in labels for word in ("--label", label)]
    tags = [word for name in names for word in ("--tag", name)]
    return ["docker", "build", "--progress", "plain", "--pull=false", *options, *tags, str(folder)]


@contextmanager
def _context() -> Iterator[Path]:
    """A folder for this build alone; what a killed one left there is removed before."""
    base = paths.cache() / "builds"
    base.mkdir(exist_ok=True)
    with paths.lock("builds", _say_waiting, folder=paths.cache()):
        for left in base.iterdir():
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=base) as folder:
            yield Path(folder)


def _say_waiting() -> None:
    console.err.print("Waiting: another process is building images.")


def _add_parts(image: Image, folder: Path, step: console.Step) -> None:
    if (folder / "bootstrap").exists():
        step.update("making a Debian root file system")
        _bootstrap((folder / "bootstrap").read_text().strip(), folder / "root.tar")
    if (folder / "requirements.txt").exists():
        step.update("downloading from the Python package index")
        _unpack_wheel(folder)
    if (folder / "needs-ca-bundle").exists():
        shutil.copyfile(ca_bundle(), folder / "ca-certificates.crt")
    _add_programs(image, folder, step)
    if (image.recipe / NODE).exists():
        node_image.add_parts(image.recipe, folder, step.update)


def _add_programs(image: Image, folder: Path, step: console.Step) -> None:
    wanted = golang.programs(image.recipe)
    golang.compile_all(wanted, step.update)
    (folder / "programs").mkdir()
    for program in wanted:
        shutil.copyfile(program.file, folder / "programs" / program.name)


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
    pinned = ["--only-binary", ":all:", "-r", str(folder / "requirements.txt"), *_target(folder)]
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        process.run([*command, *pinned, "-d", fresh], timeout=BUILD_SECONDS)
        for wheel in Path(fresh).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder / "wheel")


def _target(folder: Path) -> list[str]:
    """For which Python and system wheels are: the image's, where the recipe names its Python."""
    if not (folder / "python-version").exists():
        return []
    machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
    version = (folder / "python-version").read_text().strip()
    systems = [f"manylinux{each}_{machine}" for each in ("2014", "_2_17", "_2_28")]
    return ["--python-version", version, *(w for each in systems for w in ("--platform", each))]


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
    written = _written(error)
    full = [line for line in written.splitlines() if FULL in line.lower()]
    if full:
        return CouldNotFindOut(
            f"The disk is full: {image.reference} could not be built.",
            expected=f"{NEEDED_BYTES // 1024**3} GiB free for builds",
            found=full[-1].strip(),
            next_step="Make room, for example with: docker builder prune; then run it again.",
        )
    found = error.found if isinstance(error, process.CommandFailed) else ""
    return CouldNotFindOut(
        f"{image.reference} could not be built.",
        found=found or str(error),
        next_step="./course doctor tells what is wrong with this machine.",
    )


def _written(error: process.CommandFailed | OSError) -> str:
    """All that the program wrote: its last lines may only repeat the Dockerfile."""
    if isinstance(error, process.CommandFailed) and error.completed:
        return f"{error.completed.output}\n{error.completed.errors}"
    if isinstance(error, shutil.Error):
        return "\n".join(why for _, _, why in error.args[0])
    return str(error)
