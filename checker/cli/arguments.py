"""What all commands share: how errors end them, and how the shell completes names of labs."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import signal
import sys
import threading
import traceback
from collections.abc import Iterator

import click
from click.shell_completion import CompletionItem

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object, nothing else.")


class LabName(click.ParamType[str]):
    """A lab's name, completed by the shell; judged later, where the nearest names are known."""

    name = "lab"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from checker.base.course import list_labs

        return [CompletionItem(name) for name in list_labs() if incomplete in name]


class Course(click.Group):
    """Turns a CourseError into its text and exit status, so that nobody sees a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            with _interrupted_by_sigterm():
                return super().invoke(ctx)
        except CourseError as error:
            click.secho(f"course: {error}", err=True, fg="red" if sys.stderr.isatty() else None)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt as interrupt:
            click.echo("\ncourse: stopped; run the same command again to go on.", err=True)
            told = signal.SIGTERM if isinstance(interrupt, Terminated) else signal.SIGINT
            ctx.exit(128 + told)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if isinstance(error, BrokenPipeError) and (unread := _find_unread_outputs()):
                # what is still to be written there, at the latest at the end, goes nowhere
                nowhere = os.open(os.devnull, os.O_WRONLY)
                for number in unread:
                    os.dup2(nowhere, number)
                ctx.exit(128 + signal.SIGPIPE)
            click.echo(f"course: {_record_unexpected(error)}", err=True)
            ctx.exit(CouldNotFindOut.exit_code)


class Terminated(KeyboardInterrupt):
    """SIGTERM: a service manager or a CI runner means by it what a person means by Ctrl-C."""


@contextlib.contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Have a command clean up when it is told to end, as after Ctrl-C."""

    def interrupt(*_: object) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():  # only that one gets signals
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _find_unread_outputs() -> list[int]:
    """Return which of its outputs are pipes that nobody reads any more, as in `| head`."""
    poll = select.poll()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError):
            poll.register(stream.fileno(), 0)
    return [number for number, event in poll.poll(0) if event & select.POLLERR]


def _record_unexpected(error: Exception) -> CourseError:
    """Return what a person sees of an error that nobody foresaw; the traceback goes to a file."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return CouldNotFindOut(
            "The disk is full.", found=str(error), next_step="Make room, then run it again."
        )
    log = paths.state() / "unexpected-error.txt"
    paths.write_atomically(log, "".join(traceback.format_exception(error)))
    return CouldNotFindOut(
        "This is a fault of the course, not yours.",
        found=f"{type(error).__name__}: {error}",
        next_step=f"Report it with the file {log}.",
    )
