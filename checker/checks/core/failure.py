"""The one way in which a check says no, and how values are put into its words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

SHOWN = 300
"""How many characters of a found value a learner is shown."""


class CheckFailed(Exception):
    """What was looked for is not so: the verdict is `failed`, which is no error of the course.

    Args:
        expected: What should be there, such as "web is running".
        found: What is there instead.
        next_step: A sentence for the learner: where to look or what to do.
    """

    def __init__(self, expected: str, found: str, next_step: str) -> None:
        super().__init__(f"expected {expected}, found {found}. {next_step}")
        self.expected = expected
        self.found = found
        self.next_step = next_step


def shown(value: object) -> str:
    """A value as a learner sees it: bytes described, everything of bearable length."""
    if isinstance(value, bytes):
        return _bytes(value)
    text = str(value)
    if not text.strip():
        return "nothing" if not text else "only blank space"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text)} characters)"


def _bytes(data: bytes) -> str:
    try:
        return shown(data.decode().rstrip("\n"))
    except UnicodeDecodeError:
        return f"binary data ({len(data)} bytes, beginning {data[:8].hex(' ')})"


def last_line(text: str) -> str:
    """The last words of a log or of a program, which most often say why it ended."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "nothing"


def listed(names: Iterable[str], nothing: str = "none") -> str:
    """Names in a sentence: "a, b and c"."""
    every = list(names)
    if len(every) > 10:
        every = [*every[:9], f"{len(every) - 9} more"]
    if not every:
        return nothing
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"


def near(wanted: str, names: Iterable[str]) -> list[str]:
    """The names that a person may have meant, nearest first; all of a few if none is near."""
    every = sorted(set(names))
    folded = [name for name in every if name.casefold() == wanted.casefold()]
    return (
        folded
        or difflib.get_close_matches(wanted, every, n=3, cutoff=0.7)
        or [name for name in every if wanted in name][:3]
    )
