"""The site: docs and lab pages, built by MkDocs once for each state of their sources."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from checker.base import console, course, paths, process
from checker.base.errors import CourseError
from checker.formats.front_matter import load_front_matter

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
            next_step="Correct the file that is named, and mkdocs.yml if a page is new or gone.",
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
    from checker.labs.proof_record import (
        describe_proof,
        digest_lab,
        digest_page,
        read_record,
        record_file,
    )
    from checker.server.lab_page import render_page

    docs = source / "docs"
    shutil.copytree(paths.docs(), docs)
    shutil.copytree(STATIC, docs / "assets" / "course")
    proofs = read_record(record_file())
    for page in course.list_pages():
        name, copy = str(page.relative_to(paths.root())), docs / page.relative_to(paths.docs())
        if has_commands(page):
            said = describe_proof(proofs.get(name), digest_page(page))
            copy.write_text(add_proof(page.read_text(), said))
    for name in course.list_labs():
        lab = load_lab(name)
        said = describe_proof(proofs.get(f"labs/{name}"), digest_lab(lab.folder))
        paths.write_atomically(docs / "labs" / f"{name}.md", add_proof(render_page(lab), said))
    settings = {"docs_dir": "docs", "theme": {"custom_dir": str(THEME)}}
    settings["INHERIT"] = str(paths.root() / "mkdocs.yml")
    (source / "mkdocs.yml").write_text(yaml.safe_dump(settings))


def has_commands(page: Path) -> bool:
    """Tell whether a page has something to prove on an engine."""
    with contextlib.suppress(CourseError, UnicodeDecodeError):  # which lint tells
        front_matter = load_front_matter(page, page.read_text().split("\n"))
        return bool(front_matter.get("engine", "none") != "none")
    return False


def add_proof(text: str, said: str) -> str:
    """Return a page's Markdown with what is said of its proof below its title."""
    return re.sub(r"^# .+$", rf"\g<0>\n\n{said}\n{{ .course-proof }}", text, count=1, flags=re.M)


def fingerprint_sources() -> str:
    """Return one name for each state of all that the site is made from."""
    digest = hashlib.sha256()
    for path in sorted(_list_sources()):
        digest.update(f"{path}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _list_sources() -> Iterator[Path]:
    labs = [paths.labs() / name for name in course.list_labs()]
    for folder in (paths.docs(), STATIC, THEME, HERE.parent / "pages", HERE.parent / "labs", *labs):
        files = (path for path in folder.rglob("*") if path.is_file())
        yield from (path for path in files if path.suffix != ".pyc")
    yield from (paths.root() / "mkdocs.yml", PACKAGE / "requirements.txt", Path(__file__))


if __name__ == "__main__":
    write_site(Path(sys.argv[1]).resolve())
