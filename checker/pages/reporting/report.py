"""How a person reads the result of a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from checker.pages.reporting.results import BlockResult, Failure, PageResult, shown

MOST_LINES = 60
STYLES = {"-": "red", "+": "green"}
WORDS = {"passed": "green", "failed": "bold red", "could-not-check": "bold yellow"}


def show(result: PageResult, console: Console) -> None:
    """Print the verdict of a page, and every failure with what to try."""
    head = Text(f"{result.verdict:16}", style=WORDS[result.verdict])
    console.print(head.append(f"{shown(result.path)}  {_count(result)}", style="default"))
    if result.trouble:
        console.print(Text(result.trouble))
    for block in result.blocks:
        if block.failure:
            for line in failure_lines(result.path, block, block.failure):
                console.print(line)


def _count(result: PageResult) -> str:
    run = [block for block in result.blocks if block.verdict != "not-run"]
    stopped = sum(block.kind != "illustration" for block in result.blocks) - sum(
        block.kind != "illustration" for block in run
    )
    text = f"{len(run)} blocks, {result.seconds:.1f} s"
    text += f", {stopped} not run" if stopped else ""
    return text + (f", {result.accepted} outputs accepted" if result.accepted else "")


def failure_lines(path: Path, block: BlockResult, failure: Failure) -> Iterator[Text]:
    """A failure: place, command, what differs, the exit status, what to try."""
    name = f" ({block.id})" if block.id else ""
    yield Text(f"  {shown(path)}:{failure.line}{name}: {failure.problem}", style="bold")
    for number, line in enumerate(failure.command.split("\n")):
        yield Text(f"    {'$' if number == 0 else '>'} {line}")
    lines = failure.difference or tuple(f"+ {line}" for line in failure.found.split("\n"))
    if any(line[:1] in STYLES for line in lines):
        yield Text("    - expected, + found", style="dim")
        yield from (Text(f"    {line}", style=STYLES.get(line[:1], "")) for line in _cut(lines))
    if failure.status is not None:
        yield Text(f"    exit status {failure.status}", style="dim")
    yield Text(f"    try: {advice(path, failure)}")


def _cut(lines: tuple[str, ...]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return list(lines)
    half = MOST_LINES // 2
    return [*lines[:half], f"  ({len(lines) - MOST_LINES} more lines)", *lines[-half:]]


def advice(path: Path, failure: Failure) -> str:
    """What to try next."""
    if "Cannot connect to the Docker daemon" in failure.found:
        return "./course doctor: the engine went away."
    if "did not end within" in failure.problem or "in time" in failure.problem:
        return 'run the command by hand; if it needs longer, give the block timeout="180s".'
    if "ended with status" in failure.problem:
        return f'if that status is meant, end the block here and give it exit="{failure.status}".'
    if failure.problem.startswith("The output differs"):
        return f"if the page is wrong: ./course verify {shown(path)} --accept"
    return "run the commands of this block by hand, from the page's first block on."
