"""JUnit XML, as CI systems read it (the schema that pytest and Jenkins use): written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from junitparser import Error, Failure, JUnitXml, JUnitXmlError, Skipped, TestCase, TestSuite
from junitparser.junitparser import FinalResult

from checker.base.verdict import Verdict

ELEMENTS: dict[Verdict, type[FinalResult]] = {
    Verdict.FAILED: Failure,
    Verdict.COULD_NOT_CHECK: Error,
    Verdict.SKIPPED: Skipped,
    Verdict.NOT_RUN: Skipped,
}
MOST_LINES = 12
"""Of one failure; the whole stands where it happened."""


@dataclass(frozen=True)
class Case:
    """One test; `message` and `text` say why it did not pass."""

    name: str
    verdict: Verdict
    seconds: float = 0.0
    message: str = ""
    text: str = ""


Suite = tuple[str, list[Case]]


def format_suites(suites: Iterable[Suite]) -> str:
    """Return the document: a suite a page, lab or submission, a case a block, proof or task."""
    document = JUnitXml()
    for name, cases in suites:
        suite = TestSuite(remove_control_characters(name))
        suite.add_testcases([_build_case(name, case) for case in cases])
        # Not add_testsuite, which would merge suites of one name.
        document.extend([suite])  # type: ignore[no-untyped-call]
    # junitparser's own indenting turns the line breaks of a message into spaces.
    text: bytes = document.tostring()  # type: ignore[no-untyped-call]
    top = ElementTree.fromstring(text)  # noqa: S314 - our own
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _build_case(suite: str, case: Case) -> TestCase:
    names = remove_control_characters(case.name), remove_control_characters(suite)
    element = TestCase(*names, round(case.seconds, 3))
    if case.verdict in ELEMENTS:
        result = ELEMENTS[case.verdict]()
        result.message = remove_control_characters(case.message)
        result.text = remove_control_characters(case.text)
        element.result = [result]
    return element


def remove_control_characters(text: str) -> str:
    """Remove the control characters that XML 1.0 cannot carry."""
    return "".join(each for each in text if each in "\t\n" or each >= " ")


def list_failures(file: Path) -> Iterator[str]:
    """List what failed: a line for each test, and below it in few lines what it found.

    The end of a long log is all that many people see. Nothing is listed if the JUnit XML, as pytest
    and `verify --junit` write it, is not there or was cut off in the middle.
    """
    try:
        suites = list(JUnitXml.fromfile(str(file)))
    except (OSError, ElementTree.ParseError, JUnitXmlError):
        return
    for case in (case for suite in suites for case in suite):
        for result in case.result:
            if isinstance(result, (Failure, Error)):
                yield f"{case.classname}: {case.name}"
                yield from (f"    {line}" for line in _shorten(result))


def _shorten(result: FinalResult) -> list[str]:
    """Return the asserted facts where pytest marks them with an E, else message and text."""
    text = (result.text or "").splitlines()
    marked = [line.removeprefix("E").strip() for line in text if line.startswith("E  ")]
    lines = marked or [*(result.message or "").splitlines(), *text]
    rest = [f"... and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    return [*lines[:MOST_LINES], *rest]
