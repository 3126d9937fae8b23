"""What a run of the course goes by, read from the environment at its edge and then passed on.

The settings of the run under way travel in a context variable, so that two runs in one process,
each in a thread of its own, can have folders of their own.
"""

from __future__ import annotations

import contextlib
import contextvars
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

NAME = "from-docker-to-kubernetes"
IMPORT_ROOT = Path(__file__).resolve().parents[2]
"""The folder from which Python imports this package, for processes that the course starts."""

HANDED_OUT = "COURSE_DOCKER_HOST"
"""Tells, inside a course shell, that its DOCKER_HOST was the course's choice, not the learner's."""

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Settings:
    """The folders of a run, and what it may do.

    Args:
        root: The checkout (COURSE_ROOT).
        work: Learners' workspaces, work/TRACK/SLUG (COURSE_WORK).
        cache: What can be made again: engines, images, the built site (COURSE_CACHE).
        state: What must not be lost: progress and the journals of what was made (COURSE_STATE).
        engine: The learner's own DOCKER_HOST; empty where the course chooses one.
        may_install: Install what is missing without asking.
        language: The locale of course shells, since messages of programs stand on pages.
        test_engine: The version of the newer Docker Engine to prove on (COURSE_TEST_ENGINE);
            empty for the one of this machine's packages.
    """

    root: Path
    work: Path
    cache: Path
    state: Path
    engine: str = ""
    may_install: bool = True
    language: str = "C.UTF-8"
    test_engine: str = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; folders that are not named have their places below the home folder."""
        root = Path(environ.get("COURSE_ROOT") or IMPORT_ROOT)
        host = environ.get("DOCKER_HOST", "")
        return cls(
            root=root,
            work=Path(environ.get("COURSE_WORK") or root / "work"),
            cache=_own_folder(environ, "COURSE_CACHE", "XDG_CACHE_HOME", ".cache"),
            state=_own_folder(environ, "COURSE_STATE", "XDG_STATE_HOME", ".local/state"),
            engine="" if host == environ.get(HANDED_OUT) else host,
            test_engine=environ.get("COURSE_TEST_ENGINE", ""),
        )

    @property
    def runtime(self) -> Path:
        """Sockets and process ids: one folder per user and state folder, short enough for sockets.

        A socket's path has at most 107 bytes, unix(7).
        """
        key = hashlib.sha256(str(self.state).encode()).hexdigest()[:8]
        return Path(tempfile.gettempdir()) / f"course-{os.getuid()}-{key}"

    def environment(self) -> dict[str, str]:
        """Return the variables from which a process of the course reads the same settings."""
        return {
            "COURSE_ROOT": str(self.root),
            "COURSE_WORK": str(self.work),
            "COURSE_CACHE": str(self.cache),
            "COURSE_STATE": str(self.state),
        }


def _own_folder(environ: Mapping[str, str], own: str, base: str, below_home: str) -> Path:
    """Return a folder of ours; a user without a home folder has it among the temporary ones."""
    if environ.get(own):
        return Path(environ[own])
    if environ.get(base):
        return Path(environ[base]) / NAME
    try:
        home = Path.home()
    except RuntimeError:
        home = Path(tempfile.gettempdir()) / f"home-{os.getuid()}"
    return home / below_home / NAME


_active: contextvars.ContextVar[Settings] = contextvars.ContextVar("settings")


def current_settings() -> Settings:
    """Return the settings of the run under way; outside of one, those of this process."""
    return _active.get(None) or Settings.from_environment()


@contextlib.contextmanager
def use_settings(settings: Settings) -> Iterator[Settings]:
    """Let all that is called inside go by these settings, in this thread."""
    token = _active.set(settings)
    try:
        yield settings
    finally:
        _active.reset(token)


def with_settings(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Bind a function to the settings of now, for a thread that is to call it.

    A new thread begins with an empty context (docs.python.org, contextvars).
    """
    settings = current_settings()

    def call(*args: Parameters.args, **options: Parameters.kwargs) -> Result:
        with use_settings(settings):
            return function(*args, **options)

    return call
