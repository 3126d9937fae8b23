"""Types one statement of a block into its session, and its replies where it is a dialog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from checker.pages.comparing.match import fill_captures, split_lines
from checker.pages.parsing.blocks import Block
from checker.pages.parsing.transcript import Statement, compile_prompt
from checker.pages.running.dialog import run_dialog
from checker.pages.running.session import MOST_OUTPUT, Session

FAREWELLS = ("exit", "logout")


@dataclass(frozen=True)
class StatementResult:
    """How a statement went.

    Args:
        outputs: The statement, then its replies: each as it was typed, with what it printed.
        status: Its exit status; None if it did not end.
        trouble: Why it did not go to its end; empty if it did.
    """

    outputs: list[tuple[Statement, str, list[str]]]
    status: int | None
    trouble: str = ""


def execute_statement(
    session: Session, block: Block, statement: Statement, bound: Mapping[str, str]
) -> StatementResult:
    """Run a statement, captures filled in; where its block says `tty`, it is a dialog."""
    command = fill_captures(statement.text, bound)
    if "tty" in block.attributes:
        replies = [fill_captures(reply.text, bound) for reply in statement.replies]
        prompt = compile_prompt(block.attributes["tty"])
        dialog = run_dialog(session, command, prompt, replies, block.seconds)
        parts = zip((statement, *statement.replies), (command, *replies), strict=True)
        outputs = [
            (part, typed, split_lines(drop_farewell(part, output)))
            for (part, typed), output in zip(parts, dialog.outputs, strict=False)
        ]
        return StatementResult(outputs, dialog.status, dialog.trouble)

    source = command
    if block.kind == "python":  # the mark says whether the value of an expression is shown
        source = f"{'>' if block.content.startswith('>>>') else ' '}{command}"
    result = session.run(source, block.seconds)
    trouble = f"It printed more than {MOST_OUTPUT // 1_000_000} MB." if result.cut else ""
    if result.ended:
        trouble = "It ended the page's shell."
    elif result.status is None:
        trouble = describe_status(None, 0, block.seconds)
    outputs = [(statement, command, split_lines(result.output))]
    return StatementResult(outputs, result.status, trouble)


def drop_farewell(statement: Statement, output: str) -> str:
    """Return the output of a reply; a shell that is left says `exit`, a page need not."""
    said = output.strip() in FAREWELLS and statement.text.split()[:1] == [output.strip()]
    return "" if said and not "".join(statement.expected).strip() else output


def describe_status(status: int | None, wanted: int, seconds: float) -> str:
    """Return what is wrong with an exit status, in a sentence."""
    if status is None:
        return f"It did not end within {seconds:g} s."
    if status < 0:
        return f"It was ended by signal {-status}."
    return f"It ended with status {status} instead of {wanted}."
