"""The kinds of blocks, and what each may say of itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from checker.base.errors import CourseError
from checker.formats.markdown import Fence
from checker.pages.parsing import quiz, transcript
from checker.pages.parsing.quiz import Question
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
    question: Question | None = None
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


def block(fence: Fence) -> Block:
    """Decide what a fence is, and read it.

    Raises:
        CourseError: It is of no kind, or says something that its kind does not know.
    """
    kind = kind_of(fence)
    _judge_attributes(fence, kind)
    if kind == "quiz":
        return Block(fence, kind, question=quiz.read(fence))
    if kind == "file":
        _judge_file(fence)
    if kind == "illustration" and not fence.attributes.get("reason", "").strip():
        raise fence.wrong(
            "an illustration must say why it is not run.", expected='reason="..." in its braces'
        )
    reader = {"console": transcript.console, "python": transcript.python}.get(kind)
    return Block(
        fence,
        kind,
        statements=reader(fence) if reader else (),
        seconds=_duration(fence, "timeout") or DEFAULT_SECONDS,
        until=_duration(fence, "until"),
        exit=_exit(fence),
    )


def kind_of(fence: Fence) -> str:
    """The kind of a fence.

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
    raise fence.wrong(
        f"{what} is neither run nor explained.",
        expected=KINDS,
        next_step="Give it a kind, so that the page can be proven.",
    )


def _judge_attributes(fence: Fence, kind: str) -> None:
    for name in fence.attributes:
        if name not in ALLOWED[kind]:
            known = ", ".join(ALLOWED[kind]) or "none"
            raise fence.wrong(f"{kind} blocks know no {name!r}.", expected=known)
    for name in fence.classes:
        if (name, kind) != ("illustration", "illustration"):
            raise fence.wrong(f"{kind} blocks know no class {name!r}.")


def _duration(fence: Fence, name: str) -> float:
    given = fence.attributes.get(name)
    if given is None:
        return 0.0
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", given)
    if not match or not float(match[1]):
        raise fence.wrong(
            f"{name}={given!r} is not a time.", expected='a number with ms, s or m: "90s"'
        )
    return float(match[1]) * UNITS[match[2]]


def _exit(fence: Fence) -> int:
    given = fence.attributes.get("exit", "0")
    if not re.fullmatch(r"\d{1,3}", given) or int(given) > 255:
        raise fence.wrong(f"exit={given!r} is not an exit status.", expected="0 to 255")
    return int(given)


def _judge_file(fence: Fence) -> None:
    title = PurePosixPath(fence.attributes["title"])
    if title.is_absolute() or ".." in title.parts or not title.name:
        raise fence.wrong(
            f"title={fence.attributes['title']!r} is outside the workspace.",
            expected="a path in the page's folder",
        )
    if not re.fullmatch(r"0?[0-7]{3}", fence.attributes.get("mode", "644")):
        raise fence.wrong("mode must be three octal digits.", expected='mode="755"')
    try:
        _parse(title.suffix, fence.content)
    except (yaml.YAMLError, ValueError) as error:
        raise _not_readable(fence, title, error) from None


def _parse(suffix: str, content: str) -> None:
    if suffix in (".yaml", ".yml"):
        list(yaml.safe_load_all(content))
    elif suffix == ".json":
        json.loads(content)


def _not_readable(fence: Fence, title: PurePosixPath, error: Exception) -> CourseError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else getattr(error, "lineno", 1)
    reason = getattr(error, "problem", None) or getattr(error, "msg", str(error))
    return fence.wrong(f"{title} is not {title.suffix[1:].upper()}: {reason}.", line=line)


def place(fence: Fence, folder: Path) -> Path:
    """Where the file of a file block goes."""
    return folder / fence.attributes["title"]
