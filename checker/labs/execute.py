"""Run a notebook with nbclient, in the course's environment, with the workspace as its folder."""

from __future__ import annotations

import copy
import subprocess
import uuid
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.labs.notebook import ensure_kernels, import_format4, list_code_cells

CELL_SECONDS = 180
START_SECONDS = 60
REMEMBER_FAILURE = "course_failed=0; trap 'course_failed=$?' ERR"
RETURN_FAILURE = '( exit "${course_failed:-99}" )'
"""The Bash kernel looks at a cell's last command alone, and starts a new shell after `exit`. With
these lines a failure anywhere in a cell counts, and so does a shell that is not the first."""


class CellFailed(CourseError):
    """A cell ended with an error; `line` is its line in lab.md, 0 where it has none."""

    def __init__(self, message: str, output: str, line: int = 0) -> None:
        super().__init__(message, found=output)
        self.line = line


class CellHung(CouldNotFindOut):
    """A cell took too long; the notebook holds the outputs up to it."""


def execute_notebook(
    notebook: Any, workspace: Path, *, timeout: int = CELL_SECONDS, allow_errors: bool = False
) -> Any:
    """Run all code cells of a notebook, in order.

    Args:
        notebook: It is given the outputs.
        workspace: The folder in which the cells run.
        timeout: Seconds that one cell may take.
        allow_errors: Go on after a cell that fails, as learners' notebooks do; otherwise every
            command of every cell must succeed.

    Returns:
        The same notebook with its outputs.

    Raises:
        CellFailed: A cell failed.
        CellHung: A cell took too long.
        CouldNotFindOut: The kernel died or never started.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from checker.orchestrators.registry import shell_environment

    ensure_kernels()
    strict = not allow_errors and notebook.metadata["kernelspec"]["name"] == "bash"
    running = copy_with_traps(notebook) if strict else copy.deepcopy(notebook)
    client = make_client(running, workspace, timeout, allow_errors)
    try:
        client.execute(env=shell_environment(), stderr=subprocess.DEVNULL, cleanup_kc=True)
    except CellExecutionError:
        raise find_failure(running, strict) from None
    except CellTimeoutError as error:
        copy_outputs(notebook, running, strict)
        raise CellHung("A cell took too long.", found=str(error).split("\n")[0]) from None
    except (DeadKernelError, NoSuchKernel, RuntimeError) as error:
        raise CouldNotFindOut("The notebook's kernel died.", found=str(error)) from None
    return copy_outputs(notebook, running, strict)


def make_client(notebook: Any, workspace: Path, timeout: int, allow_errors: bool) -> Any:
    """Return a client whose kernel is reached by Unix sockets: no port, no other user."""
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    file = paths.ensure_folder(paths.runtime()) / f"kernel-{uuid.uuid4().hex[:8]}.json"
    kernel = AsyncKernelManager(
        kernel_name=notebook.metadata["kernelspec"]["name"],
        transport="ipc",
        connection_file=str(file),
    )
    return NotebookClient(
        notebook,
        km=kernel,
        timeout=timeout,
        startup_timeout=START_SECONDS,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(workspace)}},
    )


def copy_with_traps(notebook: Any) -> Any:
    """Return a copy whose cells fail where any of their commands fails."""
    strict = copy.deepcopy(notebook)
    for cell in list_code_cells(strict):
        if cell.source.strip():
            cell.source = f"{cell.source.rstrip()}\n{RETURN_FAILURE}"
    strict.cells.insert(0, import_format4().new_code_cell(REMEMBER_FAILURE))
    strict.cells.append(import_format4().new_code_cell(RETURN_FAILURE))
    return strict


def find_failure(notebook: Any, strict: bool) -> CellFailed:
    """Return the error of the first cell that failed; `strict`: a copy of `copy_with_traps`."""
    for number, cell in enumerate(list_code_cells(notebook), start=0 if strict else 1):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors and cell.source == RETURN_FAILURE:
            return CellFailed("A cell ended the shell.", "exit")
        if errors:
            first = cell.source.strip().splitlines()[0]
            output = "".join(each.get("text", "") for each in cell.outputs)[-1000:]
            details = f"{errors[0].ename} {errors[0].evalue}".strip()
            line = cell.metadata.get("course", {}).get("line", 0)
            found = f"{output.strip()} ({details})".strip()
            return CellFailed(f"Cell {number} failed: {first}", found, line)
    return CellFailed("A cell failed.", "no cell shows an error")


def copy_outputs(notebook: Any, executed: Any, strict: bool) -> Any:
    """Give a notebook the outputs of its copy that was run, and return it."""
    cells = executed.cells[1:-1] if strict else executed.cells  # without the two that were added
    for cell, done in zip(notebook.cells, cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = done.outputs
            cell.execution_count = done.execution_count
    return notebook
