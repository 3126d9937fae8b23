"""A command that is talked to: run under a terminal, each reply typed when its prompt appears."""

from __future__ import annotations

import re
import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass

from checker.pages.running.session import ReceivedOutput, Session


@dataclass(frozen=True)
class DialogResult:
    """How a dialog went.

    Args:
        outputs: What the command showed before its first prompt, then what each reply brought.
        status: The command's exit status; None if it did not end.
        trouble: Why it did not go to its end; empty if it did.
    """

    outputs: tuple[str, ...]
    status: int | None
    trouble: str = ""


def run_dialog(
    session: Session, command: str, prompt: re.Pattern[str], replies: Sequence[str], timeout: float
) -> DialogResult:
    """Run a command under the session's terminal.

    Args:
        session: The page's shell; it is killed with the command when the time is up.
        command: What would be typed.
        prompt: What its prompt looks like, from the beginning of a line.
        replies: What is typed, a line at each prompt.
        timeout: Seconds for all of it.
    """
    deadline = time.monotonic() + timeout
    dialog = Dialog(session, prompt, deadline)
    answer, trouble = dialog.type_lines(command, replies)
    status = session.resolve_status(answer, deadline)
    outputs = []
    for number, part in enumerate(dialog.parts):
        *before, last = part.text().split("\n")
        lines = before if prompt.fullmatch(last) else [*before, last]
        outputs.append("\n".join(lines[1:] if number else lines))  # a reply begins with its echo
    return DialogResult(tuple(outputs), status, trouble)


class Dialog:
    """Reads until the prompt or the end, and types; `parts` is what was shown after each line."""

    def __init__(self, session: Session, prompt: re.Pattern[str], deadline: float) -> None:
        self.session = session
        self.terminal = session.open_terminal()
        self.prompt = prompt
        self.deadline = deadline
        self.parts = [ReceivedOutput()]

    def type_lines(self, command: str, replies: Sequence[str]) -> tuple[bytes | None, str]:
        """Enter all lines, and return the shell's answer and what went wrong."""
        if not self.session.send_command(command, self.terminal.device):
            return b"", "The page's shell has ended before."
        for reply in replies:
            answer, waits = self.read_until_prompt()
            if not waits and answer is None:
                return None, f"The prompt did not appear in time, to type {reply!r}."
            if not waits:
                return answer, f"It ended before {reply!r} was typed."
            self.parts.append(ReceivedOutput())
            self.terminal.type_line(reply)
        answer, waits = self.read_until_prompt()
        if waits:
            return None, "It still waits at its prompt: let the block end with 'exit'."
        return answer, "" if answer is not None else "It did not end in time."

    def read_until_prompt(self) -> tuple[bytes | None, bool]:
        """Read until the command has ended, or (true) waits at its prompt."""
        part = self.parts[-1]
        with selectors.DefaultSelector() as selector:
            for handle in (self.terminal.master, self.session.answers):
                selector.register(handle, selectors.EVENT_READ)
            while (left := self.deadline - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(left)}
                while part.read_from(self.terminal.master):
                    pass
                if self.session.answers in ready:
                    return self.session.read_answer(), False
                # The last line is a prompt and nothing else; the echo of a reply is not.
                *before, last = part.text().split("\n")
                if (len(self.parts) == 1 or before) and self.prompt.fullmatch(last):
                    return None, True
        return None, False
