"""The learner's notebook holds the tasks and no trace of a solution; the solved one holds it."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from checker.base import course
from checker.labs import notebook
from checker.labs.lab import Lab, load_lab, read_lab
from checker.labs.lint import list_secrets
from checker.labs.stage import list_files

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lab(make_lab) -> Lab:
    make_lab()
    return load_lab("first")


def test_each_task_has_a_text_an_empty_cell_and_one_that_checks(lab: Lab) -> None:
    cells = notebook.build_learner_notebook(lab).cells
    assert [cell.id for cell in cells] == [
        *("introduction", "task-word", "answer-word", "check-word"),
        *("task-count", "answer-count", "check-count"),
    ]
    assert cells[2].source == ""
    assert cells[3].source == "course check docker/first word"
    assert '<a id="word"></a>' in cells[1].source
    assert "Write the word `yes`" in cells[1].source


def test_notebook_is_valid_and_says_whose_it_is(lab: Lab) -> None:
    written = json.loads(notebook.format_notebook(notebook.build_learner_notebook(lab)))
    nbformat.validate(nbformat.from_dict(written))
    assert (written["nbformat"], written["nbformat_minor"]) == (4, 5)
    assert written["metadata"]["course"] == {"lab": "docker/first", "schema": 1}
    assert written["metadata"]["kernelspec"]["name"] == "bash"


def test_python_lab_gets_a_python_kernel_and_leaves_to_the_shell_for_its_check(make_lab) -> None:
    lab_md = (make_lab() / "lab.md").read_text()
    make_lab(
        lab_md.replace("engine: none", "engine: none\nkernel: python").replace(
            "``` bash { .solution }", "``` python { .solution }"
        )
    )
    made = notebook.build_learner_notebook(load_lab("first"))
    assert made.metadata["kernelspec"]["name"] == "python3"
    assert made.cells[3].source == "!course check docker/first word"


def test_solved_notebook_holds_the_solution_with_its_line(lab: Lab) -> None:
    cells = [cell for cell in notebook.build_solved_notebook(lab).cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells] == [code.text for t in lab.tasks for code in t.solution]
    assert cells[0].metadata["course"] == {"task": "word", "line": lab.tasks[0].solution[0].line}


def test_learner_gets_no_hint_and_no_solution(lab: Lab) -> None:
    written = notebook.format_notebook(notebook.build_learner_notebook(lab))
    assert "secret way" not in written
    assert "Which command prints" not in written
    assert "made by setup" not in written


def _labs() -> list[str]:
    return sorted(
        str(file.parent.relative_to(ROOT / "labs")) for file in ROOT.glob("labs/*/*/lab.md")
    )


@pytest.mark.parametrize("name", _labs())
def test_no_byte_of_what_learners_get_holds_a_line_of_a_solution(name: str) -> None:
    lab = read_lab(ROOT / "labs" / name / "lab.md", name)
    given = notebook.format_notebook(notebook.build_learner_notebook(lab)).encode()
    given += b"".join(path.read_bytes() for path in list_files(lab.folder / "starter"))
    hidden = list_secrets(lab)
    assert hidden
    for line in hidden:
        assert line.encode() not in given
        assert json.dumps(line)[1:-1].encode() not in given


def test_every_lab_of_the_course_is_searched() -> None:
    assert _labs() == course.list_labs()


def test_solution_is_found_where_it_was_left(make_lab) -> None:
    text = (make_lab() / "lab.md").read_text()
    make_lab(
        text.replace("Write the number", "Type tr -d '\\n' < word.txt | wc -c > count.txt. Write")
    )
    lab = load_lab("first")
    given = notebook.format_notebook(notebook.build_learner_notebook(lab)).encode()
    assert any(json.dumps(line)[1:-1].encode() in given for line in list_secrets(lab))


def test_bash_kernel_is_described_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    notebook.ensure_kernels()
    file = tmp_path / "share/jupyter/kernels/bash/kernel.json"
    assert json.loads(file.read_text())["argv"][1:3] == ["-m", "bash_kernel"]
    before = file.stat().st_ino
    notebook.ensure_kernels()
    assert file.stat().st_ino == before
    file.write_text("{}")
    notebook.ensure_kernels()
    assert "bash_kernel" in file.read_text()
