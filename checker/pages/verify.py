"""Proves a page: runs it from top to bottom in an empty folder and removes what it made."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.run import Run
from checker.base.settings import current_settings
from checker.orchestrators.registry import shell_environment
from checker.pages.events import collect_edits, collect_results, is_result, report_progress
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.reporting.results import PageResult, shorten_path
from checker.pages.reporting.rewrite import rewrite_page
from checker.pages.running.runner import Runner, run_page
from checker.sandbox import session


def verify_page(
    page: Page | Path, accept: bool = False, progress: Callable[[str], None] = lambda _: None
) -> PageResult:
    """Run a page and compare everything it shows with what happens.

    Args:
        page: A page, or the Markdown file that is to be read as one.
        accept: Write the output that was found into the page, where it differs.
        progress: Told which block is under way.

    Raises:
        CourseError: The page is malformed, or was changed while its output was accepted.
        CouldNotFindOut: What it needs is not there.
    """
    if isinstance(page, Path):
        page = parse_page(page)
    started = time.monotonic()
    with (
        prepared(page),
        tempfile.TemporaryDirectory(prefix="page-", ignore_cleanup_errors=True) as folder,
    ):
        env = {**shell_environment(), "LC_ALL": current_settings().language}
        with Runner(Path(folder).resolve(), env, page.blocks, accept, page.engine) as runner:
            # what was printed at each try of an `until` may be a megabyte, and is not needed here
            every = report_progress(run_page(page, runner), progress)
            events = [each for each in every if is_result(each)]
    edits = collect_edits(events)
    if edits:
        if page.path.read_text(encoding="utf-8") != page.text:
            raise CourseError(
                f"{page.path} was changed while it was verified; what was found is not written.",
                next_step="Verify it again with --accept.",
            )
        paths.write_atomically(page.path, rewrite_page(page, edits))
    seconds = time.monotonic() - started
    return PageResult(page.path, collect_results(events), seconds, len(edits))


@contextlib.contextmanager
def prepared(page: Page) -> Iterator[None]:
    """Have the engine and the images of a page, and remove afterwards what is made meanwhile."""
    from checker.images import catalogue

    images = [image.reference for image in catalogue.find_mentioned(page.text)]
    session.ensure_engines(page.engine, images)
    with session.record_run(page_run(page.path), page.engine) as clean:
        try:
            yield
        finally:
            try:
                for line in clean():
                    console.err.print(f"could not be removed: {line}", markup=False)
            except CouldNotFindOut as error:
                # the engine has gone away; the next run of the page begins with removing
                console.err.print(f"What the page made is still there. {error}", markup=False)


def page_run(path: Path) -> Run:
    """Return the run that verifies a page."""
    return Run.of_page(shorten_path(path))
