"""Runs the blocks of a page and tells what happens, as events in their order."""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from checker.base.verdict import Verdict
from checker.docker import connection
from checker.pages.comparing import align
from checker.pages.comparing.match import fill_captures, match_lines
from checker.pages.events import (
    BlockEnded,
    BlockStarted,
    PageEvent,
    StatementCompared,
    StatementOutput,
)
from checker.pages.parsing.blocks import Block, locate_file
from checker.pages.parsing.fences import Page
from checker.pages.parsing.transcript import Statement
from checker.pages.reporting.results import BlockResult, Failure
from checker.pages.running import validate
from checker.pages.running.session import Session
from checker.pages.running.statement import describe_status, execute_statement

POLL_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.0)
SETTLE_SECONDS = 2.0
LISTS = re.compile(r"docker (container |image |volume |network )?(ls|ps|images)\b[^;&<>`]*")
"""Commands that only list. The Docker Engine answers them from a copy of its state that is brought
up to date after `stop` has returned (moby, daemon/monitor.go, CheckpointTo): a reader never
types fast enough to see the old one, a script does.
"""
DIFFERS = "The output differs."
RAISED = "Traceback (most recent call last):"


@dataclass
class Runner:
    """The sessions of one page and what was captured so far.

    Args:
        workspace: The folder in which everything runs.
        env: The whole environment of the sessions.
        page: All its blocks, since whether a file must be validated depends on the later ones.
        accept: Take found output for right, and say in the events what the page shall expect.
        engine: The page's: with `kind`, manifests are validated by the cluster.
    """

    workspace: Path
    env: Mapping[str, str]
    page: tuple[Block, ...]
    accept: bool = False
    engine: str = "none"
    bound: dict[str, str] = field(default_factory=dict)
    _sessions: dict[bool, Session] = field(default_factory=dict)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions.values():
            session.close()

    def run_block(self, block: Block) -> Generator[PageEvent, None, bool]:
        """Run a block, again and again where it says `until`, and return whether it passed."""
        yield BlockStarted(block.id, block.line, block.kind)
        started = time.monotonic()
        failure = yield from self._try_block(block, self.accept and not block.until)
        pauses = generate_pauses()
        while failure and time.monotonic() - started < block.until:
            time.sleep(next(pauses))
            failure = yield from self._try_block(block, False)
        # Only what is still wrong after its time is taken for right.
        if failure and self.accept and block.until:
            failure = yield from self._try_block(block, True)
        if failure and block.until:
            failure = replace(failure, problem=f"{failure.problem} Tried for {block.until:g} s.")
        result = BlockResult(block.id, block.line, block.kind, Verdict.PASSED)
        yield self.end_block(result, started, failure)
        return failure is None

    def run_hidden(
        self, name: str, line: int, commands: Sequence[str]
    ) -> Generator[PageEvent, None, bool]:
        """Run commands of the front matter until one fails, and return whether all passed.

        Args:
            name: setup or cleanup.
            line: Where the page says it.
            commands: Their success counts; what they print does not matter.
        """
        if not commands:
            return True
        yield BlockStarted(name, line, "console", hidden=True)
        started = time.monotonic()
        failure: Failure | None = None
        for command in commands:
            failure = failure or self.run_command(command, line, validate.SECONDS)
        result = BlockResult(name, line, "console", Verdict.PASSED)
        yield self.end_block(result, started, failure)
        return failure is None

    def run_command(self, command: str, line: int, seconds: float) -> Failure | None:
        """Run a command whose output does not matter, but whose success does."""
        result = self.open_session().run(command, seconds)
        if result.status == 0:
            return None
        problem = describe_status(result.status, 0, seconds)
        return Failure(line, command, problem, result.status, found=result.output.rstrip())

    def end_block(self, result: BlockResult, started: float, failure: Failure | None) -> BlockEnded:
        """Return the end of a block; where the engine has gone away, a failure tells nothing."""
        seconds = time.monotonic() - started
        verdict = Verdict.FAILED if failure else Verdict.PASSED
        if failure and self.engine != "none" and not connection.engine_status().running:
            verdict = Verdict.COULD_NOT_CHECK
        return BlockEnded(replace(result, verdict=verdict, seconds=seconds, failure=failure))

    def write_file(self, block: Block) -> Failure | None:
        """Write the file of a file block, and have it validated where something can."""
        path = locate_file(block.fence, self.workspace)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.content + "\n", encoding="utf-8")
        path.chmod(int(block.attributes.get("mode", "644"), 8))
        command = validate.build_command(block, self.page, self.engine)
        return self.run_command(command, block.line, validate.SECONDS) if command else None

    def open_session(self, python: bool = False) -> Session:
        """Return the page's shell or Python interpreter, a new one where the last has ended."""
        session = self._sessions.get(python)
        if session is None or session.is_over:
            if session:
                session.close()
            session = self._sessions[python] = Session(self.workspace, self.env, python=python)
        return session

    def _try_block(self, block: Block, accept: bool) -> Generator[PageEvent, None, Failure | None]:
        """Run a block once; a list of the engine's gets a moment to be right."""
        before = self.bound
        failure = self.write_file(block) if block.kind == "file" else None
        for statement in block.statements:
            lists = LISTS.fullmatch(statement.text) is not None
            end = time.monotonic() + (SETTLE_SECONDS if lists else 0.0)
            failure = yield from self._run_statement(block, statement, accept and not lists)
            while failure and failure.problem == DIFFERS and time.monotonic() < end:
                time.sleep(POLL_SECONDS[0])
                failure = yield from self._run_statement(block, statement, False)
            # A list is accepted only once it had its moment.
            if failure and lists and accept:
                failure = yield from self._run_statement(block, statement, True)
            if failure:
                break
        if failure:
            self.bound = before
        return failure

    def _run_statement(
        self, block: Block, statement: Statement, accept: bool
    ) -> Generator[PageEvent, None, Failure | None]:
        """Run a statement and compare what it and its replies print, up to the first failure."""
        session = self.open_session(block.kind == "python")
        result = execute_statement(session, block, statement, self.bound)
        wanted = block.exit if statement is block.statements[-1] else 0
        if block.kind == "python":  # a shown traceback is one that is meant
            wanted = int(RAISED in statement.expected)
        wrong = result.trouble
        if not wrong and result.status != wanted:
            wrong = describe_status(result.status, wanted, 0)
        for part, typed, lines in result.outputs:
            yield StatementOutput(block, part, typed, tuple(lines), result.status)
            is_last = part is result.outputs[-1][0]
            if result.trouble and not is_last:
                continue  # a dialog that did not go to its end fails where it stopped
            before, accepted = self.bound, None
            captured = None if result.trouble else match_lines(part.expected, lines, before)
            if captured is None and accept and not wrong:
                accepted = tuple(align.accept_lines(part.expected, lines, before))
                captured = match_lines(accepted, lines, before)
            self.bound = before if captured is None else captured
            if captured is None or (wrong and is_last):
                failure = self._explain_failure(part, typed, lines, result.status, wrong or DIFFERS)
                yield StatementCompared(block, part, failure=failure, accepted=accepted)
                return failure
            new = dict(self.bound.items() - before.items())
            yield StatementCompared(block, part, new, accepted=accepted)
        return None

    def _explain_failure(
        self, statement: Statement, typed: str, lines: list[str], status: int | None, problem: str
    ) -> Failure:
        return Failure(
            line=statement.line,
            command=typed,
            problem=problem,
            status=status,
            expected=fill_captures("\n".join(statement.expected).rstrip(), self.bound),
            found="\n".join(lines),
            difference=tuple(align.format_difference(statement.expected, lines, self.bound)),
        )


def run_page(page: Page, runner: Runner) -> Iterator[PageEvent]:
    """Run setup, the blocks in their order until one fails, and cleanup however they ended."""
    line_of = page.front_matter.lines
    passed = yield from runner.run_hidden("setup", line_of.get("setup", 1), page.front_matter.setup)
    for block in page.blocks:
        if block.kind == "quiz":
            continue
        reason = "" if passed else "an earlier block failed"
        if block.kind == "illustration":
            reason = block.attributes["reason"]
        if not reason:
            passed = yield from runner.run_block(block)
            continue
        yield BlockStarted(block.id, block.line, block.kind)
        result = BlockResult(block.id, block.line, block.kind, Verdict.NOT_RUN, reason=reason)
        yield BlockEnded(result)
    yield from runner.run_hidden("cleanup", line_of.get("cleanup", 1), page.front_matter.cleanup)


def generate_pauses() -> Iterator[float]:
    """Yield the seconds to wait before each further try, ever longer up to a second."""
    yield from POLL_SECONDS
    while True:
        yield POLL_SECONDS[-1]
