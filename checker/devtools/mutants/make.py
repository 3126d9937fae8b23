"""Makes mutants: solutions with one thing left out or changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from checker.base.process import run
from checker.labs.lab import Lab, Task

HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
FLAG = re.compile(
    r"(?<=\s)(?:--[a-z][\w-]*(?:[= ](?!-|<)(?:\"[^\"]*\"|'[^']*'|\S+))?|-[A-Za-z]+)(?=\s|$)"
)
"""A long flag with its value, or short ones."""

VALUE = re.compile(r"\s+(?:\"[^\"]*\"|'[^']*'|\S)+")
VALUED = re.compile(r"-[A-Za-z]*[evpwulnocU]$|-f$")
"""Short flags that take the next word. The last does so for kubectl alone: `docker rm -f`."""

KEY = re.compile(r"^[\s-]*([\w.-]{2,}):")
"""Of a line of YAML."""

SILENT = re.compile(r"--(quiet|detach)\b|-[dq]$")
"""Flags that change what a command prints, or whether it waits, and nothing of the end state."""

ADDRESS = re.compile(r"\b127\.0\.0\.1\b")
IMAGE = re.compile(
    r"(?<![\w./-])(?:[\w.-]+/)*[a-z][\w.-]*:(?P<tag>\d[\w.-]*|[a-z][a-z-]+)(?![\w:/])"
)
NUMBER = re.compile(
    r"(?<![\w.$\[])(?<!\d-)(?P<number>\d+)(?P<unit>[KMG]i?B?|[kmgs]|ms|%)?(?![\w.])"
)
"""A number, but no end of a range such as [0-9]."""

PATH = re.compile(r"(?<![\w$}./:*])(?:/[\w.-]+)+(?![\w/$])")
SPAN = re.compile(r"`([^`\s]+)`")
WORD = re.compile(r"[a-z][a-z0-9_.-]{2,}", re.I)
TARGET = re.compile(r"(?<=>)\s*(?P<file>[\w./-]+)\s*$", re.M)
CONTINUED = re.compile(r"\\$")
WAITS = re.compile(
    r"\brollout status\b|\b(?:kubectl|aws|docker)\b.* wait\b|^\s*(sleep|until|wait|done)\b|\buntil "
)
"""A command that only waits: checks wait by themselves, so that the end state is the same."""

ANYWHERE = {"docker", "kubectl", "aws", "run", "exec", "create", "get", "apply", "sed", "echo"}
"""Words that name nothing."""

SHOWN = 60


@dataclass(frozen=True)
class Mutant:
    """A changed solution.

    Args:
        task: The task that it must not solve.
        change: What was changed, in words that stay the same as long as the line does.
        words: What was changed, and the names of the task that stand beside it: one of them must be
            in what a learner is told.
        script: The whole solution with the change.
    """

    task: str
    change: str
    words: tuple[str, ...]
    script: str


def make_mutants(lab: Lab) -> list[Mutant]:
    """Return all mutants of a lab's solutions, in the order of its tasks; each script once."""
    found: dict[tuple[str, str], Mutant] = {}
    for task in lab.tasks:
        script = join_solution(task)
        names = {word for span in SPAN.findall(task.text) for word in WORD.findall(span)}
        for change, words, mutated in _mutate(script, names):
            if mutated.strip() and mutated != script:
                things = (name for name in names if name in change)
                mutant = Mutant(task.id, change, (*words, *things), mutated)
                found.setdefault((task.id, mutated), mutant)
    for mutant in swap_answers(lab):
        found.setdefault((mutant.task, mutant.script), mutant)
    return list(found.values())


def join_solution(task: Task) -> str:
    """Return all that a task's solution runs, as one script."""
    return "\n".join(code.text.rstrip("\n") for code in task.solution) + "\n"


Change = tuple[str, tuple[str, ...], str]


def _mutate(script: str, names: set[str]) -> Iterator[Change]:
    yield from leave_out_commands(script)
    yield from leave_out_fields(script)
    yield from leave_out_flags(script)
    yield from change_tokens(script, names)


def leave_out_commands(script: str) -> Iterator[Change]:
    """Leave out each command; a script of one command is what untouched work proves."""
    commands = split_commands(script)
    for at, command in enumerate(commands):
        if len(commands) > 1 and not WAITS.search(command):
            rest = "".join(commands[:at] + commands[at + 1 :])
            yield f"without the command {_shorten(command)}", _find_words(command), rest


def split_commands(script: str) -> list[str]:
    """Return the commands of a script, each with all its lines."""
    commands, lines = list[str](), ""
    for line in script.splitlines(keepends=True):
        lines += line
        if not lines.strip() or CONTINUED.search(line.rstrip("\n")):
            continue
        done = run(["bash", "-n"], input=lines, timeout=10, check=False)
        if done.status == 0 and not done.errors:  # a here-document without an end is a warning
            commands.append(lines)
            lines = ""
    return [*commands, lines] if lines.strip() else commands


def leave_out_fields(script: str) -> Iterator[Change]:
    """Leave out each line of a here-document, with what is indented below it."""
    lines = script.splitlines(keepends=True)
    for first, end in find_heredocs(lines):
        for at in range(first, end):
            if not lines[at].strip():
                continue
            until = at + 1
            while until < end and _indent(lines[until]) > _indent(lines[at]):
                until += 1
            rest = "".join(lines[:at] + lines[until:])
            words = (*_find_words(lines[at]), *_find_owners(lines[first:at], _indent(lines[at])))
            yield f"without {_shorten(lines[at])}", words, rest


