"""JUnit XML, as CI systems read it (the schema that pytest and Jenkins use)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from checker.pages.reporting.report import advice
from checker.pages.reporting.results import BlockResult, PageResult, shown


@dataclass(frozen=True)
class Case:
    """One test: `verdict` as in results, `message` and `text` where it did not pass."""

    name: str
    verdict: str
    seconds: float = 0.0
    message: str = ""
    text: str = ""


Suite = tuple[str, list[Case]]

ELEMENTS = {"failed": "failure", "could-not-check": "error", "not-run": "skipped"}


def xml(suites: Iterable[Suite]) -> str:
    """The document: a suite a page or lab, a case a block or proof."""
    top = ElementTree.Element("testsuites")
    for name, cases in suites:
        top.append(_suite(name, cases))
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _suite(name: str, cases: list[Case]) -> ElementTree.Element:
    counts = {word: sum(case.verdict == verdict for case in cases) for verdict, word in COUNTS}
    seconds = f"{sum(case.seconds for case in cases):.3f}"
    attributes = {word: str(number) for word, number in counts.items()}
    attributes |= {"name": name, "tests": str(len(cases)), "time": seconds}
    suite = ElementTree.Element("testsuite", attributes)
    for case in cases:
        suite.append(_case(name, case))
    return suite


COUNTS = (("failed", "failures"), ("could-not-check", "errors"), ("not-run", "skipped"))


def _case(suite: str, case: Case) -> ElementTree.Element:
    element = ElementTree.Element(
        "testcase", classname=suite, name=case.name, time=f"{case.seconds:.3f}"
    )
    if case.verdict in ELEMENTS:
        why = ElementTree.SubElement(element, ELEMENTS[case.verdict], message=_clean(case.message))
        why.text = _clean(case.text)
    return element


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot carry."""
    return "".join(each for each in text if each in "\t\n" or each >= " ")


def page_suite(page: PageResult) -> Suite:
    """A page as a suite."""
    cases = [_page_case(page, block) for block in page.blocks]
    if page.trouble:
        cases.append(Case("page", "could-not-check", message=page.trouble))
    return shown(page.path), cases


def _page_case(page: PageResult, block: BlockResult) -> Case:
    name = f"{block.line}: {block.id or block.kind}"
    failure = block.failure
    if failure is None:
        return Case(name, block.verdict, block.seconds, block.reason)
    place = f"{shown(page.path)}:{failure.line}"
    lines = [f"$ {failure.command}", *failure.difference, f"exit status {failure.status}"]
    text = "\n".join([place, *lines, f"try: {advice(page.path, failure)}"])
    return Case(name, block.verdict, block.seconds, failure.problem, text)
