"""Reads what a console or python block shows: commands, and below each what it must print."""

from __future__ import annotations

import codeop
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from checker.formats.markdown import Fence
from checker.pages.comparing.match import ANY, ANY_LINES, split_lines


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

    def asserts_output(self) -> bool:
        """Tell whether an output could be wrong: none is promised, or a line has literal text."""
        lines = split_lines("\n".join(self.expected))
        return not lines or any(line.replace(ANY, "").strip(" .") for line in lines)


@dataclass
class StatementDraft:
    """A statement whose lines are still being read; `inner` for a reply in a dialog."""

    text: list[str]
    at: int
    inner: bool = False
    expected: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the next line may still belong to the command."""
        return not self.expected and not self.inner


def parse_console(fence: Fence) -> tuple[Statement, ...]:
    """Return the commands of a console block.

    Raises:
        CourseError: It begins with something else than a command, or a command is empty.
    """
    inner = compile_prompt(fence.attributes["tty"]) if "tty" in fence.attributes else None
    drafts: list[StatementDraft] = []
    for at, line in enumerate(fence.content.split("\n")):
        reply = inner.match(line) if inner and drafts else None
        if line == "$" or line.startswith("$ "):
            drafts.append(StatementDraft([line[2:]], at))
        elif reply:
            drafts.append(StatementDraft([line[reply.end() :]], at, inner=True))
        elif drafts and drafts[-1].is_open and (line == ">" or line.startswith("> ")):
            drafts[-1].text.append(line[2:])
        else:
            add_output(fence, drafts, at, line, "$ ")
    return build_statements(fence, drafts)


def compile_prompt(prompt: str) -> re.Pattern[str]:
    """Compile what the inner prompt looks like at the beginning of a line."""
    parts = (re.escape(part) for part in prompt.rstrip().split(ANY))
    return re.compile(".*?".join(parts) + "(?: |$)" * prompt.endswith(" "))


def parse_python(fence: Fence) -> tuple[Statement, ...]:
    """Return the statements of a python block; without prompts, a single one that prints nothing.

    Raises:
        CourseError: It begins with something else than a prompt, or a statement is unfinished.
    """
    lines = fence.content.split("\n")
    if not any(line.startswith(">>> ") for line in lines):
        require_python(fence, fence.content, 1, "exec")
        return (Statement(fence.content, fence.line + 1, len(lines), ()),)
    drafts: list[StatementDraft] = []
    for at, line in enumerate(lines):
        if line == ">>>" or line.startswith(">>> "):
            drafts.append(StatementDraft([line[4:]], at))
        elif drafts and drafts[-1].is_open and continues_python(drafts[-1], line):
            drafts[-1].text.append(line[4:])
        else:
            add_output(fence, drafts, at, line, ">>> ")
    for draft in drafts:
        require_python(fence, "\n".join(draft.text) + "\n", draft.at + 1, "single")
    return build_statements(fence, drafts)


def continues_python(draft: StatementDraft, line: str) -> bool:
    """Tell whether a line continues a statement; `...` also stands for any output."""
    if line != ANY_LINES and not line.startswith("... "):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return codeop.compile_command("\n".join(draft.text)) is None
    except (SyntaxError, ValueError, OverflowError):
        return False


def require_python(fence: Fence, source: str, line: int, mode: str) -> None:
    """Refuse what Python cannot read; MODE is that of `compile`, LINE its line in the block."""
    compiler: Callable[..., object] = compile
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiler(source, "page", mode)
    except (SyntaxError, ValueError) as error:
        at = line + (getattr(error, "lineno", None) or 1) - 1
        reason = getattr(error, "msg", str(error))
        raise fence.make_error(f"this is not Python: {reason}.", line=at) from None


def add_output(fence: Fence, drafts: list[StatementDraft], at: int, line: str, prompt: str) -> None:
    """Add a line to what the last command must print."""
    if drafts:
        drafts[-1].expected.append(line)
    elif line.strip():
        raise fence.make_error(
            "this block must begin with a command.",
            line=at + 1,
            expected=f"a line that begins with {prompt!r}",
            next_step='If it is not to be run, make it ``` text { .illustration reason="..." }.',
        )


def build_statements(fence: Fence, drafts: list[StatementDraft]) -> tuple[Statement, ...]:
    """Return the statements, each with the replies that follow it."""
    statements: list[Statement] = []
    replies: list[Statement] = []
    for draft in reversed(drafts):
        text = "\n".join(draft.text)
        if not text.strip():
            raise fence.make_error("this command is empty.", line=draft.at + 1)
        first = draft.at + len(draft.text)
        built = Statement(text, fence.line + 1 + draft.at, first, tuple(draft.expected))
        if draft.inner:
            replies.append(built)
        else:
            statements.append(replace(built, replies=tuple(reversed(replies))))
            replies = []
    if not statements:
        raise fence.make_error(
            "this block has no command.", expected="a line that begins with '$ '"
        )
    return tuple(reversed(statements))
