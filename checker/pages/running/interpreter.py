"""Runs a page's Python statements in a process of their own: started by path, imports only Python.

It speaks the shell's protocol: reads a terminal (unused) and a statement, each ended by a zero
byte, and answers with a status: 0, or 1 if the statement raised.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any


def read_statements(handle: int) -> Iterator[str]:
    """Yield every second part of what comes in; the first ones name a terminal."""
    with os.fdopen(handle, "rb") as source:
        parts = b""
        while data := os.read(source.fileno(), 65536):
            parts += data
            while parts.count(b"\0") >= 2:
                _, statement, parts = parts.split(b"\0", 2)
                yield statement.decode()


def run_statement(statement: str, names: dict[str, Any]) -> int:
    """Run a statement as the interactive interpreter does; many lines without a prompt as a whole.

    The first character says which: '>' for a statement, anything else for a whole block.
    """
    mode = "single" if statement.startswith(">") else "exec"
    try:
        exec(compile(statement[1:] + "\n", "<page>", mode), names)  # noqa: S102
    except SystemExit:
        raise
    except BaseException as error:
        shorter = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, shorter)
        return 1
    return 0


def main() -> None:
    """Answer statements until there are no more."""
    commands, answers = int(sys.argv[1]), int(sys.argv[2])
    os.set_inheritable(commands, False)
    os.set_inheritable(answers, False)
    sys.path[0] = ""
    sys.argv = [""]
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__}
    for statement in read_statements(commands):
        status = run_statement(statement, names)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(answers, f"{status}\n".encode())


if __name__ == "__main__":
    main()
