"""A course with two labs that need no engine, and submissions to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

LAB = """---
title: First steps
engine: none
minutes: 5
chapter: docker/first
teaches: [files]
requires: []
kernel: bash
---
# First steps

``` bash { .setup }
echo made by setup > ready.txt
```

## Task: write a word { #word points="1" }
Write `yes` into `word.txt`.

``` bash { .solution }
echo yes > word.txt
```

## Task: count its letters { #count points="2" }
Write their number into `count.txt`.

``` bash { .solution }
echo 3 > count.txt
```
"""

CHECKS = '''"""What must be true after the lab 'First steps'."""

from checker.checks import task


@task("word")
def test_word(workspace):
    """word.txt says yes."""
    workspace.file("ready.txt").expect_text("made by setup")
    workspace.file("word.txt").expect_text("yes", next_step="Write yes, nothing else.")


@task("count", requires="word")
def test_count(workspace):
    """count.txt holds the number of letters."""
    workspace.file("count.txt").expect_text("3")
'''

MakeNotebook = Callable[..., Path]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkout of a course with the labs docker/first (Bash) and docker/second (Python)."""
    root = tmp_path / "course"
    for name, lab in (("first", LAB), ("second", LAB.replace("kernel: bash", "kernel: python"))):
        folder = root / "labs/docker" / name
        folder.mkdir(parents=True)
        text = lab if name == "first" else lab.replace("bash { .solution", "python { .solution")
        (folder / "lab.md").write_text(text)
        (folder / "checks.py").write_text(CHECKS)
    for name in ("work", "cache", "state"):
        monkeypatch.setenv(f"COURSE_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("COURSE_ROOT", str(root))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    return root


@pytest.fixture
def notebook(tmp_path: Path) -> MakeNotebook:
    """Writes a notebook with these code cells; without LAB it does not say what it answers."""

    def make(path: str, *cells: str, lab: str = "docker/first", kernel: Iterable[str] = ()) -> Path:
        made = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
        if lab:
            made.metadata["course"] = {"lab": lab, "schema": 1}
        if kernel:
            made.metadata["kernelspec"] = {"name": "".join(kernel), "display_name": "?"}
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(nbformat.writes(made))
        return file

    return make


@pytest.fixture
def read_json() -> Callable[[Path], dict]:
    """Reads a JSON file."""
    return lambda path: json.loads(path.read_text())
