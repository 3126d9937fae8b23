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


def render_text(text: str) -> str:
    """Return a text with escape sequences and carriage returns as a terminal shows it."""
    plain = text.replace("\r\n", "\n")
    if "\x1b" not in plain and "\r" not in plain and "\b" not in plain:
        return re.sub(r"[\x00\x07]", "", plain)
    return "\n".join(render_line(line) for line in plain.split("\n"))


def render_line(line: str) -> str:
    """Return one line as a terminal shows it, whatever moved back and wrote over it."""
    cells: list[str] = []
    column = at = 0
    while at < len(line):
        if escape := ESCAPE.match(line, at):
            column = apply_escape(escape, cells, column)
            at = escape.end()
            continue
        if line[at] == "\r":
            column = 0
        elif line[at] == "\b":
            column = max(0, column - 1)
        else:
            cells.extend(" " * (column - len(cells)))
            cells[column : column + 1] = [line[at]]
            column += 1
        at += 1
    return "".join(cells)


def apply_escape(escape: re.Match[str], cells: list[str], column: int) -> int:
    """Move or erase as a control sequence says, and return the column after it."""
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


class PseudoTerminal:
    """A pseudo-terminal; what is typed and shown goes through `master`."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.set_blocking(self.master, False)
        self.device = os.ttyname(self._slave)

    def type_line(self, text: str) -> None:
        """Type a line."""
        os.write(self.master, f"{text}\n".encode())

    def close(self) -> None:
        """Hang up."""
        os.close(self._slave)
        os.close(self.master)
