"""A name finds the page or lab that a person means."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base import course
from checker.base.errors import CourseError


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("docs/index.md", "docs/docker/first.md", "docs/docker/index.md", "outside.md"):
        _write(tmp_path / name)
    for name in ("docker/first", "docker/same", "compose/same"):
        _write(tmp_path / "labs" / name / "lab.md")
    return tmp_path


def _write(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("# Title\n")


def test_no_name_means_everything() -> None:
    pages, labs = course.find_targets([])
    assert [page.name for page in pages] == ["first.md", "index.md", "index.md"]
    assert labs == ["compose/same", "docker/first", "docker/same"]


@pytest.mark.parametrize("name", ["docs/docker/first.md", "docker/first.md"])
def test_page_is_found_from_the_checkout_and_from_docs(name: str, tiny: Path) -> None:
    pages, labs = course.find_targets([name])
    assert [page.resolve() for page in pages] == [tiny / "docs/docker/first.md"]
    assert labs == []


def test_page_may_be_any_markdown_file(tiny: Path) -> None:
    assert course.find_targets(["outside.md"]) == ([Path("outside.md")], [])


def test_page_that_is_not_there_is_named() -> None:
    with pytest.raises(CourseError, match=r"no page nowhere\.md"):
        course.find_targets(["nowhere.md"])


def test_folder_means_all_pages_or_labs_inside() -> None:
    assert len(course.find_targets(["docs/docker"])[0]) == 2
    assert course.find_targets(["labs/docker"]) == ([], ["docker/first", "docker/same"])


@pytest.mark.parametrize(
    "name", ["docker/first", "first", "labs/docker/first", "labs/docker/first/lab.md"]
)
def test_lab_is_found_by_each_of_its_names(name: str) -> None:
    assert course.find_lab(name) == "docker/first"


def test_name_twice_given_is_proven_once() -> None:
    assert course.find_targets(["labs/docker", "docker/same"])[1] == ["docker/first", "docker/same"]


@pytest.mark.parametrize(
    ("name", "near"), [("docker/frist", "docker/first"), ("same", "compose/same, docker/same")]
)
def test_unknown_lab_gets_the_nearest_names(name: str, near: str) -> None:
    with pytest.raises(CourseError) as caught:
        course.find_lab(name)
    assert near in caught.value.next_step


def test_chapter_is_a_page_of_a_track_but_not_its_index(tiny: Path) -> None:
    assert course.is_chapter(tiny / "docs/docker/first.md")
    assert not course.is_chapter(tiny / "docs/docker/index.md")
    assert not course.is_chapter(tiny / "docs/index.md")
    assert not course.is_chapter(tiny / "outside.md")
