"""What an orchestrator can be asked for: one implementation each for kind, ECS and Swarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

from checker.base.run import Run
from checker.docker.connection import EngineStatus

Follower = Callable[[], Iterator[str]]
"""Yields a word at each change, and raises where it can follow no longer; it is called again."""


class Orchestrator(Protocol):
    """What runs containers on a page or in a lab, on top of the Docker Engine.

    Everything that is created in it goes by the run that is under way: `begin` writes down what is
    there, `created` tells what has come since, `clean` removes exactly that.

    Implementations are subclasses, and say only what they do; what stands here is for nothing.
    """

    name: str
    """As front matter names it."""

    title: str
    """What people call it where its state is shown."""

    product: str = ""
    """What its version is of, where that is not the Docker Engine."""

    remakes_machines: bool = False
    """Whether mending it makes containers in the Docker Engine that are no run's."""

    own_images: tuple[str, ...] = ()
    """Images of the catalogue that it gets itself, such as those of its machines."""

    def ensure(self, images: list[str]) -> None:
        """Have it ready, with these images of the catalogue; idempotent.

        Raises:
            CouldNotFindOut: It cannot be had.
        """

    def status(self) -> EngineStatus:
        """Return how it is now."""

    def version(self) -> str:
        """Return the version that reports of checks name; empty if it does not answer."""

    def environment(self) -> dict[str, str]:
        """Return the variables of course shells by which its tools find it."""
        return {}

    def programs(self) -> list[Path]:
        """Return folders with its tools, for the PATH of course shells; they need not be there."""
        return []

    def is_misleading(self, variable: str) -> bool:
        """Tell whether a variable of the learner's must not get into course shells."""
        return False

    def write_settings(self) -> None:
        """Write the files that `environment` and `programs` name."""
        return None

    def begin(self, run: Run) -> None:
        """Write down what is there before a run."""
        return None

    def has_begun(self, run: Run) -> bool:
        """Tell whether it still knows of the beginning of a run."""
        return True

    def created(self, run: Run) -> list[str]:
        """Return a line for each object that is there since the run began."""
        return []

    def clean(self, run: Run) -> list[str]:
        """Repair it where it was broken, and remove what a run created; nothing if it never began.

        Returns:
            A line for each object that does not go.
        """
        return []

    def forget(self, run: Run) -> None:
        """Forget a run that is over."""
        return None

    def changes(self) -> list[Follower]:
        """Return what tells of changes in it, each for a thread of its own."""
        return []

    def validation(self, file: PurePosixPath, content: str) -> str:
        """Return the command that has it validate a file of a page; empty where it knows none."""
        return ""

    def stop(self) -> None:
        """Stop it, and remove what was created for it.

        Raises:
            CouldNotFindOut: It does not go.
        """
