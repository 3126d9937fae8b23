"""A workspace as a lab begins: images, starter files, and the setup that is run before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from checker.base.errors import CourseError
from checker.base.process import CommandFailed, run
from checker.labs.lab import Code, Lab

SETUP_SECONDS = 180.0
SCRIPT_SECONDS = 120.0

PRELUDE = "trap 'status=$?; case $status in 1|2|12[567]) exit $status;; esac' ERR"
"""Ends a script at what is surely a mistake. Other statuses may be those of a container, which
`docker run` passes on: a setup may well leave one behind that ended with 3."""


SAME_NAME = "Is something of the same name there already? docker container ls -a tells."
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
    from checker.sandbox import engine_session

    text = "\n".join(_texts(lab))
    engine_session.ensure(lab.engine, [image.reference for image in catalogue.mentioned_in(text)])


def begin(lab: Lab, workspace: Path) -> None:
    """Make a workspace as the lab begins: its starter files, and its setup.

    Raises:
        CourseError: A command of the setup failed.
    """
    copy_missing(lab.folder / "starter", workspace)
    set_up(lab, workspace)


def copy_missing(folder: Path, workspace: Path) -> list[Path]:
    """Copy files of FOLDER that the workspace does not have; what is there is left alone.

    Returns:
        The files that were copied.
    """
    made = []
    for source in files(folder):
        target = workspace / source.relative_to(folder)
        if not os.path.lexists(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            made.append(target)
    return made


def overlay(folder: Path, workspace: Path) -> None:
    """Copy all files of FOLDER into the workspace, over what is there."""
    for source in files(folder):
        target = workspace / source.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # it may be read-only, or a link
        shutil.copy2(source, target)


def files(folder: Path) -> list[Path]:
    """Every file below a folder, which need not be there; .gitkeep only keeps a folder in git."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.name != ".gitkeep")


def set_up(lab: Lab, workspace: Path) -> None:
    """Run the lab's setup in the workspace.

    Raises:
        CourseError: A command of it failed; lab.md and the line are named.
    """
    for code in lab.setup:
        try:
            shell(code.text, workspace, SETUP_SECONDS)
        except CommandFailed as failed:
            raise _wrong(lab, code, failed) from None


def shell(script: str, workspace: Path, timeout: float = SCRIPT_SECONDS) -> str:
    """Run a script with Bash in the course's environment; see PRELUDE for where it ends.

    Returns:
        What it wrote to standard output.

    Raises:
        CommandFailed: A command failed, or it took too long.
    """
    from checker.docker.docker_engine import environment

    command = ["bash", "--noprofile", "--norc", "-Euo", "pipefail", "-c", f"{PRELUDE}\n{script}\n:"]
    return run(command, timeout=timeout, cwd=workspace, env=environment()).output


def _wrong(lab: Lab, code: Code, failed: CommandFailed) -> CourseError:
    status = f"status {failed.completed.status}" if failed.completed else failed.message
    return CourseError(
        f"{lab.source}:{code.line}: the setup failed ({status}).",
        found=failed.found,
        next_step=TAKEN if any(each in failed.found for each in PORT_IN_USE) else SAME_NAME,
    )


def _texts(lab: Lab) -> Iterable[str]:
    for path in files(lab.folder):
        if "__pycache__" not in path.parts:
            yield path.read_text(errors="ignore")
