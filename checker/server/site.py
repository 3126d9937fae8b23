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


def build_site() -> Path:
    """Return the folder with the site of the sources as they are now; build it if it is missing.

    Raises:
        CourseError: MkDocs refuses the sources, or a lab cannot be read; the message says why.
    """
    built = sites_folder() / fingerprint_sources()
    if not built.is_dir():
        with paths.lock("site", "Waiting for another build ..."):
            if not built.is_dir():
                with console.step("Building the site"):
                    build_into(built)
                sites = sorted(built.parent.iterdir(), key=lambda each: -each.stat().st_mtime)
                for each in sites[KEPT:]:  # a server may still serve the one before
                    shutil.rmtree(each, ignore_errors=True)
    return built


def write_site(target: Path, api: str = "") -> None:
    """Build the site into the folder TARGET, for a web server of any kind.

    Args:
        target: Replaced as a whole.
        api: Where the course's API is; without one, pages say how to start the course.

    Raises:
        CourseError: as `build_site`.
    """
    own = {"PYTHONPATH": str(PACKAGE), "COURSE_API": api, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)]
    with tempfile.TemporaryDirectory() as name:
        source = Path(name)
        lay_out_sources(source)
        env = {**os.environ, **own}
        done = process.run(command, timeout=BUILD_SECONDS, cwd=source, env=env, check=False)
    if done.status != 0:
        lines = (done.output + done.errors).strip().splitlines()
        wrong = [line for line in lines if line.startswith(("WARNING", "ERROR"))]
        raise CourseError(
            "The site cannot be built.",
            found="\n".join(wrong or lines[-12:]),
            next_step="Put the named file right, and mkdocs.yml if a page is new or gone.",
        )


def sites_folder() -> Path:
    """Return where sites are, each under the fingerprint of its sources."""
    return paths.cache() / "site"


def build_into(built: Path) -> None:
    """Build a site there; a killed build leaves a folder that nobody reads, never half a site."""
    paths.ensure_folder(built.parent)
    with tempfile.TemporaryDirectory(dir=built.parent, prefix=".building-") as name:
        write_site(Path(name) / "site", API)
        (Path(name) / "site").rename(built)


def lay_out_sources(source: Path) -> None:
    """Lay out what MkDocs reads: the docs, a page for each lab, and the scripts of the pages."""
    from checker.labs.lab import load_lab
    from checker.labs.page import render_page

    docs = source / "docs"
    shutil.copytree(paths.docs(), docs)
    shutil.copytree(STATIC, docs / "assets" / "course")
    for name in course.list_labs():
        paths.write_atomically(docs / "labs" / f"{name}.md", render_page(load_lab(name)))
    settings = {"docs_dir": "docs", "theme": {"custom_dir": str(THEME)}}
    settings["INHERIT"] = str(paths.root() / "mkdocs.yml")
    (source / "mkdocs.yml").write_text(yaml.safe_dump(settings))


def fingerprint_sources() -> str:
    """Return one name for each state of all that the site is made from."""
    digest = hashlib.sha256()
    for path in sorted(_list_sources()):
        digest.update(f"{path}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _list_sources() -> Iterator[Path]:
    for folder in (paths.docs(), STATIC, THEME, HERE.parent / "pages", HERE.parent / "labs"):
        files = (path for path in folder.rglob("*") if path.is_file())
        yield from (path for path in files if path.suffix != ".pyc")
    yield from (paths.labs() / name / "lab.md" for name in course.list_labs())
    yield from (paths.root() / "mkdocs.yml", PACKAGE / "requirements.txt", Path(__file__))


if __name__ == "__main__":
    write_site(Path(sys.argv[1]).resolve())
