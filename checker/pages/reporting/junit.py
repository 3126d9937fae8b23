"""A page as a suite of JUnit."""

from __future__ import annotations

from checker.base.verdict import Verdict
from checker.formats.junit import Case, Suite
from checker.pages.reporting.report import suggest_next_step
from checker.pages.reporting.results import BlockResult, PageResult, shorten_path


def build_suite(page: PageResult) -> Suite:
    """Return a page as a suite, a case a block."""
    cases = [_build_case(page, block) for block in page.blocks]
    if page.trouble:
        cases.append(Case("page", Verdict.COULD_NOT_CHECK, message=page.trouble))
    return shorten_path(page.path), cases


def _build_case(page: PageResult, block: BlockResult) -> Case:
    name = f"{block.line}: {block.id or block.kind}"
    failure = block.failure
    if failure is None:
        return Case(name, block.verdict, block.seconds, block.reason)
    place = f"{shorten_path(page.path)}:{failure.line}"
    lines = [f"$ {failure.command}", *failure.difference, f"exit status {failure.status}"]
    text = "\n".join([place, *lines, f"try: {suggest_next_step(page.path, failure)}"])
    return Case(name, block.verdict, block.seconds, failure.problem, text)
