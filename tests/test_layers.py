"""Imports go one way only, so that whoever knows a layer knows what it can depend on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "checker"

LAYERS = (
    {"cli", "commandline", "__main__"},
    {"testing", "bootstrap"},
    {"verify", "grading", "server", "convert"},
    {"machine", "measure"},
    {"labs"},
    {"pages"},
    {"checks"},
    {"engines", "images"},
    {"course", "console", "process"},
    {"errors", "failures", "fingerprint", "paths", "polling"},
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The parts of the checker that a module imports, at its top or inside its functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "checker":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("checker."):
            found.add((node.module or "").split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("checker.")}
    return found - {"__version__"}


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if part(path) != "__init__"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_module_imports_only_its_own_layer_or_one_below(path: Path) -> None:
    own = RANK[part(path)]
    wrong = {name for name in imported(path) if RANK[name] < own}
    assert not wrong, f"{path.relative_to(PACKAGE)} must not import {', '.join(sorted(wrong))}"


def test_every_part_of_the_checker_has_a_layer() -> None:
    assert {part(path) for path in MODULES} <= set(RANK)


def test_a_forbidden_import_is_found(tmp_path: Path) -> None:
    module = tmp_path / "docker.py"
    module.write_text("def late():\n    from checker.labs.work import start\n    start('x')\n")
    assert imported(module) == {"labs"}
