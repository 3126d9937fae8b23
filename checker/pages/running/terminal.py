"""A terminal: a device for programs that want one, and what it would show of what they write."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios

ROWS, COLUMNS = 50, 240
"""Wide enough that no line on a page is wrapped."""

ESCAPE = re.compile(
    r"\x1b\[(?P<count>[0-9]*)(?P<move>[KCDG])"
    r"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00\x07\x0e\x0f]"
)
"""Control sequences of ECMA-48; only those that move within the line or erase its end matter."""


def shown(text: str) -> str:
    """The text as a terminal shows it.

    Args:
        text: What was written, with any escape sequences and carriage returns.
    """
    plain = text.replace("\r\n", "\n")
    if "\x1b" not in plain and "\r" not in plain and "\b" not in plain:
        return re.sub(r"[\x00\x07]", "", plain)
    return "\n".join(_line(line) for line in plain.split("\n"))


def _line(line: str) -> str:
    cells: list[str] = []
    column = at = 0
    while at < len(line):
        if escape := ESCAPE.match(line, at):
            column = _escaped(escape, cells, column)
            at = escape.end()
            continue
        column = _written(line[at], cells, column)
        at += 1
    return "".join(cells)


def _escaped(escape: re.Match[str], cells: list[str], column: int) -> int:
    move = escape["move"]
    count = int(escape["count"] or "1") if move and move != "K" else 0
    if move == "K" and escape["count"] in ("", "0"):
        del cells[column:]
    elif move == "K" and escape["count"] == "2":
        cells.clear()
    elif move == "G":
        return count - 1
    elif move in ("C", "D"):
        return max(0, column + (count if move == "C" else -count))
    return column


def _written(character: str, cells: list[str], column: int) -> int:
    if character == "\r":
        return 0
    if character == "\b":
        return max(0, column - 1)
    cells.extend(" " * (column - len(cells)))
    cells[column : column + 1] = [character]
    return column + 1


class Terminal:
    """A pseudo-terminal; what is typed and shown goes through `master`."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.master, False)
        self.device = os.ttyname(self._slave)

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.master, f"{text}\n".encode())

    def close(self) -> None:
        """Hang up."""
        os.close(self._slave)
        os.close(self.master)
