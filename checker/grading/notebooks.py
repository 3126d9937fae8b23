"""Submitted notebooks: read them, learn their lab, make them ready to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.labs.lab import Lab
from checker.labs.notebook import KERNELS, list_code_cells

COURSE_COMMAND = re.compile(
    r"^(?P<indent>\s*)!?\s*(?:\S*/)?course\s+(?:check|hint|start|reset|watch|up|down)\b.*$",
    re.MULTILINE,
)
NOTHING = {"bash": ":", "python": "pass"}


def read_notebook(path: Path) -> Any:
    """Read the notebook in a file, in format 4.

    Raises:
        CourseError: It cannot be read, or it is not a notebook.
    """
    import nbformat

    reader: Any = nbformat
    try:
        notebook = reader.reads(path.read_text(encoding="utf-8"), as_version=4)
        reader.validate(notebook)
    except Exception as error:  # nbformat raises a dozen kinds, also AttributeError and KeyError
        raise CourseError(
            f"{path.name} is not a notebook that can be read.",
            found=str(error).strip().split("\n")[0][:200],
            next_step="Open it in JupyterLab, save it, and hand it in again.",
        ) from error
    return notebook


def find_lab_name(path: Path) -> str:
    """Return the lab that a notebook's metadata name; empty if they do not or cannot be read."""
    try:
        named = read_notebook(path).metadata.get("course")
    except CourseError:
        return ""
    lab = named.get("lab") if isinstance(named, dict) else ""
    return lab if isinstance(lab, str) else ""


def prepare_notebook(notebook: Any, lab: Lab) -> Any:
    """Make a notebook ready to run: the lab's kernel, no outputs, no commands of the course.

    What the learner asked the course, such as `course check`, is left out: the answer would be
    about the grader's machine.
    """
    notebook.metadata["kernelspec"] = KERNELS[lab.kernel]
    for cell in list_code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
        cell.source = COURSE_COMMAND.sub(rf"\g<indent>{NOTHING[lab.kernel]}", cell.source)
    return notebook


def list_failures(notebook: Any) -> list[dict[str, Any]]:
    """Return the cells that ended with an error: number among code cells, source, output."""
    return [
        {"cell": number, "source": cell.source, "said": format_output(cell)}
        for number, cell in enumerate(list_code_cells(notebook), 1)
        if any(output.output_type == "error" for output in cell.outputs)
    ]


def find_last_begun(notebook: Any) -> int:
    """Return the number of the last code cell that was begun; 0 if none was."""
    cells = enumerate(list_code_cells(notebook), 1)
    return max((number for number, cell in cells if cell.execution_count is not None), default=0)


def format_output(cell: Any, most: int = 1000) -> str:
    """Return the last `most` characters of what a cell wrote, with its error, without colours."""
    parts = [output.get("text", "") for output in cell.outputs]
    for output in cell.outputs:
        if output.output_type == "error":
            # The Bash kernel gives the exit status as the value, and no name.
            name = f"{output.ename}:" if output.ename else "exit status"
            parts.append(f"{name} {output.evalue}")
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "\n".join(filter(None, map(str.strip, parts))))
    return text[-most:]
