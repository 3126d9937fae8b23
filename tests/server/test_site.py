from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.base import paths, process
from checker.base.errors import CourseError
from checker.labs.proof_record import Proof, digest_page, write_record
from checker.server import site

MKDOCS = """
site_name: Tiny
site_url: http://127.0.0.1:8888/course/
nav:
  - index.md
  - labs/docker/first.md
theme: {name: material, font: false}
plugins: [search]
markdown_extensions:
  - attr_list
  - pymdownx.details
  - pymdownx.superfences:
      custom_fences:
        - name: "*"
          class: block
          validator: !!python/name:checker.pages.site.formatter.validate
          format: !!python/name:checker.pages.site.formatter.format_block
extra:
  course_api: !ENV [COURSE_API, ""]
"""
LAB = """---
title: First
engine: none
minutes: 5
chapter: docker/first
teaches: [run]
---
# First

## Task: say hello { #hello points="2" }
Say it.

``` bash { .solution }
echo hello
```
"""
PAGE = """# Home

[the lab](labs/docker/first.md)

``` console { #hi }
$ echo hi
hi
```
"""


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in ("ROOT", "STATE", "CACHE"):
        monkeypatch.setenv(f"COURSE_{name}", str(tmp_path / name.lower()))
    root = tmp_path / "root"
    paths.write_atomically(root / "mkdocs.yml", MKDOCS)
    paths.write_atomically(root / "docs/index.md", PAGE)
    paths.write_atomically(root / "docs/docker/first.md", "# First page\n")
    paths.write_atomically(root / "labs/docker/first/lab.md", LAB)
    yield root
    shutil.rmtree(paths.runtime(), ignore_errors=True)


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Builds are counted, and write one file only."""
    done: list[Path] = []

    def write(target: Path, api: str = "") -> None:
        paths.write_atomically(target / "index.html", api)
        done.append(target)

    monkeypatch.setattr(site, "write_site", write)
    return done


def test_the_site_holds_pages_labs_and_scripts_and_knows_its_server() -> None:
    folder = site.build_site()
    home = (folder / "index.html").read_text()
    assert '<meta name="course-api" content="/course/api/">' in home
    assert 'data-command="echo hi"' in home
    assert 'data-task="hello"' in (folder / "labs/docker/first/index.html").read_text()
    assert (folder / "assets/course/course.mjs").is_file()
    assert re.search(r'href="/course/assets/', (folder / "404.html").read_text())


def test_a_page_says_below_its_title_on_what_it_was_proven(course: Path, tmp_path: Path) -> None:
    page = course / "docs/docker/first.md"
    page.write_text("---\nengine: docker\n---\n# First page\n\n## More\n")
    versions = {"Docker": "26.1.5"}
    proofs = {
        "docs/docker/first.md": Proof(digest_page(page), "2026-11-28", "", versions),
        "labs/docker/first": Proof("of earlier files", "2026-11-27", "", versions),
    }
    write_record(course / "docs/reference/proofs.json", proofs)
    site.write_site(tmp_path / "copy")

    def said(name: str) -> list[str]:
        text = (tmp_path / "copy" / name / "index.html").read_text()
        return re.findall(r'<p class="course-proof">(.*?)</p>', text)

    assert said("docker/first") == ["Proven on Docker 26.1.5, 2026-11-28."]
    assert said("labs/docker/first") == ["Changed since it was proven on 2026-11-27."]
    assert said(".") == []  # nothing on it needs an engine
    assert (tmp_path / "copy/reference/proofs.json").is_file()
    page.write_text(page.read_text() + "More.\n")
    (course / "docs/reference/proofs.json").unlink()
    site.write_site(tmp_path / "copy")
    assert said("docker/first") == ["Not proven yet."]


def test_a_record_that_is_none_is_named(course: Path, tmp_path: Path) -> None:
    paths.write_atomically(course / "docs/reference/proofs.json", "{")
    with pytest.raises(CourseError, match=r"proofs\.json is no record"):
        site.write_site(tmp_path / "copy")


def test_a_copy_without_a_server_names_no_api(tmp_path: Path) -> None:
    site.write_site(tmp_path / "copy")
    assert "course-api" not in (tmp_path / "copy/index.html").read_text()


def test_the_site_is_built_once_for_each_state_of_its_sources(
    builds: list[Path], course: Path
) -> None:
    first = site.build_site()
    assert site.build_site() == first
    assert len(builds) == 1
    for changed in ("docs/index.md", "labs/docker/first/lab.md", "mkdocs.yml"):
        file = course / changed
        file.write_text(file.read_text() + "\n")
        assert site.build_site() != first
    assert len(builds) == 4


def test_only_the_newest_sites_are_kept(builds: list[Path], course: Path) -> None:
    made = []
    for number in range(site.KEPT + 2):
        (course / "docs/index.md").write_text(f"# {number}\n")
        made.append(site.build_site())
        os.utime(made[-1], (number, number))
    (course / "docs/index.md").write_text("# last\n")
    last = site.build_site()
    assert last.is_dir()
    assert not made[0].exists()
    assert len(list(last.parent.iterdir())) == site.KEPT


def test_a_build_that_fails_leaves_no_site_and_the_next_one_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(target: Path, api: str) -> None:
        paths.write_atomically(target / "index.html", "half")
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(site, "write_site", interrupted)
        with pytest.raises(KeyboardInterrupt):
            site.build_site()
    assert list((paths.cache() / "site").iterdir()) == []
    assert "course-api" in (site.build_site() / "index.html").read_text()


def test_a_second_build_at_once_waits_and_takes_the_firsts_site(
    monkeypatch: pytest.MonkeyPatch, builds: list[Path]
) -> None:
    def lock(name: str, waiting: str) -> Any:
        assert waiting == "Waiting for another build ..."
        site.build_into(site.sites_folder() / site.fingerprint_sources())
        return real(name, waiting)

    real = paths.lock
    monkeypatch.setattr(paths, "lock", lock)
    assert site.build_site().is_dir()
    assert len(builds) == 1


def test_a_broken_link_is_named(course: Path) -> None:
    (course / "docs/index.md").write_text("# Home\n\n[nowhere](nowhere.md)\n")
    with pytest.raises(CourseError, match="cannot be built") as refused:
        site.build_site()
    assert "nowhere.md" in refused.value.found
    assert "INFO" not in refused.value.found


def test_what_mkdocs_says_last_is_told_where_it_names_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = process.Completed((), 1, "", "Traceback\nNo module named 'material'\n", 0.1)
    monkeypatch.setattr(process, "run", lambda *args, **options: said)
    with pytest.raises(CourseError, match="No module named 'material'"):
        site.build_site()


def test_a_lab_that_cannot_be_read_is_named(course: Path) -> None:
    (course / "labs/docker/first/lab.md").write_text("no front matter\n")
    with pytest.raises(CourseError, match=r"lab\.md:1"):
        site.build_site()


def test_the_same_site_is_found_fast() -> None:
    site.build_site()
    started = time.monotonic()
    site.build_site()
    assert time.monotonic() - started < 0.5
