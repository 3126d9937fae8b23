"""A workspace as a lab begins: images, starter files, and the setup that is run before."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from checker.base.errors import CourseError
from checker.base.process import CommandFailed, run
from checker.labs.lab import Lab

SETUP_SECONDS = 180.0
SCRIPT_SECONDS = 120.0

PRELUDE = "trap 'status=$?; case $status in 1|2|12[567]) exit $status;; esac' ERR"
"""Ends a script at what is surely a mistake. Other statuses may be those of a container, which
`docker run` passes on: a setup may well leave one behind that ended with 3."""

SAME_NAME = "Is something of the same name there already? docker container ls -a shows it."
TAKEN = "Another program has that port: ./course doctor names it. End it, and try again."
PORT_IN_USE = ("address already in use", "port is already allocated")
"""What the engine says of a port that another program, or another container, has."""


def ensure_engine(lab: Lab) -> None:
    """Have the lab's engine, and every image of the catalogue that a file of the lab mentions.

    Raises:
        CouldNotFindOut: One cannot be had.
    """
    if lab.engine == "none":
        return
    from checker.images import catalogue
    from checker.sandbox import session

    paths = [path for path in list_files(lab.folder) if "__pycache__" not in path.parts]
    images = catalogue.find_mentioned("\n".join(path.read_text(errors="ignore") for path in paths))
    session.ensure_engines(lab.engine, [image.reference for image in images])


def prepare_workspace(lab: Lab, workspace: Path) -> None:
    """Make a workspace as the lab begins: its starter files, and its setup.

    Raises:
        CourseError: A command of the setup failed.
    """
    copy_missing_files(lab.folder / "starter", workspace)
    run_setup(lab, workspace)


def copy_missing_files(folder: Path, workspace: Path) -> list[Path]:
    """Copy files of FOLDER that the workspace does not have; what is there is left alone.

    Returns:
        The files that were copied.
    """
    copied = []
    for source in list_files(folder):
        target = workspace / source.relative_to(folder)
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            copied.append(target)
    return copied


def overlay_files(folder: Path, workspace: Path) -> None:
    """Copy all files of FOLDER into the workspace, over what is there."""
    for source in list_files(folder):
        target = workspace / source.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # it may be read-only, or a link
        shutil.copy2(source, target)


def list_files(folder: Path) -> list[Path]:
    """Return every file below a folder, which need not be there.

    .gitkeep is left out: it only keeps a folder in git.
    """
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.name != ".gitkeep")


def run_setup(lab: Lab, workspace: Path) -> None:
    """Run the lab's setup in the workspace.

    Raises:
        CourseError: A command of it failed; lab.md and the line are named.
    """
    for code in lab.setup:
        try:
            run_script(code.text, workspace, SETUP_SECONDS)
        except CommandFailed as failed:
            status = f"status {failed.completed.status}" if failed.completed else failed.message
            is_port = any(each in failed.found for each in PORT_IN_USE)
            raise CourseError(
                f"{lab.source}:{code.line}: the setup failed ({status}).",
                found=failed.found,
                next_step=TAKEN if is_port else SAME_NAME,
            ) from None


def run_script(script: str, workspace: Path, timeout: float = SCRIPT_SECONDS) -> str:
    """Run a script with Bash in the course's environment; see PRELUDE for where it ends.

    Returns:
        What it wrote to standard output.

    Raises:
        CommandFailed: A command failed, or it took too long.
    """
    from checker.orchestrators.registry import shell_environment

    command = ["bash", "--noprofile", "--norc", "-Euo", "pipefail", "-c", f"{PRELUDE}\n{script}\n:"]
    return run(command, timeout=timeout, cwd=workspace, env=shell_environment()).output
