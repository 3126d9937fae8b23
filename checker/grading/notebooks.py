"""Submitted notebooks: read them, learn their lab, make them ready to run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.labs.lab import Lab
from checker.labs.notebook import KERNELS

COURSE_COMMAND = re.compile(
    r"^(?P<indent>\s*)!?\s*(?:\S*/)?course\s+(?:check|hint|start|reset|watch|up|down)\b.*$",
    re.MULTILINE,
)
NOTHING = {"bash": ":", "python": "pass"}


def read(path: Path) -> Any:
    """The notebook in a file, in format 4.

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


def lab_of(path: Path) -> str:
    """The lab that a notebook names in its metadata; empty if it names none or cannot be read."""
    try:
        named = read(path).metadata.get("course")
    except CourseError:
        return ""
    lab = named.get("lab") if isinstance(named, dict) else ""
    return lab if isinstance(lab, str) else ""


def ready(notebook: Any, lab: Lab) -> Any:
    """The same notebook, as it is run: the lab's kernel, no outputs, no commands of the course.

    What the learner asked the course, such as `course check`, is left out: the answer would be
    about the grader's machine.
    """
    notebook.metadata["kernelspec"] = KERNELS[lab.kernel]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = COURSE_COMMAND.sub(rf"\g<indent>{NOTHING[lab.kernel]}", cell.source)
    return notebook


def failures(notebook: Any) -> list[dict[str, Any]]:
    """Cells that ended with an error: number among the code cells, source, what they said."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [
        {"cell": number, "source": cell.source, "said": _said(cell)}
        for number, cell in enumerate(code, 1)
        if any(output.output_type == "error" for output in cell.outputs)
    ]


def last_begun(notebook: Any) -> int:
    """The number of the last code cell that was begun; 0 if none was."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    begun = [number for number, cell in enumerate(code, 1) if cell.execution_count is not None]
    return begun[-1] if begun else 0


def _said(cell: Any, most: int = 1000) -> str:
    """What it wrote, and the error, without colours."""
    parts = [output.get("text", "") for output in cell.outputs]
    errors = [output for output in cell.outputs if output.output_type == "error"]
    parts += [_error(output.ename, output.evalue) for output in errors]
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "\n".join(filter(None, map(str.strip, parts))))
    return text[-most:]


def _error(name: str, value: str) -> str:
    """The Bash kernel gives the exit status as the value, and no name."""
    return f"{name}: {value}" if name else f"exit status {value}"
