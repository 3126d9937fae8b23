"""A command that is talked to: run under a terminal, each reply typed when its prompt appears."""

from __future__ import annotations

import re
import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass

from checker.pages.running.session import Received, Session
from checker.pages.running.terminal import Terminal, shown


@dataclass(frozen=True)
class Talk:
    """How a dialog went.

    Args:
        outputs: What the command showed before its first prompt, then what each reply brought.
        status: The command's exit status; None if it did not end.
        seconds: How long it all took.
        trouble: Why it did not go to its end; empty if it did.
    """

    outputs: tuple[str, ...]
    status: int | None
    seconds: float
    trouble: str = ""
    ended: bool = False
    cut: bool = False


def dialog(
    session: Session, command: str, prompt: re.Pattern[str], replies: Sequence[str], timeout: float
) -> Talk:
    """Run a command under the session's terminal.

    Args:
        prompt: What its prompt looks like, from the beginning of a line.
        replies: What is typed, a line at each prompt.
        timeout: Seconds for all of it; then it is killed, and the session with it.
    """
    started = time.monotonic()
    talker = _Talker(session, prompt, list(replies), started + timeout)
    answer, trouble = talker.talk(command)
    status = session.status(answer, started + timeout)
    first, *rest = talker.texts()
    outputs = (first, *(text.partition("\n")[2] for text in rest))  # without the echo
    seconds = time.monotonic() - started
    return Talk(outputs, status, seconds, trouble, answer == b"", talker.cut)


class _Talker:
    """Reads until the prompt or the end, and types."""

    def __init__(
        self, session: Session, prompt: re.Pattern[str], replies: list[str], deadline: float
    ) -> None:
        self.session = session
        self.terminal: Terminal = session.terminal()
        self.prompt = prompt
        self.replies = replies
        self.deadline = deadline
        self.parts = [Received()]

    @property
    def cut(self) -> bool:
        return any(part.cut for part in self.parts)

    def texts(self) -> list[str]:
        """What was shown, split at the replies; the prompts are left out."""
        return [_without_prompt(part.text(), self.prompt) for part in self.parts]

    def talk(self, command: str) -> tuple[bytes | None, str]:
        """The shell's answer, and what went wrong."""
        if not self.session.send(command, self.terminal.device):
            return b"", "The page's shell has ended before."
        for reply in self.replies:
            answer, waiting = self._until_prompt()
            if not waiting:
                return answer, _no_prompt(answer, reply)
            self.parts.append(Received())
            self.terminal.type(reply)
        answer, waiting = self._until_prompt()
        if waiting:
            return None, "It still waits at its prompt: let the block end with 'exit'."
        return answer, "" if answer is not None else "It did not end in time."

    def _until_prompt(self) -> tuple[bytes | None, bool]:
        """Read until the command has ended, or (true) waits at its prompt."""
        part = self.parts[-1]
        with selectors.DefaultSelector() as selector:
            for handle in (self.terminal.master, self.session.answers):
                selector.register(handle, selectors.EVENT_READ)
            while (left := self.deadline - time.monotonic()) > 0:
                ready = {key.fd for key, _ in selector.select(left)}
                while part.read(self.terminal.master):
                    pass
                if self.session.answers in ready:
                    return self.session.read_answer(), False
                if self._waits(part.text()):
                    return None, True
        return None, False

    def _waits(self, text: str) -> bool:
        """Whether the last line is a prompt and nothing else; the echo of a reply is not."""
        *before, last = text.split("\n")
        return (len(self.parts) == 1 or bool(before)) and bool(self.prompt.fullmatch(last))


def _no_prompt(answer: bytes | None, reply: str) -> str:
    if answer is None:
        return f"The prompt did not appear in time, to type {reply!r}."
    return f"It ended before {reply!r} was typed."


def _without_prompt(text: str, prompt: re.Pattern[str]) -> str:
    *before, last = shown(text).split("\n")
    return "\n".join(before if prompt.fullmatch(last) else [*before, last])
