"""What a build did, step by step: read from BuildKit's plain progress.

A step that the builder takes from its cache depends on nothing that has changed. This is also so in
stages of which the image keeps nothing, where layers of the image could not tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NAMED = re.compile(r"#(?P<number>\d+) \[(?:(?P<stage>\S+) )?\d+/\d+\] (?P<instruction>.+)")
CACHED = re.compile(r"#(?P<number>\d+) CACHED")
OUTPUT = re.compile(r"#(?P<number>\d+) [\d.]+ (?P<line>.*)")


@dataclass(frozen=True)
class BuildStep:
    """An instruction as it was run: `cached` where the builder had its result already."""

    stage: str
    instruction: str
    cached: bool
    output: str = ""


def read_build_steps(progress: str) -> list[BuildStep]:
    """Return the steps of a build, in the order in which it began them, without FROM.

    Args:
        progress: What `docker build` writes with BUILDKIT_PROGRESS=plain.
    """
    named: dict[str, re.Match[str]] = {}
    cached: set[str] = set()
    output: dict[str, list[str]] = {}
    for line in progress.splitlines():
        if match := NAMED.fullmatch(line.rstrip()):
            # a step is named again when the builder comes back to it
            named.setdefault(match["number"], match)
        elif match := CACHED.fullmatch(line.rstrip()):
            cached.add(match["number"])
        elif match := OUTPUT.fullmatch(line.rstrip()):
            output.setdefault(match["number"], []).append(match["line"])
    return [
        BuildStep(
            match["stage"] or "",
            " ".join(match["instruction"].split()),
            number in cached,
            "\n".join(output.get(number, ())),
        )
        for number, match in named.items()
        if not match["instruction"].startswith("FROM ")
    ]
