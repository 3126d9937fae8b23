"""A lab as a notebook: the learner's, without a trace of a solution, and the solved one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from checker.labs.lab import Lab, Task, count_points

SCHEMA = 1
KERNELS = {
    "bash": {"name": "bash", "display_name": "Bash", "language": "bash"},
    "python": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
}
BASH_SPEC = {
    "argv": [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"],
    "display_name": "Bash",
    "language": "bash",
    "env": {"PS1": "$"},
}
"""What `python -m bash_kernel.install` writes; that would also ask where to, and for an icon."""


def build_learner_notebook(lab: Lab) -> Any:
    """Build the learner's notebook: text, and for each task an empty cell and one that checks.

    Returns:
        A notebook node, format 4.5, outputs empty.
    """
    v4 = import_format4()
    cells = [build_introduction(lab)]
    for number, task in enumerate(lab.tasks, start=1):
        cells.append(build_statement(number, task))
        # nbformat 4.5 allows 64 characters for the id of a cell
        cells.append(v4.new_code_cell("", id=f"answer-{task.id}"[:64]))
        cells.append(v4.new_code_cell(format_check_command(lab, task), id=f"check-{task.id}"[:64]))
    return assemble_notebook(lab, cells)


def build_solved_notebook(lab: Lab) -> Any:
    """Build the notebook with the solution in it, which verification runs."""
    v4 = import_format4()
    cells = [build_introduction(lab)]
    for number, task in enumerate(lab.tasks, start=1):
        cells.append(build_statement(number, task))
        for index, code in enumerate(task.solution, start=1):
            cell = v4.new_code_cell(code.text, id=f"solution-{index}-{task.id}"[:64])
            cell.metadata["course"] = {"task": task.id, "line": code.line}
            cells.append(cell)
    return assemble_notebook(lab, cells)


def format_check_command(lab: Lab, task: Task) -> str:
    """Return what the ready cell runs."""
    mark = "!" if lab.kernel == "python" else ""
    return f"{mark}course check {lab.id} {task.id}"


def format_notebook(notebook: Any) -> str:
    """Return a notebook as the text of a file; valid, or an error of nbformat."""
    import nbformat

    nbformat.validate(notebook)
    written: Any = nbformat
    return str(written.writes(notebook)) + "\n"


def ensure_kernels() -> None:
    """Put the description of the Bash kernel where Jupyter looks for it: next to ipykernel's."""
    from checker.base import paths

    file = Path(sys.prefix) / "share/jupyter/kernels/bash/kernel.json"
    wanted = json.dumps(BASH_SPEC, indent=1) + "\n"
    if not file.exists() or file.read_text() != wanted:
        paths.write_atomically(file, wanted)


def import_format4() -> Any:
    """Import nbformat's functions for notebooks of format 4; they carry no types."""
    from nbformat import v4

    return v4


def list_code_cells(notebook: Any) -> list[Any]:
    """Return the cells that are run."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def build_introduction(lab: Lab) -> Any:
    """Build the cell that says what the lab is about, and how to work on it."""
    how = (
        f"*{lab.minutes} minutes, {lab.max_points} points.* Do each task in the empty cell below "
        "it or in a terminal, then run the cell that checks it. "
        f"A hint, if you want one: `course hint {lab.id} TASK`."
    )
    text = f"# {lab.title}\n\n{lab.prose}\n\n{how}"
    return import_format4().new_markdown_cell(text, id="introduction")


def build_statement(number: int, task: Task) -> Any:
    """Build the cell that says what a task asks."""
    points = count_points(task.points)
    text = f'<a id="{task.id}"></a>\n\n## {number}. {task.title} ({points})\n\n{task.text}'
    return import_format4().new_markdown_cell(text, id=f"task-{task.id}"[:64])


def assemble_notebook(lab: Lab, cells: list[Any]) -> Any:
    """Return a notebook with these cells, which says whose it is."""
    metadata = {
        "kernelspec": KERNELS[lab.kernel],
        "language_info": {"name": KERNELS[lab.kernel]["language"]},
        "course": {"lab": lab.id, "schema": SCHEMA},
    }
    return import_format4().new_notebook(cells=cells, metadata=metadata)
