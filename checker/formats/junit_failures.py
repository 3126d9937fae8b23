"""What failed, from JUnit XML, in few lines: the end of a long log is all that many people see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

BAD = ("failure", "error")
MOST = 12
"""Lines of one failure; the whole stands where it happened."""


def told(file: Path) -> Iterator[str]:
    """A line for each test that failed, and below it what it found.

    Args:
        file: JUnit XML as pytest and `verify --junit` write it; nothing is told if it is not there
            or was cut off in the middle.
    """
    try:
        cases = list(ElementTree.parse(file).iter("testcase"))  # noqa: S314 - our own
    except (OSError, ElementTree.ParseError):
        return
    for case in cases:
        for bad in (each for each in case if each.tag in BAD):
            yield f"{case.get('classname')}: {case.get('name')}"
            yield from (f"    {line}" for line in _lines(bad))


def _lines(bad: ElementTree.Element) -> list[str]:
    """The asserted facts where pytest marks them with an E, else message and text."""
    text = (bad.text or "").splitlines()
    marked = [line.removeprefix("E").strip() for line in text if line.startswith("E  ")]
    lines = marked or [*bad.get("message", "").splitlines(), *text]
    rest = [f"... and {len(lines) - MOST} more lines"] if len(lines) > MOST else []
    return [*lines[:MOST], *rest]
