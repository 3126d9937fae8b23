"""The contracts of import-linter hold, and each of them finds what it is there for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, to be spoilt."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    leave_out = shutil.ignore_patterns("recipes", "__pycache__", "theme", "static")
    shutil.copytree(ROOT / "checker", tmp_path / "checker", ignore=leave_out)
    return tmp_path


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("docker/labels.py", "import checker.labs.work", "imports go down"),
        ("checks/core/failure.py", "import checker.docker.removal", "checks never import"),
        ("pages/comparing/match.py", "import checker.pages.comparing.align", "no circles"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, line: str, contract: str) -> None:
    file = copy / "checker" / module
    file.write_text(f"{file.read_text()}\n\ndef late() -> None:\n    {line}\n")
    status, output = lint(copy)
    broken = [each for each in output.splitlines() if each.endswith("BROKEN")]
    assert status == 1
    assert any(each.startswith(contract) for each in broken)
