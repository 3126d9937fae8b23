"""Proves a page: runs it from top to bottom in an empty folder and removes what it made."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine
from checker.pages.parsing.blocks import Block
from checker.pages.parsing.fences import Page, parse
from checker.pages.reporting.results import BlockResult, Failure, PageResult, Verdict, shown
from checker.pages.reporting.rewrite import rewrite
from checker.pages.running.runner import Runner
from checker.pages.running.validate import SECONDS
from checker.sandbox import engine_session


def verify_page(
    path: Path, accept: bool = False, progress: Callable[[str], None] = lambda _: None
) -> PageResult:
    """Run a page and compare everything it shows with what happens.

    Args:
        path: Any Markdown file.
        accept: Write the output that was found into the page, where it differs.
        progress: Told which block is under way.

    Raises:
        CourseError: The page is malformed.
        CouldNotFindOut: What it needs is not there.
    """
    page = parse(path)
    started = time.monotonic()
    with prepared(page):
        with tempfile.TemporaryDirectory(prefix="page-", ignore_cleanup_errors=True) as folder:
            workspace = Path(folder).resolve()
            with Runner(
                workspace, _environment(page), page.blocks, accept, page.matter.engine
            ) as runner:
                results = _run(page, runner, progress)
                edits = runner.edits
    if edits:
        paths.write_atomically(path, rewrite(page, edits))
    return PageResult(path, tuple(results), time.monotonic() - started, len(edits))


@contextlib.contextmanager
def prepared(page: Page) -> Iterator[None]:
    """Have the engine and the images of a page, and remove afterwards what is made meanwhile."""
    from checker.images import catalogue

    engine_session.ensure(
        page.engine, [image.reference for image in catalogue.mentioned_in(page.text)]
    )
    with engine_session.recorded(page.engine, journal_name(page.path)) as clean:
        try:
            yield
        finally:
            _remove(clean)


def _remove(clean: engine_session.Clean) -> None:
    """Where the engine has gone away, the next run of the page begins with removing."""
    try:
        for line in clean():
            console.err.print(f"could not be removed: {line}", markup=False)
    except CouldNotFindOut as error:
        console.err.print(f"What the page made is still there. {error}", markup=False)


def journal_name(path: Path) -> str:
    """The name of the record of what a page makes."""
    return "verify-" + re.sub(r"[^\w.-]+", "-", shown(path).removesuffix(".md")).strip("-")


def _environment(page: Page) -> dict[str, str]:
    return {**docker_engine.environment(), "LC_ALL": "C.UTF-8"}


def _run(page: Page, runner: Runner, progress: Callable[[str], None]) -> list[BlockResult]:
    """Setup, the blocks in their order, and cleanup however they ended."""
    results = _hidden("setup", page, runner)
    for block in page.blocks:
        if block.kind == "quiz":
            continue
        progress(f"line {block.line} {block.id}".rstrip())
        results.append(_result(block, page, runner, stopped=_has_failed(results)))
    return results + _hidden("cleanup", page, runner)


def _has_failed(results: list[BlockResult]) -> bool:
    return any(result.verdict in ("failed", "could-not-check") for result in results)


def _result(block: Block, page: Page, runner: Runner, stopped: bool) -> BlockResult:
    if block.kind == "illustration":
        reason = block.attributes["reason"]
        return BlockResult(block.id, block.line, block.kind, "not-run", reason=reason)
    if stopped:
        reason = "an earlier block failed"
        return BlockResult(block.id, block.line, block.kind, "not-run", reason=reason)
    return _with_cause(runner.run(block), page)


def _with_cause(result: BlockResult, page: Page) -> BlockResult:
    """A failure tells nothing about the page where the engine has gone away."""
    if result.failure and page.engine != "none" and not docker_engine.status().running:
        return replace(result, verdict="could-not-check")
    return result


def _hidden(name: str, page: Page, runner: Runner) -> list[BlockResult]:
    """Commands of the front matter: they must succeed; what they print does not matter."""
    commands = page.matter.setup if name == "setup" else page.matter.cleanup
    line = page.matter.lines.get(name, 1)
    started = time.monotonic()
    failure: Failure | None = None
    for command in commands:
        failure = failure or runner.command(command, line, SECONDS)
    if not commands:
        return []
    verdict: Verdict = "failed" if failure else "passed"
    seconds = time.monotonic() - started
    return [_with_cause(BlockResult(name, line, "console", verdict, seconds, failure), page)]
