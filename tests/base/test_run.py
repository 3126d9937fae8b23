"""A run goes by its name: its journal, its label, and the settings with which it began."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.run import LABEL, Run, journals_folder
from checker.base.settings import Settings, use_settings


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b"])
def test_name_that_is_no_file_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a run's name"):
        Run(name)


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("docs/docker/volumes.md", "verify-docs-docker-volumes"),
        ("/tmp/a page (1).md", "verify-tmp-a-page-1"),
        ("index.md", "verify-index"),
    ],
)
def test_run_of_a_page_is_named_after_its_path(shown: str, name: str) -> None:
    assert Run.of_page(shown).name == name


def test_run_of_a_lab_is_named_after_lab_and_purpose() -> None:
    assert Run.of_lab("docker/first-container").name == "lab-docker-first-container"
    assert Run.of_lab("docker/first-container", "verify").name == "verify-docker-first-container"


def test_label_tells_what_a_run_made() -> None:
    assert Run("a").label == (LABEL, "a")


def test_runs_of_one_name_are_the_same(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path, tmp_path, tmp_path)
    assert Run("a") == Run("a", settings) != Run("b")
    assert len({Run("a"), Run("a", settings)}) == 1


def test_journal_is_where_the_run_began(tmp_path: Path) -> None:
    with use_settings(Settings(tmp_path, tmp_path, tmp_path, tmp_path / "state")):
        run = Run("a")
        assert journals_folder() == run.folder
    assert run.folder == tmp_path / "state" / "made"
    assert run.journal == run.folder / "a.jsonl"
    assert run.ended_mark == run.folder / "a.done"
    assert not run.folder.exists()
