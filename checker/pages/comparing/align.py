"""Sets expected lines beside found ones: what fits, what is missing, what is too much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from checker.pages.comparing.match import (
    ANY,
    ANY_LINES,
    CAPTURE,
    REUSE,
    Bindings,
    fill_captures,
    match_line,
    match_lines,
    split_lines,
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


def align_lines(expected: Sequence[str], found: Sequence[str], bound: Bindings) -> list[Pair]:
    """Pair the lines, given as to `match_lines`, so that as few as possible are left over."""
    wanted = split_lines("\n".join(expected))
    # A huge comparison would take long, and nobody would read it.
    if len(wanted) * len(found) > MOST_CELLS:
        return [Pair("-", line, "") for line in wanted] + [Pair("+", "", line) for line in found]
    # What these lines capture themselves may be anything here.
    own = {each["name"] for line in wanted for each in CAPTURE.finditer(line)}
    loose = [REUSE.sub(lambda use: ANY if use["name"] in own else use[0], each) for each in wanted]
    fits = [
        [line != ANY_LINES and match_line(line, each, bound) is not None for each in found]
        for line in loose
    ]
    costs = count_left_over(wanted, len(found), fits)
    pairs: list[Pair] = []
    at = position = 0
    while at < len(wanted) or position < len(found):
        mark = choose_mark(wanted, len(found), fits, costs, at, position)
        old = wanted[at] if mark in " -~" and at < len(wanted) else ""
        new = found[position] if mark in " +~" else ""
        if mark != ".":
            pairs.append(Pair(mark, old, new))
        at += mark in " -."
        position += mark in " +~"
    return pairs


def count_left_over(wanted: list[str], count: int, fits: list[list[bool]]) -> list[list[int]]:
    """Count, for each pair of places, the lines that are left over from there on.

    Args:
        wanted: The expected lines.
        count: How many lines were found.
        fits: For each expected line, which of the found ones it may stand for.
    """
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


def choose_mark(
    wanted: list[str],
    count: int,
    fits: list[list[bool]],
    costs: list[list[int]],
    at: int,
    position: int,
) -> str:
    """Return the mark of the next pair on a cheapest way; '.' leaves a '...' behind."""
    cost = costs[at][position]
    if at == len(wanted):
        return "+"
    if wanted[at] == ANY_LINES:
        return "~" if position < count and costs[at][position + 1] == cost else "."
    if position < count and fits[at][position] and costs[at + 1][position + 1] == cost:
        return " "
    return "-" if costs[at + 1][position] + 1 == cost else "+"


def format_difference(expected: Sequence[str], found: Sequence[str], bound: Bindings) -> list[str]:
    """Return the comparison as people read it, with captures filled in.

    Lines begin with '  ' where both agree, '- ' where expected, '+ ' where found alone.
    """
    lines: list[str] = []
    pairs = align_lines(expected, found, bound)
    for number, pair in enumerate(pairs):
        if pair.mark == "~":
            if number + 1 == len(pairs) or pairs[number + 1].mark != "~":
                lines.append(f"  {ANY_LINES}")
            continue
        lines.append(f"{pair.mark} {pair.found or fill_captures(pair.expected, bound)}".rstrip())
    return lines


def accept_lines(expected: Sequence[str], found: Sequence[str], bound: Bindings) -> list[str]:
    """Return what the page shall expect from now on: the found lines, with what still fits kept.

    Wildcards and captures stay where they match, and what was captured before is named again.
    """
    kept: list[str] = []
    for pair in align_lines(expected, found, bound):
        if pair.mark == "~":
            kept += [ANY_LINES] if kept[-1:] != [ANY_LINES] else []
        elif pair.mark in " +":
            kept.append(pair.expected if pair.mark == " " else escape_line(pair.found, bound))
    if match_lines(kept, found, bound) is not None:
        return kept
    return [escape_line(line, {}) for line in found]


def escape_line(line: str, bound: Bindings) -> str:
    """Return a found line as a page can show it, never read as a prompt, a wildcard or a fence."""
    for name, value in bound.items():
        if len(value) >= 8:  # a shorter one may stand in a line by chance
            line = line.replace(value, f"<{name}>")
    line = re.sub(r"^(\$|>>>|>)(?= |$)|^(`{3,}|~{3,})", ANY, line)
    return ANY if line == ANY_LINES else line
