"""What is handed in gets a name of its own, and says which lab it answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.grading.submission import Submission, find_submissions

pytestmark = pytest.mark.usefixtures("course")


def only(path: Path, lab: str | None = None) -> Submission:
    found = find_submissions([path], lab)
    assert len(found) == 1
    return found[0]


def test_notebook_names_its_lab(notebook: Callable[..., Path]) -> None:
    path = notebook("ana.ipynb", "echo yes > word.txt")
    found = only(path)
    assert (found.name, found.lab, found.notebook) == ("ana", "docker/first", path)
    assert (found.kind, found.trouble) == ("notebook", "")


def test_folder_takes_the_lab_of_its_notebook(notebook: Callable[..., Path]) -> None:
    path = notebook("ana/answers.ipynb")
    found = only(path.parent)
    assert (found.name, found.kind, found.lab) == ("ana", "folder", "docker/first")
    assert found.notebook == path


def test_folder_without_notebook_takes_the_lab_of_its_marker(tmp_path: Path) -> None:
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana/.course-lab").write_text("first\n")
    found = only(tmp_path / "ana")
    assert (found.lab, found.notebook) == ("docker/first", None)


def test_lab_from_the_command_line_serves_those_that_say_none(
    tmp_path: Path, notebook: Callable[..., Path]
) -> None:
    (tmp_path / "ana").mkdir()
    ben = notebook("ben.ipynb", lab="")
    found = find_submissions([tmp_path / "ana", ben], "second")
    assert [each.lab for each in found] == ["docker/second", "docker/second"]


def test_unknown_lab_on_the_command_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no lab 'frist'"):
        find_submissions([tmp_path], "frist")


def test_submission_without_a_lab_is_told_three_ways_to_name_one(tmp_path: Path) -> None:
    (tmp_path / "ana").mkdir()
    trouble = only(tmp_path / "ana").trouble
    assert "does not say which lab" in trouble
    for way in ("a notebook of the course", ".course-lab", "--lab TRACK/SLUG"):
        assert way in trouble


def test_submission_for_another_lab_is_not_graded_as_this_one(
    notebook: Callable[..., Path],
) -> None:
    trouble = only(notebook("ana.ipynb"), "docker/second").trouble
    assert "is not for one lab" in trouble
    assert "docker/first, docker/second" in trouble


def test_submission_for_a_lab_that_is_not_there_names_the_nearest(
    notebook: Callable[..., Path],
) -> None:
    trouble = only(notebook("ana.ipynb", lab="docker/firts")).trouble
    assert "no lab 'docker/firts'" in trouble
    assert "docker/first" in trouble


@pytest.mark.parametrize("named", [["docker/first"], 7, {"lab": 7}, {}])
def test_odd_metadata_count_as_none(notebook: Callable[..., Path], named: object) -> None:
    import nbformat

    path = notebook("ana.ipynb", lab="")
    content = nbformat.read(path, as_version=4)
    content.metadata["course"] = named
    path.write_text(nbformat.writes(content))
    assert "does not say which lab" in only(path).trouble


@pytest.mark.parametrize("text", ["", "not JSON", "[]", "{}", '{"nbformat": 4, "cells": 3}'])
def test_broken_notebook_without_a_lab_is_said_to_be_broken(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ana.ipynb"
    path.write_text(text)
    assert "ana.ipynb is not a notebook that can be read" in only(path).trouble


def test_broken_notebook_of_a_known_lab_is_still_graded(tmp_path: Path) -> None:
    path = tmp_path / "ana.ipynb"
    path.write_bytes(b"\xff\x00")
    found = only(path, "first")
    assert (found.lab, found.notebook, found.trouble) == ("docker/first", path, "")


def test_other_files_are_no_submissions(tmp_path: Path) -> None:
    (tmp_path / "ana.zip").write_text("")
    assert "neither a folder nor a notebook" in only(tmp_path / "ana.zip", "first").trouble


def test_of_several_notebooks_the_one_named_like_the_lab_counts(
    notebook: Callable[..., Path],
) -> None:
    notebook("ana/draft.ipynb")
    counts = notebook("ana/first.ipynb")
    assert only(counts.parent).notebook == counts


def test_of_several_notebooks_the_one_that_names_the_lab_counts(
    notebook: Callable[..., Path],
) -> None:
    notebook("ana/a-scratch.ipynb", lab="")
    counts = notebook("ana/work.ipynb")
    assert only(counts.parent).notebook == counts


def test_several_notebooks_that_could_count_are_a_trouble(notebook: Callable[..., Path]) -> None:
    notebook("ana/one.ipynb")
    path = notebook("ana/two.ipynb")
    trouble = only(path.parent).trouble
    assert "one.ipynb, two.ipynb" in trouble
    assert "first.ipynb" in trouble


def test_folder_that_names_two_labs_is_a_trouble(notebook: Callable[..., Path]) -> None:
    notebook("ana/one.ipynb")
    path = notebook("ana/two.ipynb", lab="docker/second")
    assert "is not for one lab" in only(path.parent).trouble


def test_marker_that_cannot_be_read_is_a_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ana").mkdir()
    (tmp_path / "ana/.course-lab").write_text("first")

    def refuse(*args: object, **options: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    assert "Permission denied" in only(tmp_path / "ana").trouble


def test_same_file_names_are_told_apart_by_their_folders(notebook: Callable[..., Path]) -> None:
    given = [notebook("ana/first.ipynb"), notebook("ben/first.ipynb"), notebook("other.ipynb")]
    assert [each.name for each in find_submissions(given, None)] == [
        "ana-first",
        "ben-first",
        "other",
    ]


def test_names_that_differ_only_in_case_are_told_apart(notebook: Callable[..., Path]) -> None:
    given = [notebook("a/Ana.ipynb"), notebook("b/ana.ipynb")]
    assert [each.name for each in find_submissions(given, None)] == ["a-Ana", "b-ana"]


def test_folder_and_notebook_of_the_same_path_get_numbers(
    tmp_path: Path, notebook: Callable[..., Path]
) -> None:
    (tmp_path / "ana").mkdir()
    names = [
        each.name for each in find_submissions([notebook("ana.ipynb"), tmp_path / "ana"], "first")
    ]
    assert names[0].endswith("-ana")
    assert names[1] == f"{names[0]}-2"


def test_same_submission_twice_is_graded_once(
    tmp_path: Path, notebook: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = notebook("ana.ipynb")
    monkeypatch.chdir(tmp_path)
    assert len(find_submissions([path, Path("ana.ipynb")], None)) == 1
