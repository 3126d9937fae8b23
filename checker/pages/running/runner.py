"""Runs the blocks of a page and judges each by what it did."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from checker.pages.comparing import align
from checker.pages.comparing.match import fill, lines_of, match
from checker.pages.parsing.blocks import Block, place
from checker.pages.parsing.transcript import Statement, prompt_pattern
from checker.pages.reporting.results import BlockResult, Failure, Verdict
from checker.pages.running import validate
from checker.pages.running.dialog import dialog
from checker.pages.running.session import MOST_OUTPUT, Session

POLL_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.0)
SETTLE_SECONDS = 2.0
LISTS = re.compile(r"docker (container |image |volume |network )?(ls|ps|images)\b[^;&<>`]*")
"""Commands that only list. The Docker Engine answers them from a copy of its state that is brought
up to date after `stop` has returned (moby, daemon/monitor.go, CheckpointTo): a reader never
types fast enough to see the old one, a script does.
"""
DIFFERS = "The output differs."
FAREWELLS = ("exit", "logout")
RAISED = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Ran:
    """What came of a command: the output of each statement in it, and how it ended."""

    command: str
    outputs: tuple[tuple[Statement, str], ...]
    status: int | None
    trouble: str = ""


@dataclass
class Runner:
    """The sessions of one page and what was captured so far.

    Args:
        workspace: The folder in which everything runs.
        env: The whole environment of the sessions.
        page: All its blocks, since whether a file must be validated depends on the later ones.
        accept: Take found output for right, and note it in `edits`.
        engine: The page's: with `kind`, manifests are validated by the cluster.
    """

    workspace: Path
    env: Mapping[str, str]
    page: tuple[Block, ...]
    accept: bool = False
    engine: str = "none"
    bound: dict[str, str] = field(default_factory=dict)
    edits: list[tuple[Block, Statement, list[str]]] = field(default_factory=list)
    _sessions: dict[bool, Session] = field(default_factory=dict)
    _accepting: bool = False

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()

    def run(self, block: Block) -> BlockResult:
        """Run a block, again and again where it says `until`."""
        started = time.monotonic()
        failure = self._tried(block, self.accept and not block.until)
        pauses = _pauses()
        while failure and time.monotonic() - started < block.until:
            time.sleep(next(pauses))
            failure = self._tried(block, False)
        if failure and self.accept and block.until:
            failure = self._tried(block, True)
        if failure and block.until:
            failure = replace(failure, problem=f"{failure.problem} Tried for {block.until:g} s.")
        seconds = time.monotonic() - started
        verdict: Verdict = "failed" if failure else "passed"
        return BlockResult(block.id, block.line, block.kind, verdict, seconds, failure)

    def command(self, command: str, line: int, seconds: float) -> Failure | None:
        """Run a command whose output does not matter, but whose success does."""
        outcome = self._session().run(command, seconds)
        if outcome.status == 0:
            return None
        problem = _status_problem(outcome.status, 0, seconds)
        return Failure(line, command, problem, outcome.status, found=outcome.output.rstrip())

    def _tried(self, block: Block, accept: bool) -> Failure | None:
        before = dict(self.bound)
        self._accepting = accept
        failure = self._file(block) if block.kind == "file" else self._statements(block)
        if failure:
            self.bound = before
        return failure

    def _file(self, block: Block) -> Failure | None:
        path = place(block.fence, self.workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content + "\n", encoding="utf-8")
        path.chmod(int(block.attributes.get("mode", "644"), 8))
        command = validate.command(block, self.page, self.engine)
        return self.command(command, block.line, validate.SECONDS) if command else None

    def _statements(self, block: Block) -> Failure | None:
        for statement in block.statements:
            if failure := self._settled(block, statement):
                return failure
        return None

    def _settled(self, block: Block, statement: Statement) -> Failure | None:
        """Judge a statement; a list of the engine's gets a moment to be right."""
        lists = LISTS.fullmatch(statement.text) is not None
        end = time.monotonic() + (SETTLE_SECONDS if lists else 0.0)
        failure = self._once(block, statement, self._accepting and not lists)
        while failure and failure.problem == DIFFERS and time.monotonic() < end:
            time.sleep(POLL_SECONDS[0])
            failure = self._once(block, statement, False)
        if failure and lists and self._accepting:
            failure = self._once(block, statement, True)
        return failure

    def _once(self, block: Block, statement: Statement, accept: bool) -> Failure | None:
        ran = self._ran(block, statement)
        return self._judged(block, ran, _status(block, statement), accept)

    def _ran(self, block: Block, statement: Statement) -> Ran:
        command = fill(statement.text, self.bound)
        if "tty" in block.attributes:
            return self._talked(block, statement, command)
        session = self._session(block.kind == "python")
        outcome = session.run(_marked(block, command), block.seconds)
        trouble = f"It printed more than {MOST_OUTPUT // 1_000_000} MB." if outcome.cut else ""
        if outcome.ended:
            trouble = "It ended the page's shell."
        elif outcome.status is None:
            trouble = _status_problem(None, 0, block.seconds)
        return Ran(command, ((statement, outcome.output),), outcome.status, trouble)

    def _talked(self, block: Block, statement: Statement, command: str) -> Ran:
        prompt = prompt_pattern(block.attributes["tty"])
        typed = [fill(reply.text, self.bound) for reply in statement.replies]
        talk = dialog(self._session(), command, prompt, typed, block.seconds)
        outputs = zip((statement, *statement.replies), talk.outputs, strict=False)
        said = tuple((each, _without_farewell(each, output)) for each, output in outputs)
        return Ran(command, said, talk.status, talk.trouble)

    def _judged(self, block: Block, ran: Ran, wanted: int, accept: bool) -> Failure | None:
        if ran.trouble:
            statement, output = ran.outputs[-1]
            return self._failure(statement, ran, output, ran.trouble)
        wrong = "" if ran.status == wanted else _status_problem(ran.status, wanted, 0)
        for statement, output in ran.outputs:
            captured = match(statement.expected, lines_of(output), self.bound)
            if captured is None and accept and not wrong:
                captured = self._accepted(block, statement, output)
            if captured is None:
                return self._failure(statement, ran, output, wrong or DIFFERS)
            self.bound = captured
        statement, output = ran.outputs[-1]
        return self._failure(statement, ran, output, wrong) if wrong else None

    def _accepted(self, block: Block, statement: Statement, output: str) -> dict[str, str] | None:
        lines = align.accepted(statement.expected, lines_of(output), self.bound)
        self.edits.append((block, statement, lines))
        return match(lines, lines_of(output), self.bound)

    def _failure(self, statement: Statement, ran: Ran, output: str, problem: str) -> Failure:
        found = lines_of(output)
        return Failure(
            line=statement.line,
            command=fill(statement.text, self.bound),
            problem=problem,
            status=ran.status,
            expected=fill("\n".join(statement.expected).rstrip(), self.bound),
            found="\n".join(found),
            difference=tuple(align.difference(statement.expected, found, self.bound)),
        )

    def _session(self, python: bool = False) -> Session:
        session = self._sessions.get(python)
        if session is None or session.is_over:
            if session:
                session.close()
            session = self._sessions[python] = Session(self.workspace, self.env, python=python)
        return session


def _marked(block: Block, command: str) -> str:
    """Tells the interpreter whether to show the value of an expression, as after a prompt."""
    if block.kind != "python":
        return command
    return f"{'>' if block.content.startswith('>>>') else ' '}{command}"


def _without_farewell(statement: Statement, output: str) -> str:
    """A shell on a terminal says `exit` when it is left; a page need not."""
    said = output.strip() in FAREWELLS and statement.text.split()[:1] == [output.strip()]
    return "" if said and not "".join(statement.expected).strip() else output


def _status(block: Block, statement: Statement) -> int:
    """The status that a statement must have; a shown traceback is one that is meant."""
    if block.kind == "python":
        return int(RAISED in statement.expected)
    return block.exit if statement is block.statements[-1] else 0


def _status_problem(status: int | None, wanted: int, seconds: float) -> str:
    if status is None:
        return f"It did not end within {seconds:g} s."
    if status < 0:
        return f"It was ended by signal {-status}."
    return f"It ended with status {status} instead of {wanted}."


def _pauses() -> Iterator[float]:
    yield from POLL_SECONDS
    while True:
        yield POLL_SECONDS[-1]
