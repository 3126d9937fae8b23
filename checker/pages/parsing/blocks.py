"""The kinds of blocks, and what each may say of itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from checker.formats.markdown import Fence
from checker.pages.parsing import quiz, transcript
from checker.pages.parsing.quiz import QuizQuestion
from checker.pages.parsing.transcript import Statement

ALLOWED = {
    "console": ("timeout", "until", "exit", "tty"),
    "python": ("timeout", "until"),
    "file": ("title", "mode"),
    "illustration": ("reason", "title"),
    "quiz": (),
}
KINDS = (
    'console, python, quiz, a file (title="NAME"), or an illustration (.illustration reason="...")'
)
DEFAULT_SECONDS = 60.0
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True)
class Block:
    """A fence whose kind is known.

    Args:
        kind: console, python, file, illustration or quiz.
        statements: The commands of a console or python block.
        seconds: The most that one command may take.
        until: Seconds for which the block is tried again; 0 for once.
        exit: The status with which the last command must end.
    """

    fence: Fence
    kind: str
    statements: tuple[Statement, ...] = ()
    question: QuizQuestion | None = None
    seconds: float = DEFAULT_SECONDS
    until: float = 0.0
    exit: int = 0

    @property
    def id(self) -> str:
        return self.fence.id

    @property
    def line(self) -> int:
        return self.fence.line

    @property
    def content(self) -> str:
        return self.fence.content

    @property
    def attributes(self) -> dict[str, str]:
        return self.fence.attributes

    @property
    def title(self) -> str:
        return self.fence.attributes.get("title", "")


def parse_block(fence: Fence) -> Block:
    """Decide what a fence is, and read it.

    Raises:
        CourseError: It is of no kind, or says something that its kind does not know.
    """
    kind = find_kind(fence)
    validate_attributes(fence, kind)
    if kind == "quiz":
        return Block(fence, kind, question=quiz.parse_quiz(fence))
    if kind == "file":
        validate_file(fence)
    if kind == "illustration" and not fence.attributes.get("reason", "").strip():
        raise fence.make_error(
            "an illustration must say why it is not run.", expected='reason="..." in its braces'
        )
    reader = {"console": transcript.parse_console, "python": transcript.parse_python}.get(kind)
    return Block(
        fence,
        kind,
        statements=reader(fence) if reader else (),
        seconds=parse_duration(fence, "timeout") or DEFAULT_SECONDS,
        until=parse_duration(fence, "until"),
        exit=parse_exit_status(fence),
    )


def find_kind(fence: Fence) -> str:
    """Return the kind of a fence.

    Raises:
        CourseError: It is of none.
    """
    if "illustration" in fence.classes:
        return "illustration"
    if fence.language in ("console", "quiz"):
        return fence.language
    if "title" in fence.attributes:
        return "file"
    if fence.language == "python":
        return "python"
    what = f"a block of {fence.language!r}" if fence.language else "a block without a language"
    step = "Give it a kind, so that the page can be proven."
    raise fence.make_error(f"{what} is neither run nor explained.", expected=KINDS, next_step=step)


def validate_attributes(fence: Fence, kind: str) -> None:
    """Refuse attributes and classes that blocks of a kind do not know."""
    for name in fence.attributes:
        if name not in ALLOWED[kind]:
            known = ", ".join(ALLOWED[kind]) or "none"
            raise fence.make_error(f"{kind} blocks know no {name!r}.", expected=known)
    for name in fence.classes:
        if (name, kind) != ("illustration", "illustration"):
            raise fence.make_error(f"{kind} blocks know no class {name!r}.")


def parse_duration(fence: Fence, name: str) -> float:
    """Return the seconds of an attribute such as timeout="90s"; 0 where it is not there."""
    value = fence.attributes.get(name)
    if value is None:
        return 0.0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", value)
    if not match or not float(match[1]):
        raise fence.make_error(
            f"{name}={value!r} is not a time.", expected='a number with ms, s or m: "90s"'
        )
    return float(match[1]) * UNITS[match[2]]


def parse_exit_status(fence: Fence) -> int:
    """Return the status with which the last command of a block must end."""
    value = fence.attributes.get("exit", "0")
    if not re.fullmatch(r"\d{1,3}", value) or int(value) > 255:
        raise fence.make_error(f"exit={value!r} is not an exit status.", expected="0 to 255")
    return int(value)


def validate_file(fence: Fence) -> None:
    """Refuse a file outside the workspace, and YAML or JSON that cannot be read."""
    title = PurePosixPath(fence.attributes["title"])
    if title.is_absolute() or ".." in title.parts or not title.name:
        message = f"title={fence.attributes['title']!r} is outside the workspace."
        raise fence.make_error(message, expected="a path in the page's folder")
    if not re.fullmatch(r"0?[0-7]{3}", fence.attributes.get("mode", "644")):
        raise fence.make_error("mode must be three octal digits.", expected='mode="755"')
    try:
        if title.suffix in (".yaml", ".yml"):
            list(yaml.safe_load_all(fence.content))  # reads lazily
        elif title.suffix == ".json":
            json.loads(fence.content)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(error, "lineno", 1)
        reason = getattr(error, "problem", None) or getattr(error, "msg", str(error))
        message = f"{title} is not {title.suffix[1:].upper()}: {reason}."
        raise fence.make_error(message, line=line) from None


def locate_file(fence: Fence, folder: Path) -> Path:
    """Return where the file of a file block goes."""
    return folder / fence.attributes["title"]
