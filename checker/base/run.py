"""The handle of what is under way: a page, a lab, a submission or a measurement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from checker.base.settings import Settings, current_settings

LABEL = "course.run"


@dataclass(frozen=True)
class Run:
    """One run: what is written down of it, and so removed after it, goes by its name.

    Args:
        name: Unique among what can be under way at once; letters, digits, `_`, `.` and `-`.
        settings: Where it writes down what it makes.
    """

    name: str
    settings: Settings = field(default_factory=current_settings, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w.-]+", self.name):
            raise ValueError(f"not a run's name: {self.name!r}")

    @classmethod
    def of_page(cls, shown_path: str) -> Run:
        """Return the run that verifies a page; its path is from the checkout on, if inside."""
        name = re.sub(r"[^\w.-]+", "-", shown_path.removesuffix(".md")).strip("-")
        return cls(f"verify-{name}")

    @classmethod
    def of_lab(cls, lab_id: str, purpose: str = "lab") -> Run:
        """Return the run of a lab, TRACK/SLUG.

        The purpose is `lab` while a learner works on it; else what it is for, such as verify.
        """
        return cls(f"{purpose}-{lab_id.replace('/', '-')}")

    @property
    def label(self) -> tuple[str, str]:
        """The label of what it makes: key and value."""
        return LABEL, self.name

    @property
    def folder(self) -> Path:
        """Where the journals of runs are."""
        return journals_folder(self.settings)

    @property
    def journal(self) -> Path:
        """The file in which it is written down what it makes."""
        return self.folder / f"{self.name}.jsonl"

    @property
    def ended_mark(self) -> Path:
        """A file that says that it ended in good order: what it leaves is left on purpose."""
        return self.folder / f"{self.name}.done"


def journals_folder(settings: Settings | None = None) -> Path:
    """Return where the journals of runs are; it need not be there."""
    return (settings or current_settings()).state / "made"