def _find_owners(above: list[str], indent: int) -> list[str]:
    """Return the keys of YAML that a line belongs to, given the lines above it."""
    owners = []
    for line in reversed(above):
        if line.strip() and _indent(line) < indent:
            indent = _indent(line)
            owners += KEY.findall(line)
    return owners


def find_heredocs(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Find where the text of each here-document begins, and where it ends."""
    at = 0
    while at < len(lines):
        match = HEREDOC.search(lines[at])
        at += 1
        if match:
            first = at
            while at < len(lines) and lines[at].strip() != match[2]:
                at += 1
            yield first, at


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def leave_out_flags(script: str) -> Iterator[Change]:
    """Leave out each flag of a command, with its value.

    One without a value changes what the whole line does.
    """
    for start, line, in_text in _lines(script):
        if in_text or WAITS.search(line):
            continue
        for match in FLAG.finditer(line):
            if SILENT.search(match[0]):
                continue
            end = match.end()
            if _takes_a_value(line, match[0]) and (value := VALUE.match(line, end)):
                end = value.end()
            flag = line[match.start() : end]
            changed = line[: match.start()].rstrip(" ") + line[end:]
            words = _find_words(flag if " " in flag or "=" in flag else line)
            yield (
                f"without {flag} in {_shorten(line)}",
                words,
                script[:start] + changed + script[start + len(line) :],
            )


def _takes_a_value(line: str, flag: str) -> bool:
    program = line.split()[0]
    if flag.startswith("--") or program not in ("docker", "kubectl", "aws"):
        return False
    return bool(VALUED.match(flag)) and (flag != "-f" or program == "kubectl")


def change_tokens(script: str, names: set[str]) -> Iterator[Change]:
    """Change each tag, address, number and path, and each of the names that a task's text gives."""
    for start, line, in_text in _lines(script):
        if WAITS.search(line):
            continue
        key = _find_words(" ".join(KEY.findall(line))) if in_text else ()
        for first, last, new in _find_tokens(line, names):
            old = line[first:last]
            changed = line[:first] + new + line[last:]
            yield (
                f"{old} -> {new} in {_shorten(line)}",
                (old, new, *key),
                script[:start] + changed + script[start + len(line) :],
            )


def _find_tokens(line: str, names: set[str]) -> Iterator[tuple[int, int, str]]:
    taken = set[int]()

    def claim(first: int, last: int) -> bool:
        free = taken.isdisjoint(range(first, last))
        taken.update(range(first, last))
        return free

    for match in IMAGE.finditer(line):
        if claim(*match.span("tag")):
            yield (*match.span("tag"), f"{match['tag']}-other")
    for match in ADDRESS.finditer(line):
        if claim(*match.span()):
            yield (*match.span(), "0.0.0.0")  # noqa: S104  a mistake that is made on purpose
    for match in NUMBER.finditer(line):
        if claim(*match.span()):
            more = int(match["number"]) * 16 if match["unit"] else int(match["number"]) + 1
            yield (*match.span(), f"{more or 1}{match['unit'] or ''}")
    for match in PATH.finditer(line):
        if claim(*match.span()):
            yield (*match.span(), f"{match[0]}-other")
    for match in WORD.finditer(line):
        if match[0] in names and claim(*match.span()):
            yield (*match.span(), f"{match[0]}x")


def swap_answers(lab: Lab) -> Iterator[Mutant]:
    """Write what answers one task into the file of another."""
    written = {task.id: TARGET.findall(join_solution(task)) for task in lab.tasks}
    tasks = [task for task in lab.tasks if written[task.id]]
    for task, other in zip(tasks, tasks[1:] + tasks[:1], strict=True):
        mine, theirs = written[task.id][-1], written[other.id][-1]
        if mine != theirs:
            script = join_solution(other).replace(theirs, mine)
            change = f"the answer of {other.id} in {mine}"
            yield Mutant(task.id, change, (mine,), script)


def _lines(script: str) -> Iterator[tuple[int, str, bool]]:
    """Return each line without its end: where it begins, and whether a here-document holds it."""
    lines = script.splitlines(keepends=True)
    inside = {at for first, end in find_heredocs(lines) for at in range(first, end)}
    ends = {end for _, end in find_heredocs(lines)}
    start = 0
    for at, line in enumerate(lines):
        if at not in ends:
            yield start, line.rstrip("\n"), at in inside
        start += len(line)


def _find_words(text: str) -> tuple[str, ...]:
    """Return what stands in a text, without its marks and without what any command has."""
    # in an expression of sed, / parts what is to be found from what takes its place
    parts = text.replace("/", " ") if text.startswith("sed ") else text
    found = re.findall(r"[\w./-]{2,}", parts)
    # the name of a variable has several: DATABASE_URL
    found += [part for word in found for part in word.split("_") if "_" in word and len(part) > 2]
    return tuple(word for word in found if word.strip("-./") and word not in ANYWHERE)


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= SHOWN else line[: SHOWN - 3] + '...'}`"
