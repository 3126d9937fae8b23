"""The fingerprint changes with whatever the process runs, and with nothing else."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

from checker.engines.emulator import fingerprint as module
from checker.engines.emulator.fingerprint import fingerprint


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "engines" / "emulator"
    folder.mkdir(parents=True)
    (folder / "door.py").write_text("one\n")
    for name in module.BESIDE:
        (folder.parent / name).write_text("one\n")
    monkeypatch.setattr(module, "HERE", folder)
    return folder


@pytest.mark.parametrize("name", ["door.py", "new.py", "../aws.py", "../ecsprocess.py"])
def test_an_update_of_what_it_runs_changes_it(here: Path, name: str) -> None:
    before = fingerprint()
    (here / name).write_text("another\n")
    assert fingerprint() != before


def test_so_does_another_ministack(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "9.9")
    assert fingerprint() != before


def test_what_it_does_not_run_changes_nothing(here: Path) -> None:
    before = fingerprint()
    (here.parent / "kind.py").write_text("another\n")
    (here / "notes.txt").write_text("another\n")
    assert fingerprint() == before


def test_all_that_it_reads_is_there() -> None:
    assert all((module.HERE.parent / name).is_file() for name in module.BESIDE)
    assert (module.HERE / "door.py").is_file()
