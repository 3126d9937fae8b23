"""What happens while a page is run, in its order, and the readers that make something of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from checker.pages.parsing.blocks import Block
from checker.pages.parsing.transcript import Statement
from checker.pages.reporting.results import BlockResult, Failure
from checker.pages.reporting.rewrite import Edit


@dataclass(frozen=True)
class BlockStarted:
    """A block is next, whether it will be run or not.

    Args:
        hidden: It is the page's setup or cleanup, which readers do not see.
    """

    id: str
    line: int
    kind: str
    hidden: bool = False


@dataclass(frozen=True)
class StatementOutput:
    """A statement, or a reply in a dialog, has ended.

    A statement that is tried again has its two events again; the last ones count.

    Args:
        command: What was typed, captures filled in.
        lines: What a terminal shows of its output, without empty lines at the end.
        status: The exit status of the command, in a dialog of all of it; None if it did not end.
    """

    block: Block
    statement: Statement
    command: str
    lines: tuple[str, ...]
    status: int | None


@dataclass(frozen=True)
class StatementCompared:
    """What was printed has been compared with what the page says.

    Args:
        captured: The names that it captured, with their values.
        failure: What is wrong; None if it is as the page says.
        accepted: The lines that the page shall say from now on; None if it stays as it is.
    """

    block: Block
    statement: Statement
    captured: dict[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    accepted: tuple[str, ...] | None = None


@dataclass(frozen=True)
class BlockEnded:
    """A block has its verdict."""

    result: BlockResult


PageEvent = BlockStarted | StatementOutput | StatementCompared | BlockEnded


def report_progress(
    events: Iterable[PageEvent], progress: Callable[[str], None]
) -> Iterator[PageEvent]:
    """Pass events on, and name each block of the page as it begins."""
    for event in events:
        if isinstance(event, BlockStarted) and not event.hidden:
            progress(f"line {event.line} {event.id}".rstrip())
        yield event


def is_result(event: PageEvent) -> bool:
    """Tell whether `collect_results` or `collect_edits` will want an event."""
    accepts = isinstance(event, StatementCompared) and event.accepted is not None
    return accepts or isinstance(event, BlockEnded)


def collect_results(events: Iterable[PageEvent]) -> tuple[BlockResult, ...]:
    """Return how each block did, setup and cleanup included."""
    return tuple(event.result for event in events if isinstance(event, BlockEnded))


def collect_edits(events: Iterable[PageEvent]) -> list[Edit]:
    """Return the outputs that `--accept` writes into the page."""
    return [
        (event.block, event.statement, list(event.accepted))
        for event in events
        if isinstance(event, StatementCompared) and event.accepted is not None
    ]
