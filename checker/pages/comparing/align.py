"""Sets expected lines beside found ones: what fits, what is missing, what is too much."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checker.pages.comparing.match import (
    ANY,
    ANY_LINES,
    CAPTURE,
    REUSE,
    fill,
    lines_of,
    match,
    match_line,
)

MOST_CELLS = 400_000
"""Expected lines times found lines; beyond that nobody reads the comparison."""


@dataclass(frozen=True)
class Pair:
    """One line of the comparison.

    Args:
        mark: ' ' both fit; '-' only expected; '+' only found; '~' found where anything may stand.
    """

    mark: str
    expected: str
    found: str


def align(expected: Sequence[str], found: Sequence[str], bound: Mapping[str, str]) -> list[Pair]:
    """Pair the lines so that as few as possible are left over.

    Args:
        expected: Lines as on the page.
        found: Lines as `lines_of` gives them.
        bound: What was captured before.
    """
    wanted = lines_of("\n".join(expected))
    if len(wanted) * len(found) > MOST_CELLS:
        return [Pair("-", line, "") for line in wanted] + [Pair("+", "", line) for line in found]
    fits = [[_fits(line, wanted, each, bound) for each in found] for line in wanted]
    costs = _costs(wanted, len(found), fits)
    pairs: list[Pair] = []
    at = position = 0
    while at < len(wanted) or position < len(found):
        mark = _step(wanted, len(found), fits, costs, at, position)
        old = wanted[at] if mark in " -~" and at < len(wanted) else ""
        new = found[position] if mark in " +~" else ""
        if mark != ".":
            pairs.append(Pair(mark, old, new))
        at += mark in " -."
        position += mark in " +~"
    return pairs


def _fits(line: str, wanted: list[str], found: str, bound: Mapping[str, str]) -> bool:
    """Whether the lines agree; what these lines capture themselves may be anything here."""
    own = {each["name"] for text in wanted for each in CAPTURE.finditer(text)}
    loose = REUSE.sub(lambda each: ANY if each["name"] in own else each[0], line)
    return line != ANY_LINES and match_line(loose, found, bound) is not None


def _costs(wanted: list[str], count: int, fits: list[list[bool]]) -> list[list[int]]:
    """For each pair of places, how many lines are left over from there on."""
    costs = [[0] * (count + 1) for _ in range(len(wanted) + 1)]
    costs[-1] = list(range(count, -1, -1))
    for at in reversed(range(len(wanted))):
        anything = wanted[at] == ANY_LINES
        row, below = costs[at], costs[at + 1]
        row[count] = below[count] + (not anything)
        for position in reversed(range(count)):
            best = min(below[position] + (not anything), row[position + 1] + (not anything))
            row[position] = min(best, below[position + 1]) if fits[at][position] else best
    return costs


def _step(
    wanted: list[str],
    count: int,
    fits: list[list[bool]],
    costs: list[list[int]],
    at: int,
    position: int,
) -> str:
    """The mark of the next pair on a cheapest way; '.' leaves a '...' behind."""
    cost = costs[at][position]
    if at == len(wanted):
        return "+"
    if wanted[at] == ANY_LINES:
        return "~" if position < count and costs[at][position + 1] == cost else "."
    if position < count and fits[at][position] and costs[at + 1][position + 1] == cost:
        return " "
    return "-" if costs[at + 1][position] + 1 == cost else "+"


def difference(
    expected: Sequence[str], found: Sequence[str], bound: Mapping[str, str]
) -> list[str]:
    """The comparison as people read it, with captures filled in.

    Lines begin with '  ' where both agree, '- ' where expected, '+ ' where found alone.
    """
    lines: list[str] = []
    pairs = align(expected, found, bound)
    for number, pair in enumerate(pairs):
        if pair.mark == "~":
            if number + 1 == len(pairs) or pairs[number + 1].mark != "~":
                lines.append(f"  {ANY_LINES}")
            continue
        lines.append(f"{pair.mark} {pair.found or fill(pair.expected, bound)}".rstrip())
    return lines


def accepted(expected: Sequence[str], found: Sequence[str], bound: Mapping[str, str]) -> list[str]:
    """What the page should expect from now on: the found lines, with what still fits kept.

    Wildcards and captures stay where they match, and what was captured before is named again.
    """
    kept: list[str] = []
    for pair in align(expected, found, bound):
        if pair.mark == "~":
            kept += [ANY_LINES] if kept[-1:] != [ANY_LINES] else []
        elif pair.mark in " +":
            kept.append(pair.expected if pair.mark == " " else written(pair.found, bound))
    if match(kept, found, bound) is not None:
        return kept
    return [written(line, {}) for line in found]


def written(line: str, bound: Mapping[str, str]) -> str:
    """A found line as a page can show it: never read as a prompt, a wildcard or a fence."""
    for name, value in bound.items():
        if len(value) >= 8:
            line = line.replace(value, f"<{name}>")
    line = re.sub(r"^(\$|>>>|>)(?= |$)|^(`{3,}|~{3,})", ANY, line)
    return ANY if line == ANY_LINES else line
