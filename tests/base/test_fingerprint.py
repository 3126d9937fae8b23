"""The fingerprint changes with whatever a process of the course may have loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.base.fingerprint import fingerprint_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in ("a.py", "checks/probing/wire.py", "judging/pytest.ini", "images/catalogue.toml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1")
    return tmp_path


@pytest.mark.parametrize(
    "name", ["a.py", "checks/probing/wire.py", "judging/pytest.ini", "images/catalogue.toml"]
)
def test_a_touched_source_file_changes_it_however_deep_it_lies(package: Path, name: str) -> None:
    before = fingerprint_package(package)
    assert fingerprint_package(package) == before
    os.utime(package / name, ns=(1, 1))
    assert fingerprint_package(package) != before


def test_a_new_module_changes_it(package: Path) -> None:
    before = fingerprint_package(package)
    (package / "checks/new.py").touch()
    assert fingerprint_package(package) != before


def test_what_python_compiles_and_what_is_no_code_does_not_change_it(package: Path) -> None:
    before = fingerprint_package(package)
    (package / "__pycache__").mkdir()
    (package / "__pycache__/a.py").touch()
    (package / "notes.txt").touch()
    assert fingerprint_package(package) == before
