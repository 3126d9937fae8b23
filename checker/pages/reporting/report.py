"""How a person reads the result of a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from checker.base.verdict import Verdict
from checker.pages.reporting.results import BlockResult, Failure, PageResult, shorten_path

MOST_LINES = 60
STYLES = {"-": "red", "+": "green"}


def show_page(result: PageResult, console: Console) -> None:
    """Print the verdict of a page, and every failure with what to try."""
    passed = result.verdict == Verdict.PASSED
    head = Text(f"{result.verdict:16}", style=("" if passed else "bold ") + result.verdict.color)
    skipped = [block for block in result.blocks if block.verdict == Verdict.NOT_RUN]
    # Illustrations are never run, so nothing is missing where they were not.
    stopped = sum(block.kind != "illustration" for block in skipped)
    summary = f"{len(result.blocks) - len(skipped)} blocks, {result.seconds:.1f} s"
    summary += f", {stopped} not run" if stopped else ""
    summary += f", {result.accepted} outputs accepted" if result.accepted else ""
    console.print(head.append(f"{shorten_path(result.path)}  {summary}", style="default"))
    if result.trouble:
        console.print(Text(result.trouble))
    for block in result.blocks:
        if block.failure:
            for line in format_failure(result.path, block, block.failure):
                console.print(line)


def format_failure(path: Path, block: BlockResult, failure: Failure) -> Iterator[Text]:
    """Format a failure: place, command, what differs, the exit status, what to try."""
    name = f" ({block.id})" if block.id else ""
    yield Text(f"  {shorten_path(path)}:{failure.line}{name}: {failure.problem}", style="bold")
    for number, line in enumerate(failure.command.split("\n")):
        yield Text(f"    {'$' if number == 0 else '>'} {line}")
    lines = failure.difference or tuple(f"+ {line}" for line in failure.found.split("\n"))
    if any(line[:1] in STYLES for line in lines):
        yield Text("    - expected, + found", style="dim")
        yield from (Text(f"    {line}", style=STYLES.get(line[:1], "")) for line in _shorten(lines))
    if failure.status is not None:
        yield Text(f"    exit status {failure.status}", style="dim")
    yield Text(f"    try: {suggest_next_step(path, failure)}")


def _shorten(lines: tuple[str, ...]) -> list[str]:
    if len(lines) <= MOST_LINES:
        return list(lines)
    half = MOST_LINES // 2
    return [*lines[:half], f"  ({len(lines) - MOST_LINES} more lines)", *lines[-half:]]


def suggest_next_step(path: Path, failure: Failure) -> str:
    """Suggest what to try next."""
    if "Cannot connect to the Docker daemon" in failure.found:
        return "./course doctor: the engine went away."
    if "did not end within" in failure.problem or "in time" in failure.problem:
        return 'run the command by hand; if it needs longer, give the block timeout="180s".'
    if "ended with status" in failure.problem:
        return f'if that status is meant, end the block here and give it exit="{failure.status}".'
    if failure.problem.startswith("The output differs"):
        return f"if the page is wrong: ./course verify {shorten_path(path)} --accept"
    return "run the commands of this block by hand, from the page's first block on."
