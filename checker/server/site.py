"""The site: docs and lab pages, built by MkDocs once for each state of their sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from checker.base import console, course, paths, process
from checker.base.errors import CourseError

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"
THEME = HERE / "theme"
PACKAGE = HERE.parents[1]
API = "/course/api/"
BUILD_SECONDS = 300
KEPT = 3


def build() -> Path:
    """The folder with the site of the sources as they are now; built only if it is not there.

    Raises:
        CourseError: MkDocs refuses the sources, or a lab cannot be read; the message says why.
    """
    built = _built() / _key()
    if not built.is_dir():
        with paths.lock("site", lambda: console.err.print("Waiting for another build ...")):
            if not built.is_dir():
                with console.step("Building the site"):
                    _build_into(built)
                _forget_older()
    return built


def write(target: Path, api: str = "") -> None:
    """Build the site into the folder TARGET, for a web server of any kind.

    Args:
        target: Replaced as a whole.
        api: Where the course's API is; without one, pages say how to start the course.

    Raises:
        CourseError: as `build`.
    """
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        _assemble(source)
        _run_mkdocs(source, target, api)


def _run_mkdocs(source: Path, target: Path, api: str) -> None:
    own = {"PYTHONPATH": str(PACKAGE), "COURSE_API": api, "NO_MKDOCS_2_WARNING": "1"}
    done = process.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", target],
        timeout=BUILD_SECONDS,
        cwd=source,
        env={**os.environ, **own},
        check=False,
    )
    if done.status != 0:
        raise CourseError(
            "The site cannot be built.",
            found=_complaints(done.output + done.errors),
            next_step="Put the named file right, and mkdocs.yml if a page is new or gone.",
        )


def _complaints(said: str) -> str:
    """What MkDocs found wrong, without what it did."""
    lines = said.strip().splitlines()
    wrong = [line for line in lines if line.startswith(("WARNING", "ERROR"))]
    return "\n".join(wrong or lines[-12:])


def _built() -> Path:
    folder = paths.cache() / "site"
    folder.mkdir(exist_ok=True)
    return folder


def _build_into(built: Path) -> None:
    """A killed build leaves a folder that nobody reads, never half a site."""
    with tempfile.TemporaryDirectory(dir=built.parent, prefix=".building-") as name:
        write(Path(name) / "site", API)
        (Path(name) / "site").rename(built)


def _forget_older() -> None:
    """Remove all but the newest sites; a server may still serve the one before."""
    sites = sorted(_built().iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    for each in sites[KEPT:]:
        shutil.rmtree(each, ignore_errors=True)


def _assemble(source: Path) -> None:
    """Lay out what MkDocs reads: the docs, a page for each lab, and the scripts of the pages."""
    from checker.labs.lab import load
    from checker.labs.page import markdown

    docs = source / "docs"
    shutil.copytree(paths.docs(), docs)
    shutil.copytree(STATIC, docs / "assets" / "course")
    for name in course.labs():
        paths.write_atomically(docs / "labs" / f"{name}.md", markdown(load(name)))
    settings = {
        "INHERIT": str(paths.root() / "mkdocs.yml"),
        "docs_dir": "docs",
        "theme": {"custom_dir": str(THEME)},
    }
    (source / "mkdocs.yml").write_text(yaml.safe_dump(settings))


def _key() -> str:
    """One name for each state of all that the site is made from."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    for folder in (paths.docs(), STATIC, THEME, HERE.parent / "pages", HERE.parent / "labs"):
        yield from (path for path in folder.rglob("*") if _counts(path))
    yield from (paths.labs() / name / "lab.md" for name in course.labs())
    yield from (path for path in (paths.root() / "mkdocs.yml", PACKAGE / "requirements.txt"))
    yield Path(__file__)


def _counts(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc"


if __name__ == "__main__":
    write(Path(sys.argv[1]).resolve())
