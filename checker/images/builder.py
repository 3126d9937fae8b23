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
from checker.docker import apt, connection
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
WAITING = "Waiting: another process is building images."


def build_image(image: Image) -> None:
    """Build one image and give it its names; its base must be there.

    Raises:
        CouldNotFindOut: The build failed; the error shows its last lines, or that there is no room.
    """
    with console.step(f"Building {image.reference} from its recipe") as step:
        try:
            with open_build_folder() as folder:
                add_parts(image, folder, step)
                run_build(image, folder, step)
        except (process.CommandFailed, OSError) as error:
            raise explain_failure(image, error) from error


@contextmanager
def open_build_folder() -> Iterator[Path]:
    """Make a folder for this build alone; what a killed one left there is removed before."""
    base = paths.ensure_folder(paths.cache() / "builds")
    with paths.lock("builds", WAITING, folder=paths.cache()):
        for left in base.iterdir():
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=base) as folder:
            yield Path(folder)


def add_parts(image: Image, folder: Path, step: console.Step) -> None:
    """Copy a recipe into the folder of its build, and put what it takes from this machine there."""
    shutil.copytree(image.recipe, folder, dirs_exist_ok=True)
    if (folder / "bootstrap").exists():
        step.update("making a Debian root file system")
        bootstrap_debian((folder / "bootstrap").read_text().strip(), folder / "root.tar")
    if (folder / "requirements.txt").exists():
        step.update("downloading from the Python package index")
        download_wheels(folder)
    if (folder / "needs-ca-bundle").exists():
        shutil.copyfile(find_ca_bundle(), folder / "ca-certificates.crt")
    programs = golang.load_programs(image.recipe)
    golang.compile_programs(programs, step.update)
    (folder / "programs").mkdir()
    for program in programs:
        shutil.copyfile(program.file, folder / "programs" / program.name)
    if (image.recipe / NODE).exists():
        node_image.add_kind_files(image.recipe, folder, step.update)


def run_build(image: Image, folder: Path, step: console.Step) -> None:
    """Have the engine build what is in the folder, with the label that names the recipe."""
    labels = [f"{RECIPE_LABEL}={catalogue.fingerprint_recipe(image)}", "course.rebuilt=true"]
    is_node = (image.recipe / NODE).exists()
    # a node gets its names when it is finished, so that a half-made one is never taken for it
    names = (f"course-part/bare:{folder.name.lower()}",) if is_node else image.names
    command = ["build", "--progress", "plain", "--pull=false"]
    command += [word for label in labels for word in ("--label", label)]
    command += [word for name in names for word in ("--tag", name)]
    connection.run_docker(*command, folder, timeout=BUILD_SECONDS, on_line=step.update)
    if is_node:
        node_image.finish_node(names[0], image.names, labels, folder, step.update)


def bootstrap_debian(release: str, target: Path) -> None:
    """Make a minimal Debian by mmdebstrap, from the mirror that this machine's apt uses.

    Args:
        release: Its name, such as trixie.
        target: The tar archive to write.
    """
    ensure_mmdebstrap()
    paths_left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in SLIM]
    options = [*paths_left_out, "--dpkgopt=path-include=/usr/share/doc/*/copyright"]
    sources = apt.list_sources(release) if apt.read_release().get("ID") == "debian" else ""
    command = ["mmdebstrap", "--variant=minbase", "--format=tar", *options, release, str(target)]
    process.run([*command, *(["-"] if sources else [])], timeout=BOOTSTRAP_SECONDS, input=sources)


def ensure_mmdebstrap() -> None:
    """Install mmdebstrap, and the keys of Debian on a distribution that is not Debian."""
    if shutil.which("mmdebstrap"):
        return
    if not apt.has_apt():
        raise CouldNotFindOut(
            "Without a registry, images are built with mmdebstrap, which is not here.",
            next_step="Load the offline kit instead: ./course images import FILE",
        )
    keys = [] if apt.read_release().get("ID") == "debian" else ["debian-archive-keyring"]
    apt.install_packages(["mmdebstrap", *keys])


def download_wheels(folder: Path) -> None:
    """Unpack the pinned wheels: those of the image's Python and system, where a recipe names it."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "-r", str(folder / "requirements.txt")]
    if (folder / "python-version").exists():
        machine = {"arm64": "aarch64"}.get(platform.machine(), platform.machine())
        command += ["--python-version", (folder / "python-version").read_text().strip()]
        for standard in ("2014", "_2_17", "_2_28"):
            command += ["--platform", f"manylinux{standard}_{machine}"]
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        process.run([*command, "-d", fresh], timeout=BUILD_SECONDS)
        for wheel in Path(fresh).glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder / "wheel")


def find_ca_bundle() -> Path:
    """Find the certificate authorities that this machine trusts, its company's own included."""
    chosen = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    for candidate in (chosen, "/etc/ssl/certs/ca-certificates.crt"):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise CouldNotFindOut(
        "This machine has no list of trusted certificate authorities.",
        next_step="Install the package ca-certificates, then run it again.",
    )


def explain_failure(image: Image, error: process.CommandFailed | OSError) -> CouldNotFindOut:
    """Return the error to raise: a full disk is called so, wherever it was noticed."""
    # all that the program wrote is searched: its last lines may only repeat the Dockerfile
    output = str(error)
    if isinstance(error, process.CommandFailed) and error.completed:
        output = f"{error.completed.output}\n{error.completed.errors}"
    elif isinstance(error, shutil.Error):
        output = "\n".join(why for _, _, why in error.args[0])
    full = [line for line in output.splitlines() if FULL in line.lower()]
    if full:
        return CouldNotFindOut(
            f"The disk is full: {image.reference} could not be built.",
            expected=f"{NEEDED_BYTES // 1024**3} GiB free for builds",
            found=full[-1].strip(),
            next_step="Make room, for example with: docker builder prune; then run it again.",
        )
    found = error.found if isinstance(error, process.CommandFailed) else ""
    message = f"{image.reference} could not be built."
    step = "./course doctor tells what is wrong with this machine."
    return CouldNotFindOut(message, found=found or str(error), next_step=step)
