"""Nothing of the course sets a variable of its own process to talk to itself."""

from __future__ import annotations

import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "checker"
WRITES = re.compile(
    r"os\.environ(\[[^]]+\] *=[^=]|\.(update|clear|pop|setdefault)\()|\b(un)?(set|put)env\("
)
EDGES = {
    "judging/check_run.py": "a process of its own, whose environment is that of the check",
    "server/app.py": "jupyter_core reads its folders from the variables of its process",
}


def test_only_two_processes_take_an_environment_where_they_begin() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if WRITES.search(path.read_text())
    }
    assert found == set(EDGES)
