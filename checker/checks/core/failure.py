"""The one way in which a check says no, and how values are put into its words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

MOST_CHARACTERS = 300
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


def describe_value(value: object) -> str:
    """Describe a value as a learner sees it: bytes as text, everything of bearable length."""
    if isinstance(value, bytes):
        try:
            return describe_value(value.decode().rstrip("\n"))
        except UnicodeDecodeError:
            return f"binary data ({len(value)} bytes, beginning {value[:8].hex(' ')})"
    text = str(value)
    if not text.strip():
        return "nothing" if not text else "only blank space"
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}… ({len(text)} characters)"


def get_last_line(text: str) -> str:
    """Return the last words of a log or of a program, which most often say why it ended."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "nothing"


def join_names(names: Iterable[str], nothing: str = "none") -> str:
    """Join names to a part of a sentence: "a, b and c"."""
    every = list(names)
    if len(every) > 10:
        every = [*every[:9], f"{len(every) - 9} more"]
    if not every:
        return nothing
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"


def add_article(noun: str) -> str:
    """Put "a" or "an" before a noun that is known only when a check runs, as in "an image"."""
    # "a user", "a unit": the letter is a vowel and the sound is none
    vowel = noun[:1].lower() in set("aeiou") and not re.match(r"(?i)use|uni|eu", noun)
    return f"{'an' if vowel else 'a'} {noun}"


def find_similar_names(wanted: str, names: Iterable[str]) -> list[str]:
    """Find the names that a person may have meant, nearest first; those that hold it if none."""
    every = sorted(set(names))
    folded = [name for name in every if name.casefold() == wanted.casefold()]
    return (
        folded
        or difflib.get_close_matches(wanted, every, n=3, cutoff=0.7)
        or [name for name in every if wanted in name][:3]
    )
