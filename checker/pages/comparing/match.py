"""Compares what a page promises with what was found.

`[..]` stands for any text within a line, a line `...` for any lines, `<name:type>` captures and
`<name>` is the text that was captured. Blanks at line ends and empty lines at the end do not count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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


def split_lines(text: str) -> list[str]:
    """Return the lines that count: no blanks at their ends, no empty ones at the end."""
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def match_lines(
    expected: Sequence[str], found: Sequence[str], bound: Bindings
) -> dict[str, str] | None:
    """Compare expected lines with found ones.

    Args:
        expected: Lines as on the page.
        found: Lines as `split_lines` gives them.
        bound: What was captured before.

    Returns:
        `bound` with what these lines captured, or None where they differ.

    Raises:
        CourseError: So many `...` and captures that the search has no end in sight.
    """
    wanted = split_lines("\n".join(expected))
    live = find_live_names(wanted)
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
        left = position < len(found)
        if wanted[at] == ANY_LINES:  # takes as few lines as it can: the last state is tried first
            pending += [(at, position + 1, bindings)] * left + [(at + 1, position, bindings)]
        elif left and (new := match_line(wanted[at], found[position], bindings)) is not None:
            pending.append((at + 1, position + 1, {**bindings, **new}))
    return None


def find_live_names(wanted: list[str]) -> list[tuple[str, ...]]:
    """Find, for each place, the names reused from there on: only they tell states apart."""
    names: set[str] = set()
    live = [tuple[str, ...]()]
    for line in reversed(wanted):
        names |= {each["name"] for each in REUSE.finditer(line)}
        live.append(tuple(sorted(names)))
    return live[::-1]


def match_line(line: str, found: str, bound: Bindings) -> dict[str, str] | None:
    """Return what a line captures from the found one, or None where they differ."""
    reused = {each["name"] for each in REUSE.finditer(line)}
    known = tuple((name, bound[name]) for name in sorted(reused) if name in bound)
    pattern, names = compile_line(line.rstrip(), known)
    result = pattern.fullmatch(found)
    if result is None:
        return None
    return {name: result[group] for group, name in names}


@lru_cache(maxsize=4096)
def compile_line(
    line: str, known: tuple[tuple[str, str], ...]
) -> tuple[re.Pattern[str], tuple[tuple[str, str], ...]]:
    """Compile a line to a regular expression and the names of its groups.

    Each `[..]` is atomic with what follows it, so that the search never explodes.
    """
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
            segments[-1] += _translate_piece(piece, bound, groups)
    segments[-1] += re.escape(line[end:])
    first, *rest = segments
    if rest:
        first += "".join(f"(?>.*?{each})" for each in rest[:-1]) + ".*" + rest[-1]
    return re.compile(first), tuple((group, name) for name, group in groups.items())


def _translate_piece(piece: re.Match[str], bound: dict[str, str], groups: dict[str, str]) -> str:
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


def fill_captures(text: str, bound: Bindings) -> str:
    """Return the text with every `<name>` that was captured replaced by what was captured."""
    return REUSE.sub(lambda each: bound.get(each["name"], each[0]), text)
