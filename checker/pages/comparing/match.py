"""Compares what a page promises with what was found.

`[..]` stands for any text within a line, a line `...` for any lines, `<name:type>` captures and
`<name>` is the text that was captured. Blanks at line ends and empty lines at the end do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from checker.base.errors import CourseError

TYPES = {
    "hex": r"[0-9a-f]+",
    "int": r"[0-9]+",
    "ip": r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*",
    "word": r"\S+",
    "line": r".+",
}
CAPTURE = re.compile(r"<(?P<name>[a-z][\w-]*):(?P<type>[a-z]+)>")
REUSE = re.compile(r"<(?P<name>[a-z][\w-]*)>")
ANY = "[..]"
ANY_LINES = "..."
MOST_STATES = 200_000
"""Far beyond any real page; a search that needs more is ambiguous for a reader as well."""

_PIECE = re.compile(rf"{re.escape(ANY)}|{CAPTURE.pattern}|<(?P<reused>[a-z][\w-]*)>")

Bindings = Mapping[str, str]


def lines_of(text: str) -> list[str]:
    """The lines that count: no blanks at their ends, no empty ones at the end."""
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def match(expected: Sequence[str], found: Sequence[str], bound: Bindings) -> dict[str, str] | None:
    """Compare expected lines with found ones.

    Args:
        expected: Lines as on the page.
        found: Lines as `lines_of` gives them.
        bound: What was captured before.

    Returns:
        `bound` with what these lines captured, or None where they differ.

    Raises:
        CourseError: So many `...` and captures that the search has no end in sight.
    """
    wanted = lines_of("\n".join(expected))
    live = _live_names(wanted)
    pending: list[tuple[int, int, dict[str, str]]] = [(0, 0, dict(bound))]
    seen: set[tuple[int, int, tuple[str | None, ...]]] = set()
    while pending:
        at, position, bindings = pending.pop()
        state = (at, position, tuple(bindings.get(name) for name in live[at]))
        if state in seen:
            continue
        seen.add(state)
        if len(seen) > MOST_STATES:
            raise CourseError(
                "These lines can match in too many ways.", next_step="Use fewer '...'."
            )
        if at == len(wanted):
            if position == len(found):
                return bindings
            continue
        pending += _next_states(wanted[at], found, at, position, bindings)
    return None


def _next_states(
    line: str, found: Sequence[str], at: int, position: int, bindings: dict[str, str]
) -> Iterable[tuple[int, int, dict[str, str]]]:
    """What can follow, the preferred one last: `...` takes as few lines as it can."""
    left = position < len(found)
    if line == ANY_LINES:
        return [(at, position + 1, bindings)] * left + [(at + 1, position, bindings)]
    captured = match_line(line, found[position], bindings) if left else None
    return [] if captured is None else [(at + 1, position + 1, {**bindings, **captured})]


def _live_names(wanted: list[str]) -> list[tuple[str, ...]]:
    """For each place, the names that the lines from there on reuse: only they tell states apart."""
    names: set[str] = set()
    live = [tuple[str, ...]()]
    for line in reversed(wanted):
        names |= {each["name"] for each in REUSE.finditer(line)}
        live.append(tuple(sorted(names)))
    return live[::-1]


def match_line(line: str, found: str, bound: Bindings) -> dict[str, str] | None:
    """What a line captures from the found one, or None where they differ."""
    reused = {each["name"] for each in REUSE.finditer(line)}
    known = tuple((name, bound[name]) for name in sorted(reused) if name in bound)
    pattern, names = _compiled(line.rstrip(), known)
    result = pattern.fullmatch(found)
    if result is None:
        return None
    return {name: result[group] for group, name in names}


@lru_cache(maxsize=4096)
def _compiled(
    line: str, known: tuple[tuple[str, str], ...]
) -> tuple[re.Pattern[str], tuple[tuple[str, str], ...]]:
    """A regular expression; each `[..]` is atomic with what follows it, so it never explodes."""
    bound = dict(known)
    segments = [""]
    groups: dict[str, str] = {}
    end = 0
    for piece in _PIECE.finditer(line):
        segments[-1] += re.escape(line[end : piece.start()])
        end = piece.end()
        if piece[0] == ANY:
            segments.append("")
        else:
            segments[-1] += _piece(piece, bound, groups)
    segments[-1] += re.escape(line[end:])
    return re.compile(_joined(segments)), tuple((group, name) for name, group in groups.items())


def _joined(segments: list[str]) -> str:
    if len(segments) == 1:
        return segments[0]
    first, *middle, last = segments
    return first + "".join(f"(?>.*?{each})" for each in middle) + ".*" + last


def _piece(piece: re.Match[str], bound: dict[str, str], groups: dict[str, str]) -> str:
    if piece["reused"]:
        if piece["reused"] in groups:
            return f"(?P={groups[piece['reused']]})"
        return re.escape(bound.get(piece["reused"], piece[0]))
    if piece["type"] not in TYPES:
        return re.escape(piece[0])
    if piece["name"] in groups:
        return f"(?P={groups[piece['name']]})"
    groups[piece["name"]] = f"g{len(groups)}"
    return f"(?P<{groups[piece['name']]}>{TYPES[piece['type']]})"


def fill(text: str, bound: Bindings) -> str:
    """The text with every `<name>` that was captured replaced by what was captured."""
    return REUSE.sub(lambda each: bound.get(each["name"], each[0]), text)
