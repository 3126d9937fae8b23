"""The course as a whole: which pages and labs there are, and how a name finds one."""

from __future__ import annotations

import difflib
from pathlib import Path

from checker.base import paths
from checker.base.errors import CourseError

CHAPTERS = ("docker", "compose", "ecs", "kubernetes", "deploy")
"""The folders of docs/ whose pages are chapters; all others hold reference pages."""


def pages() -> list[Path]:
    """Every page of the course, in the order of their paths."""
    return sorted(paths.docs().rglob("*.md"))


def labs() -> list[str]:
    """Every lab as TRACK/SLUG, in the order of their names."""
    root = paths.labs()
    return sorted(str(file.parent.relative_to(root)) for file in root.glob("*/*/lab.md"))


def lab(name: str) -> str:
    """The lab that a person means: TRACK/SLUG, or the SLUG alone where only one lab has it.

    Raises:
        CourseError: There is none, or more than one; the message names the nearest.
    """
    found = labs()
    wanted = name.strip("/").removeprefix("labs/").removesuffix("/lab.md")
    if wanted in found:
        return wanted
    by_slug = [each for each in found if each.split("/")[-1] == wanted]
    if len(by_slug) == 1:
        return by_slug[0]
    near = by_slug or difflib.get_close_matches(wanted, found, n=3, cutoff=0.4) or found
    raise CourseError(f"There is no lab {name!r}.", next_step=f"Did you mean: {', '.join(near)}?")


def is_chapter(page: Path) -> bool:
    """Whether a page is a lesson, whose sections are fixed."""
    root = paths.docs().resolve()
    relative = page.resolve().relative_to(root) if page.resolve().is_relative_to(root) else page
    return relative.parts[0] in CHAPTERS and page.name != "index.md"


def targets(names: list[str]) -> tuple[list[Path], list[str]]:
    """Pages and labs that NAMES mean; without names, all of them.

    A name is a page (any Markdown file), a folder of pages or labs, or a lab.

    Raises:
        CourseError: A name is none of these.
    """
    if not names:
        return pages(), labs()
    found_pages: list[Path] = []
    found_labs: list[str] = []
    for name in names:
        more_pages, more_labs = _target(name)
        found_pages += more_pages
        found_labs += more_labs
    return list(dict.fromkeys(found_pages)), list(dict.fromkeys(found_labs))


def _target(name: str) -> tuple[list[Path], list[str]]:
    path = Path(name)
    if path.suffix == ".md" and path.name != "lab.md":
        return [_page(name)], []
    if path.is_dir():
        inside = path.resolve()
        return (
            [page for page in pages() if page.resolve().is_relative_to(inside)],
            [each for each in labs() if (paths.labs() / each).resolve().is_relative_to(inside)],
        )
    page = paths.docs() / f"{name}.md"
    return ([page], []) if page.exists() else ([], [lab(name)])


def _page(name: str) -> Path:
    for candidate in (Path(name), paths.root() / name, paths.docs() / name):
        if candidate.is_file():
            return candidate
    raise CourseError(f"There is no page {name}.", next_step="Give the path of a Markdown file.")
