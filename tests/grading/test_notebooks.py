"""Submitted notebooks run as they are, but for what the learner asked the course."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import v4

from checker.base.errors import CourseError
from checker.grading import notebooks
from checker.labs.lab import load_lab

pytestmark = pytest.mark.usefixtures("course")


def source(cell: str, lab: str = "docker/first") -> str:
    made = v4.new_notebook(cells=[v4.new_code_cell(cell)])
    return str(notebooks.prepare_notebook(made, load_lab(lab)).cells[0].source)


@pytest.mark.parametrize(
    "command",
    [
        "course check docker/first word",
        "  ./course check first",
        "/opt/course/course hint first word",
        "course reset first --yes",
    ],
)
def test_commands_of_the_course_are_left_out_in_bash(command: str) -> None:
    indent = command[: len(command) - len(command.lstrip())]
    assert source(f"echo a\n{command}\necho b") == f"echo a\n{indent}:\necho b"


def test_commands_of_the_course_are_left_out_in_python() -> None:
    cell = "if True:\n    !course check docker/second word\n"
    assert source(cell, "docker/second") == "if True:\n    pass\n"


@pytest.mark.parametrize("command", ["echo course check", "of-course check", "course", "courses"])
def test_other_commands_are_kept(command: str) -> None:
    assert source(command) == command


def test_kernel_is_the_labs_whatever_the_notebook_says(notebook: Callable[..., Path]) -> None:
    read = notebooks.read_notebook(notebook("ana.ipynb", "true", kernel="no-such-kernel"))
    for lab, kernel in (("docker/first", "bash"), ("docker/second", "python3")):
        made = notebooks.prepare_notebook(read, load_lab(lab))
        assert made.metadata["kernelspec"]["name"] == kernel


def test_old_outputs_are_not_taken_for_new_ones(notebook: Callable[..., Path]) -> None:
    read = notebooks.read_notebook(notebook("ana.ipynb", "false"))
    read.cells[0].outputs = [v4.new_output("error", ename="", evalue="1", traceback=[])]
    read.cells[0].execution_count = 4
    assert notebooks.list_failures(read)[0]["cell"] == 1
    made = notebooks.prepare_notebook(read, load_lab("docker/first"))
    assert notebooks.list_failures(made) == []
    assert notebooks.find_last_begun(made) == 0


def test_failed_cell_is_quoted_without_colours_and_with_its_status() -> None:
    cells = [v4.new_markdown_cell("# Text"), v4.new_code_cell("true"), v4.new_code_cell("oops")]
    made = v4.new_notebook(cells=cells)
    made.cells[2].outputs = [
        v4.new_output("stream", text="\x1b[31moops: not found\x1b[0m\n"),
        v4.new_output("error", ename="", evalue="127", traceback=[]),
    ]
    assert notebooks.list_failures(made) == [
        {"cell": 2, "source": "oops", "said": "oops: not found\nexit status 127"}
    ]


def test_error_of_python_is_quoted_by_name() -> None:
    made = v4.new_notebook(cells=[v4.new_code_cell("1/0")])
    made.cells[0].outputs = [
        v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero", traceback=[])
    ]
    assert notebooks.list_failures(made)[0]["said"] == "ZeroDivisionError: division by zero"


def test_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"gone\.ipynb is not a notebook") as caught:
        notebooks.read_notebook(tmp_path / "gone.ipynb")
    assert "No such file" in caught.value.found
