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


def find_submissions(paths: Iterable[Path], lab: str | None) -> list[Submission]:
    """Return submissions in the order of their paths, each once, under names that differ.

    Args:
        paths: Folders and notebooks.
        lab: The lab of those that do not say it themselves.

    Raises:
        CourseError: There is no lab of the name LAB.
    """
    wanted = course.find_lab(lab) if lab else ""
    found = list(dict.fromkeys(path.resolve() for path in paths))
    names = zip(choose_names(found), found, strict=True)
    return [read_submission(name, path, wanted) for name, path in names]


def choose_names(paths: list[Path]) -> list[str]:
    """Return for each path its last part, and as many before it as it takes to tell two apart."""
    names = [join_last_parts(path, 1) for path in paths]
    for length in range(2, max((len(path.parts) for path in paths), default=0) + 1):
        counts = Counter(name.casefold() for name in names)
        names = [
            join_last_parts(path, length) if counts[name.casefold()] > 1 else name
            for path, name in zip(paths, names, strict=True)
        ]
    return number_duplicates(names)


def join_last_parts(path: Path, length: int) -> str:
    """Return the last parts of a path as one name, a notebook's without its ending."""
    plain = path.with_suffix("") if path.suffix == ".ipynb" else path
    return "-".join(plain.parts[1:][-length:]) or "submission"


def number_duplicates(names: list[str]) -> list[str]:
    """Give a number to names that are still the same, as `a.ipynb` and the folder `a`."""
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


def read_submission(name: str, path: Path, wanted: str) -> Submission:
    """Find out what was handed in; `wanted` is the lab that it must be for, if it is known."""
    try:
        if path.is_dir():
            lab, notebook = read_folder(path, wanted)
        else:
            lab, notebook = find_notebook_lab(path, wanted), path
    except CourseError as error:
        return Submission(name, path, wanted, trouble=str(error))
    except OSError as error:
        return Submission(name, path, wanted, trouble=f"{path} cannot be read.\n  found: {error}")
    return Submission(name, path, lab, notebook)


def find_notebook_lab(path: Path, wanted: str) -> str:
    """Return the lab of a notebook that was handed in."""
    if path.suffix != ".ipynb":
        raise CourseError(
            f"{path} is neither a folder nor a notebook.",
            next_step="Hand in the workspace folder, or the notebook in it.",
        )
    if not wanted:
        notebooks.read_notebook(path)  # raises: a broken one must not pass for one without a lab
    return choose_lab(path, [notebooks.find_lab_name(path)], wanted)


def read_folder(path: Path, wanted: str) -> tuple[str, Path | None]:
    """Return the lab of a folder that was handed in, and the notebook that counts, if it has one.

    Raises:
        CourseError: It is for no lab or for several, or several notebooks could count.
        OSError: Its marker cannot be read.
    """
    labs = {each: notebooks.find_lab_name(each) for each in sorted(path.glob("*.ipynb"))}
    marker = path / MARKER
    marked = marker.read_text(errors="replace").strip() if marker.is_file() else ""
    lab = choose_lab(path, [*labs.values(), marked], wanted)
    of_labs = [each for each, name in labs.items() if name] or list(labs)
    counting = [each for each in of_labs if each.stem == lab.split("/")[-1]] or of_labs
    if len(counting) > 1:
        raise CourseError(
            f"{path} holds several notebooks.",
            found=", ".join(each.name for each in counting),
            next_step=f"Name the one that counts {lab.split('/')[-1]}.ipynb.",
        )
    return lab, counting[0] if counting else None


def choose_lab(path: Path, names: list[str], wanted: str) -> str:
    """Return the one lab that a submission names, or else WANTED."""
    labs = {course.find_lab(name) for name in names if name}
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
