"""Where things are: the course's own files, and its folders outside the checkout.

Every folder can be moved with an environment variable, which is how tests run on a tiny course.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from checker.base.errors import CourseError

NAME = "from-docker-to-kubernetes"
IMPORT_ROOT = Path(__file__).resolve().parents[2]
"""The folder from which Python imports this package, for processes that the course starts."""


def root() -> Path:
    """The checkout (COURSE_ROOT moves it)."""
    return Path(os.environ.get("COURSE_ROOT", IMPORT_ROOT))


def docs() -> Path:
    return root() / "docs"


def labs() -> Path:
    return root() / "labs"


def work() -> Path:
    """Where learners' workspaces are: work/TRACK/SLUG in the checkout (COURSE_WORK moves it)."""
    return _made(os.environ.get("COURSE_WORK", root() / "work"))


def cache() -> Path:
    """What can be made again: engines, images, the built site (COURSE_CACHE moves it)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return _made(os.environ.get("COURSE_CACHE", Path(base) / NAME))


def state() -> Path:
    """What must not be lost: progress and the journal of what was made (COURSE_STATE moves it)."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return _made(os.environ.get("COURSE_STATE", Path(base) / NAME))


def runtime() -> Path:
    """Sockets and process ids, one folder per user and state folder, short enough for a socket."""
    key = hashlib.sha256(str(state()).encode()).hexdigest()[:8]
    return _made(Path(tempfile.gettempdir()) / f"course-{os.getuid()}-{key}", mode=0o700)


def _made(path: str | Path, mode: int = 0o755) -> Path:
    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True, mode=mode)
    return folder


def for_results(folder: Path, option: str) -> Path:
    """The folder, made where it is missing; found out before minutes of work.

    Args:
        option: What names it on the command line.

    Raises:
        CourseError: It cannot be written.
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
    path.parent.mkdir(parents=True, exist_ok=True)
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
    name: str, waiting: Callable[[], None] = lambda: None, folder: Path | None = None
) -> Iterator[None]:
    """Hold the lock `name`; the kernel frees it when the process ends, however it ends.

    Args:
        name: One lock per name and folder.
        waiting: Called once if another process holds the lock, before waiting for it.
        folder: What the lock is about; the course of this user if not given.
    """
    with ((folder or runtime()) / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
