"""A lab as a notebook: the learner's, without a trace of a solution, and the solved one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from checker.labs.lab import Lab, Task

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


def learner(lab: Lab) -> Any:
    """The notebook that learners get: text, and for each task an empty cell and one that checks.

    Returns:
        A notebook node, format 4.5, outputs empty.
    """
    v4 = format4()
    cells = [_introduction(lab)]
    for number, task in enumerate(lab.tasks, start=1):
        cells.append(_statement(number, task))
        cells.append(v4.new_code_cell("", id=f"answer-{task.id}"[:64]))
        cells.append(v4.new_code_cell(check_command(lab, task), id=f"check-{task.id}"[:64]))
    return _notebook(lab, cells)


def solved(lab: Lab) -> Any:
    """The notebook with the solution in it, which verification runs."""
    v4 = format4()
    cells = [_introduction(lab)]
    for number, task in enumerate(lab.tasks, start=1):
        cells.append(_statement(number, task))
        for index, code in enumerate(task.solution, start=1):
            made = v4.new_code_cell(code.text, id=f"solution-{index}-{task.id}"[:64])
            made.metadata["course"] = {"task": task.id, "line": code.line}
            cells.append(made)
    return _notebook(lab, cells)


def check_command(lab: Lab, task: Task) -> str:
    """What the ready cell runs."""
    mark = "!" if lab.kernel == "python" else ""
    return f"{mark}course check {lab.id} {task.id}"


def write(notebook: Any) -> str:
    """The notebook as the text of a file; valid, or an error of nbformat."""
    import nbformat

    nbformat.validate(notebook)
    written: Any = nbformat
    return str(written.writes(notebook)) + "\n"


def ensure_kernels() -> None:
    """Put the description of the Bash kernel where Jupyter looks for it: beside ipykernel's."""
    from checker.base import paths

    file = Path(sys.prefix) / "share/jupyter/kernels/bash/kernel.json"
    wanted = json.dumps(BASH_SPEC, indent=1) + "\n"
    if not file.exists() or file.read_text() != wanted:
        paths.write_atomically(file, wanted)


def format4() -> Any:
    """nbformat's functions for notebooks of format 4; they carry no types."""
    from nbformat import v4

    return v4


def _introduction(lab: Lab) -> Any:
    v4 = format4()
    how = (
        f"*{lab.minutes} minutes, {lab.max_points} points.* Do each task in the empty cell below "
        "it or in a terminal, then run the cell that checks it. "
        f"A hint, if you want one: `course hint {lab.id} TASK`."
    )
    return v4.new_markdown_cell(f"# {lab.title}\n\n{lab.prose}\n\n{how}", id="introduction")


def _statement(number: int, task: Task) -> Any:
    v4 = format4()
    points = "1 point" if task.points == 1 else f"{task.points} points"
    text = f'<a id="{task.id}"></a>\n\n## {number}. {task.title} ({points})\n\n{task.text}'
    return v4.new_markdown_cell(text, id=f"task-{task.id}"[:64])


def _notebook(lab: Lab, cells: list[Any]) -> Any:
    v4 = format4()
    metadata = {
        "kernelspec": KERNELS[lab.kernel],
        "language_info": {"name": KERNELS[lab.kernel]["language"]},
        "course": {"lab": lab.id, "schema": SCHEMA},
    }
    return v4.new_notebook(cells=cells, metadata=metadata)
