"""Where things are: the course's own files, and its folders outside the checkout.

Asking where a folder is does not make it; `ensure_folder` does, and so does whatever writes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from checker.base.errors import CourseError
from checker.base.settings import IMPORT_ROOT as IMPORT_ROOT
from checker.base.settings import current_settings


def root() -> Path:
    """Return the checkout."""
    return current_settings().root


def docs() -> Path:
    """Return the folder of the pages."""
    return root() / "docs"


def labs() -> Path:
    """Return the folder of the labs, TRACK/SLUG."""
    return root() / "labs"


def work() -> Path:
    """Return where learners' workspaces are, TRACK/SLUG."""
    return current_settings().work


def cache() -> Path:
    """Return where what can be made again is: engines, images, the built site."""
    return current_settings().cache


def state() -> Path:
    """Return where what must not be lost is: progress and the journals of what was made."""
    return current_settings().state


def runtime() -> Path:
    """Return where sockets and process ids are."""
    return current_settings().runtime


def ensure_folder(folder: Path) -> Path:
    """Make a folder where it is missing; the one of sockets is closed to other users."""
    if Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(runtime())):
        runtime().mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def find_existing_part(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there."""
    return next(each for each in (path, *path.absolute().parents) if each.exists())


def ensure_results_folder(folder: Path, option: str) -> Path:
    """Make a folder for results where it is missing, and find out before minutes of work.

    Raises:
        CourseError: It cannot be written; the option is the one that names it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise CourseError(
            f"{folder} cannot be written.",
            found=str(error),
            next_step=f"Name another folder with {option}.",
        ) from error


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader, or a kill, sees the old content or the new, never a part.

    A link stays one: what it leads to is written. A device or a pipe is written to, not replaced.
    """
    data = content.encode() if isinstance(content, str) else content
    if path.exists() and not path.is_file():
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))
    ensure_folder(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def lock(
    name: str, waiting: str | Callable[[], None] = "", folder: Path | None = None
) -> Iterator[None]:
    """Hold the lock `name`; the kernel frees it when the process ends, however it ends.

    Args:
        name: One lock per name and folder.
        waiting: Said, or called, once if another process holds the lock, before waiting for it.
        folder: What the lock is about; the course of this user if not given.
    """
    with (ensure_folder(folder or runtime()) / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if callable(waiting):
                waiting()
            elif waiting:
                from checker.base import console  # few commands ever wait, and rich costs time

                console.err.print(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
