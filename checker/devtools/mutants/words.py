"""Compares what tasks say with what their checks read: a number that only one side has is a gap."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from operator import itemgetter

from checker.labs import stage
from checker.labs.lab import Lab

SPAN = re.compile(r"`([^`\n]+)`")
NUMBER = re.compile(r"(?<![\w.:/-])\d+(?![\w:/-])")
NAME = re.compile(r"[\w./:@%-]{2,}")
UNASKED = ("within", "timeout", "seconds", "next_step", "meaning")
"""Arguments of checks that learners need not be told."""


def find_gaps(lab: Lab) -> list[str]:
    """Return the numbers and names that only a task's text has, or only checks.py.

    Not each is a fault: a name may be an example, and a check may compute what it compares.
    """
    checks = (lab.folder / "checks.py").read_text()
    given = stage.list_files(lab.folder / "starter")
    said = "\n".join(
        [lab.source.read_text(), *(path.read_text(errors="replace") for path in given)]
    )
    gaps = []
    for task in lab.tasks:
        for word in sorted({*SPAN.findall(task.text), *NUMBER.findall(task.text)}):
            if not any(part in checks for part in (word, word.strip("/"))):
                gaps.append(f"{task.id}: no check reads `{word}`")
    gaps += [
        f"checks.py:{line}: no text says {value!r}"
        for line, value in sorted(_list_constants(ast.parse(checks)), key=itemgetter(0))
        if str(value) not in said
    ]
    return gaps


def _list_constants(tree: ast.AST) -> Iterator[tuple[int, str | int]]:
    """Return the names and numbers that calls in checks are given."""
    seen = set[str | int]()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        values = [*node.args, *(it.value for it in node.keywords if it.arg not in UNASKED)]
        for value in values:
            found = value.value if isinstance(value, ast.Constant) else None
            if isinstance(found, bool) or not isinstance(found, int | str) or found in seen:
                continue
            if NAME.fullmatch(str(found)):
                seen.add(found)
                yield value.lineno, found
