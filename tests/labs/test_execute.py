"""Notebooks run in real kernels: a failure anywhere counts, and nothing waits forever."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import v4

from checker.base.errors import CouldNotFindOut
from checker.labs.execute import CellFailed, execute_notebook


@pytest.fixture(autouse=True)
def course(root) -> None:
    """Away from the learner's state."""


def notebook(*cells: str, kernel: str = "bash"):
    code = [v4.new_code_cell(cell) for cell in cells]
    spec = {"name": kernel, "display_name": kernel}
    return v4.new_notebook(cells=code, metadata={"kernelspec": spec})


def outputs(executed) -> list[str]:
    return ["".join(output.get("text", "") for output in cell.outputs) for cell in executed.cells]


def test_cells_share_a_shell_in_the_workspace(tmp_path: Path) -> None:
    made = notebook("a=1; pwd", "cat <<EOF > file\n$a\n  b\nEOF", "", "cat file; false || true")
    executed = execute_notebook(made, tmp_path)
    assert outputs(executed) == [f"{tmp_path}\n", "", "", "1\n  b\n"]
    assert len(executed.cells) == 4


def test_command_that_fails_in_the_middle_of_a_cell_fails_it(tmp_path: Path) -> None:
    made = notebook("echo fine", "echo before\nls nowhere\necho after")
    made.cells[1].metadata["course"] = {"line": 42}
    with pytest.raises(CellFailed, match="Cell 2 failed: echo before") as caught:
        execute_notebook(made, tmp_path)
    assert caught.value.line == 42
    assert "nowhere" in caught.value.found


def test_cell_that_ends_the_shell_fails(tmp_path: Path) -> None:
    with pytest.raises(CellFailed, match="A cell ended the shell"):
        execute_notebook(notebook("exit 0"), tmp_path)


def test_learners_notebook_goes_on_after_an_error(tmp_path: Path) -> None:
    executed = execute_notebook(notebook("false", "echo on"), tmp_path, allow_errors=True)
    assert outputs(executed) == ["", "on\n"]
    assert [output.output_type for output in executed.cells[0].outputs] == ["error"]


def test_cell_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CouldNotFindOut, match="took too long"):
        execute_notebook(notebook("sleep 60"), tmp_path, timeout=1)


def test_python_kernel_runs_python_and_the_shell(tmp_path: Path) -> None:
    executed = execute_notebook(
        notebook("import os; print(os.getcwd())", "!echo $0", kernel="python3"), tmp_path
    )
    assert outputs(executed)[0] == f"{tmp_path}\n"
    with pytest.raises(CellFailed, match="ZeroDivisionError"):
        raise _found(tmp_path)


def _found(tmp_path: Path) -> CellFailed:
    with pytest.raises(CellFailed) as caught:
        execute_notebook(notebook("1 / 0", kernel="python3"), tmp_path)
    return CellFailed(caught.value.found, "")


def test_unknown_kernel_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CouldNotFindOut, match="kernel died"):
        execute_notebook(notebook("1", kernel="ruby"), tmp_path)


def test_kernel_that_dies_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CouldNotFindOut, match="kernel died"):
        execute_notebook(notebook("import os; os._exit(1)", kernel="python3"), tmp_path)
