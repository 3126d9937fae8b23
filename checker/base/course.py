"""The course as a whole: which pages and labs there are, and how a name finds one."""

from __future__ import annotations

import difflib
from pathlib import Path

from checker.base import paths
from checker.base.errors import CourseError

CHAPTERS = ("docker", "compose", "ecs", "kubernetes", "deploy")
"""The folders of docs/ whose pages are chapters; all others hold reference pages."""


def list_pages() -> list[Path]:
    """Return every page of the course, in the order of their paths."""
    return sorted(paths.docs().rglob("*.md"))


def list_labs() -> list[str]:
    """Return every lab as TRACK/SLUG, in the order of their names."""
    root = paths.labs()
    return sorted(str(file.parent.relative_to(root)) for file in root.glob("*/*/lab.md"))


def find_lab(name: str) -> str:
    """Return the lab that a person means: TRACK/SLUG, or the SLUG alone where only one has it.

    Raises:
        CourseError: There is none, or more than one; the message names the nearest.
    """
    found = list_labs()
    wanted = name.strip("/").removeprefix("labs/").removesuffix("/lab.md")
    if wanted in found:
        return wanted
    by_slug = [each for each in found if each.split("/")[-1] == wanted]
    if len(by_slug) == 1:
        return by_slug[0]
    near = by_slug or difflib.get_close_matches(wanted, found, n=3, cutoff=0.4) or found
    raise CourseError(f"There is no lab {name!r}.", next_step=f"Did you mean: {', '.join(near)}?")


def is_chapter(page: Path) -> bool:
    """Tell whether a page is a lesson, whose sections are fixed."""
    root = paths.docs().resolve()
    relative = page.resolve().relative_to(root) if page.resolve().is_relative_to(root) else page
    return relative.parts[0] in CHAPTERS and page.name != "index.md"


def find_targets(names: list[str]) -> tuple[list[Path], list[str]]:
    """Return the pages and labs that NAMES mean; without names, all of them.

    A name is a page (any Markdown file), a folder of pages or labs, or a lab.

    Raises:
        CourseError: A name is none of these.
    """
    if not names:
        return list_pages(), list_labs()
    found = [find_target(name) for name in names]
    found_pages = dict.fromkeys(page for some, _ in found for page in some)
    return list(found_pages), list(dict.fromkeys(lab for _, some in found for lab in some))


def find_target(name: str) -> tuple[list[Path], list[str]]:
    """Return the pages and labs that one name means.

    Raises:
        CourseError: It means none.
    """
    path = Path(name)
    if path.suffix == ".md" and path.name != "lab.md":
        for candidate in (path, paths.root() / name, paths.docs() / name):
            if candidate.is_file():
                return [candidate], []
        step = "Give the path of a Markdown file."
        raise CourseError(f"There is no page {name}.", next_step=step)
    if path.is_dir():

        def is_inside(each: Path) -> bool:
            return each.resolve().is_relative_to(path.resolve())

        labs = [each for each in list_labs() if is_inside(paths.labs() / each)]
        return [page for page in list_pages() if is_inside(page)], labs
    page = paths.docs() / f"{name}.md"
    return ([page], []) if page.exists() else ([], [find_lab(name)])
