"""What was handed in: a workspace folder or a notebook, and the lab that it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.base import course
from checker.base.errors import CourseError
from checker.grading import notebooks

MARKER = ".course-lab"
"""A file in a workspace whose one line names the lab, for workspaces without a notebook."""


@dataclass(frozen=True)
class Submission:
    """One submission; `trouble` says why it cannot be graded, and then `lab` may be empty."""

    name: str
    path: Path
    lab: str = ""
    notebook: Path | None = None
    trouble: str = ""

    @property
    def kind(self) -> str:
        return "folder" if self.path.is_dir() else "notebook"


def find(given: Iterable[Path], lab: str | None) -> list[Submission]:
    """Submissions in their given order, each once, under names that differ.

    Args:
        given: Folders and notebooks.
        lab: The lab of those that do not say it themselves.

    Raises:
        CourseError: There is no lab of the name LAB.
    """
    wanted = course.lab(lab) if lab else ""
    found = list(dict.fromkeys(path.resolve() for path in given))
    return [_read(name, path, wanted) for name, path in zip(_names(found), found, strict=True)]


def _names(found: list[Path]) -> list[str]:
    """The last part of the path, and as many before it as it takes to tell two apart."""
    names = [_tail(path, 1) for path in found]
    for length in range(2, max((len(path.parts) for path in found), default=0) + 1):
        counts = Counter(name.casefold() for name in names)
        names = [
            _tail(path, length) if counts[name.casefold()] > 1 else name
            for path, name in zip(found, names, strict=True)
        ]
    return _numbered(names)


def _tail(path: Path, length: int) -> str:
    plain = path.with_suffix("") if path.suffix == ".ipynb" else path
    return "-".join(plain.parts[1:][-length:]) or "submission"


def _numbered(names: list[str]) -> list[str]:
    """Names that still are the same, as those of `a.ipynb` and the folder `a`, get a number."""
    taken: set[str] = set()
    result = []
    for name in names:
        number, free = 1, name
        while free.casefold() in taken:
            number += 1
            free = f"{name}-{number}"
        taken.add(free.casefold())
        result.append(free)
    return result


def _read(name: str, path: Path, wanted: str) -> Submission:
    try:
        if path.is_dir():
            lab, notebook = _folder(path, wanted)
        else:
            lab, notebook = _notebook(path, wanted), path
    except CourseError as error:
        return Submission(name, path, wanted, trouble=str(error))
    except OSError as error:
        return Submission(name, path, wanted, trouble=f"{path} cannot be read.\n  found: {error}")
    return Submission(name, path, lab, notebook)


def _notebook(path: Path, wanted: str) -> str:
    if path.suffix != ".ipynb":
        raise CourseError(
            f"{path} is neither a folder nor a notebook.",
            next_step="Hand in the workspace folder, or the notebook in it.",
        )
    if not wanted:
        notebooks.read(path)
    return _lab(path, [notebooks.lab_of(path)], wanted)


def _folder(path: Path, wanted: str) -> tuple[str, Path | None]:
    found = {each: notebooks.lab_of(each) for each in sorted(path.glob("*.ipynb"))}
    lab = _lab(path, [*found.values(), _marker(path)], wanted)
    named = [each for each, said in found.items() if said] or list(found)
    own = [each for each in named if each.stem == lab.split("/")[-1]] or named
    if len(own) > 1:
        raise CourseError(
            f"{path} holds several notebooks.",
            found=", ".join(each.name for each in own),
            next_step=f"Name the one that counts {lab.split('/')[-1]}.ipynb.",
        )
    return lab, own[0] if own else None


def _marker(path: Path) -> str:
    file = path / MARKER
    return file.read_text(errors="replace").strip() if file.is_file() else ""


def _lab(path: Path, said: list[str], wanted: str) -> str:
    """The one lab that a submission names, or else WANTED."""
    labs = {course.lab(name) for name in said if name}
    if wanted:
        labs.add(wanted)
    if len(labs) > 1:
        raise CourseError(
            f"{path} is not for one lab.", expected=wanted, found=", ".join(sorted(labs))
        )
    if not labs:
        raise CourseError(
            f"{path} does not say which lab it is for.",
            expected=f"a notebook of the course, or a file {MARKER} with TRACK/SLUG",
            next_step="Add: --lab TRACK/SLUG",
        )
    return labs.pop()
