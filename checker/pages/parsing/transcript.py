"""Reads what a console or python block shows: commands, and below each what it must print."""

from __future__ import annotations

import codeop
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from checker.base.errors import CourseError
from checker.formats.markdown import Fence
from checker.pages.comparing.match import ANY, ANY_LINES, lines_of


@dataclass(frozen=True)
class Statement:
    """A command and its expected output.

    Args:
        text: The command without prompts; continuation lines joined by line ends.
        line: The line of the page on which it begins.
        first: Where its expected output begins in the block's content, counted from 0.
        expected: The lines below it, as on the page.
        replies: In a tty block, what is typed at the inner prompt, each with its own output.
    """

    text: str
    line: int
    first: int
    expected: tuple[str, ...]
    replies: tuple[Statement, ...] = ()

    def asserts(self) -> bool:
        """Whether an output could be wrong: silence is promised, or a line has literal text."""
        lines = lines_of("\n".join(self.expected))
        return not lines or any(line.replace(ANY, "").strip(" .") for line in lines)


@dataclass
class _Draft:
    """A statement whose lines are still being read."""

    text: list[str]
    at: int
    inner: bool
    expected: list[str]

    def done(self, fence: Fence, replies: tuple[Statement, ...]) -> Statement:
        first = self.at + len(self.text)
        line = fence.line + 1 + self.at
        return Statement("\n".join(self.text), line, first, tuple(self.expected), replies)


def console(fence: Fence) -> tuple[Statement, ...]:
    """The commands of a console block.

    Raises:
        CourseError: It begins with something else than a command, or a command is empty.
    """
    inner = prompt_pattern(fence.attributes["tty"]) if "tty" in fence.attributes else None
    drafts: list[_Draft] = []
    for at, line in enumerate(fence.content.split("\n")):
        reply = inner.match(line) if inner and drafts else None
        if line == "$" or line.startswith("$ "):
            drafts.append(_Draft([line[2:]], at, False, []))
        elif reply:
            drafts.append(_Draft([line[reply.end() :]], at, True, []))
        elif _continues(drafts, line):
            drafts[-1].text.append(line[2:])
        else:
            _output(fence, drafts, at, line, "$ ")
    return _statements(fence, drafts)


def _continues(drafts: list[_Draft], line: str) -> bool:
    begun = bool(drafts) and not drafts[-1].expected and not drafts[-1].inner
    return begun and (line == ">" or line.startswith("> "))


def prompt_pattern(prompt: str) -> re.Pattern[str]:
    """What the inner prompt looks like at the beginning of a line."""
    parts = (re.escape(part) for part in prompt.rstrip().split(ANY))
    return re.compile(".*?".join(parts) + "(?: |$)" * prompt.endswith(" "))


def python(fence: Fence) -> tuple[Statement, ...]:
    """The statements of a python block; one without prompts is a single one that prints nothing.

    Raises:
        CourseError: It begins with something else than a prompt, or a statement is unfinished.
    """
    lines = fence.content.split("\n")
    if not any(line.startswith(">>> ") for line in lines):
        compiled(fence, fence.content, 1, "exec")
        return (Statement(fence.content, fence.line + 1, len(lines), ()),)
    drafts: list[_Draft] = []
    for at, line in enumerate(lines):
        if line == ">>>" or line.startswith(">>> "):
            drafts.append(_Draft([line[4:]], at, False, []))
        elif drafts and not drafts[-1].expected and _continues_python(drafts[-1], line):
            drafts[-1].text.append(line[4:])
        else:
            _output(fence, drafts, at, line, ">>> ")
    for draft in drafts:
        compiled(fence, "\n".join(draft.text) + "\n", draft.at + 1, "single")
    return _statements(fence, drafts)


def _continues_python(draft: _Draft, line: str) -> bool:
    """`...` also stands for any output, so that it continues only what is unfinished."""
    if line != ANY_LINES and not line.startswith("... "):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return codeop.compile_command("\n".join(draft.text)) is None
    except (SyntaxError, ValueError, OverflowError):
        return False


def compiled(fence: Fence, source: str, line: int, mode: str) -> None:
    """Refuse what Python cannot read."""
    compiler: Callable[..., object] = compile
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiler(source, "page", mode)
    except (SyntaxError, ValueError) as error:
        at = line + (getattr(error, "lineno", None) or 1) - 1
        reason = getattr(error, "msg", str(error))
        raise fence.wrong(f"this is not Python: {reason}.", line=at) from None


def _output(fence: Fence, drafts: list[_Draft], at: int, line: str, prompt: str) -> None:
    if drafts:
        drafts[-1].expected.append(line)
    elif line.strip():
        raise fence.wrong(
            "this block must begin with a command.",
            line=at + 1,
            expected=f"a line that begins with {prompt!r}",
            next_step='If it is not to be run, make it ``` text { .illustration reason="..." }.',
        )


def _statements(fence: Fence, drafts: list[_Draft]) -> tuple[Statement, ...]:
    statements: list[Statement] = []
    replies: list[Statement] = []
    for draft in reversed(drafts):
        if not "".join(draft.text).strip():
            raise _empty(fence, draft)
        if draft.inner:
            replies.append(draft.done(fence, ()))
        else:
            statements.append(draft.done(fence, tuple(reversed(replies))))
            replies = []
    if not statements:
        raise fence.wrong("this block has no command.", expected="a line that begins with '$ '")
    return tuple(reversed(statements))


def _empty(fence: Fence, draft: _Draft) -> CourseError:
    return fence.wrong("this command is empty.", line=draft.at + 1)
