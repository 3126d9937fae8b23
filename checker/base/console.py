"""What a person sees while things happen: progress on standard error, results on standard output.

Both go through rich: colour and spinners on a terminal, plain lines elsewhere.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape


class Terminal(Console):
    """A console that leaves it to the command line to end where nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise


out = Terminal(highlight=False, soft_wrap=True)
err = Terminal(stderr=True, highlight=False, soft_wrap=True)


class Step:
    """A piece of work under way; `update` says what it is doing now."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._status = err.status(escape(title)) if err.is_terminal else None

    def update(self, detail: str) -> None:
        if self._status:
            self._status.update(f"{escape(self.title)} [dim]{escape(detail)}[/dim]")


@contextlib.contextmanager
def step(title: str) -> Iterator[Step]:
    """Show that `title` is under way, and how long it took if that was over a second."""
    work = Step(title)
    started = time.monotonic()
    if work._status:
        work._status.start()
    else:
        err.print(f"{escape(title)} ...")
    try:
        yield work
    finally:
        if work._status:
            work._status.stop()
        seconds = time.monotonic() - started
        if seconds > 1:
            err.print(f"{escape(title)} [dim]({seconds:.0f} s)[/dim]")
