"""Run a notebook with nbclient, in the course's environment, with the workspace as its folder."""

from __future__ import annotations

import copy
import subprocess
import uuid
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.labs.notebook import ensure_kernels, format4

CELL_SECONDS = 180
START_SECONDS = 60
TRAP = "course_failed=0; trap 'course_failed=$?' ERR"
JUDGE = '( exit "${course_failed:-99}" )'
"""The Bash kernel looks at a cell's last command alone, and starts a new shell after `exit`. With
these lines a failure anywhere in a cell counts, and so does a shell that is not the first."""


class CellFailed(CourseError):
    """A cell ended with an error; `line` is its line in lab.md, 0 where it has none."""

    def __init__(self, message: str, output: str, line: int = 0) -> None:
        super().__init__(message, found=output)
        self.line = line


class CellHung(CouldNotFindOut):
    """A cell took too long; the notebook holds the outputs up to it."""


def execute(
    notebook: Any, workspace: Path, *, timeout: int = CELL_SECONDS, allow_errors: bool = False
) -> Any:
    """Run all code cells of a notebook, in order.

    Args:
        workspace: The folder in which they run.
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

    from checker.docker.docker_engine import environment

    ensure_kernels()
    strict = not allow_errors and notebook.metadata["kernelspec"]["name"] == "bash"
    running = _strict(notebook) if strict else copy.deepcopy(notebook)
    client = _client(running, workspace, timeout, allow_errors)
    try:
        client.execute(env=environment(), stderr=subprocess.DEVNULL, cleanup_kc=True)
    except CellExecutionError:
        raise _failed(running, strict) from None
    except CellTimeoutError as error:
        _with_outputs(notebook, running, strict)
        raise CellHung("A cell took too long.", found=str(error).split("\n")[0]) from None
    except (DeadKernelError, NoSuchKernel, RuntimeError) as error:
        raise CouldNotFindOut("The notebook's kernel died.", found=str(error)) from None
    return _with_outputs(notebook, running, strict)


def _client(notebook: Any, workspace: Path, timeout: int, allow_errors: bool) -> Any:
    """A client whose kernel is reached by Unix sockets: no port, no other user."""
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    kernel = AsyncKernelManager(
        kernel_name=notebook.metadata["kernelspec"]["name"],
        transport="ipc",
        connection_file=str(paths.runtime() / f"kernel-{uuid.uuid4().hex[:8]}.json"),
    )
    return NotebookClient(
        notebook,
        km=kernel,
        timeout=timeout,
        startup_timeout=START_SECONDS,
        allow_errors=allow_errors,
        resources={"metadata": {"path": str(workspace)}},
    )


def _strict(notebook: Any) -> Any:
    """A copy whose cells fail where any of their commands fails."""
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "code" and cell.source.strip():
            cell.source = f"{cell.source.rstrip()}\n{JUDGE}"
    made.cells.insert(0, format4().new_code_cell(TRAP))
    made.cells.append(format4().new_code_cell(JUDGE))
    return made


def _failed(notebook: Any, strict: bool) -> CellFailed:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=0 if strict else 1):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors and cell.source == JUDGE:
            return CellFailed("A cell ended the shell.", "exit")
        if errors:
            first = cell.source.strip().splitlines()[0]
            said = "".join(each.get("text", "") for each in cell.outputs)[-1000:]
            details = f"{errors[0].ename} {errors[0].evalue}".strip()
            line = cell.metadata.get("course", {}).get("line", 0)
            found = f"{said.strip()} ({details})".strip()
            return CellFailed(f"Cell {number} failed: {first}", found, line)
    return CellFailed("A cell failed.", "no cell shows an error")


def _with_outputs(notebook: Any, executed: Any, strict: bool) -> Any:
    cells = executed.cells[1:-1] if strict else executed.cells
    for cell, done in zip(notebook.cells, cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs = done.outputs
            cell.execution_count = done.execution_count
    return notebook
