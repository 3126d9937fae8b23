"""Reports can be read by people, spreadsheets and CI systems."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from checker.base.verdict import Verdict
from checker.grading import write
from checker.grading.report import FailedCell, GradeReport, NotebookRun, SubmissionFacts
from checker.labs.report import CheckResult, EngineVersion, TaskReport
from tests.json_schemas import validate

TRUST = "Grade only what you trust."


def check(name: str, verdict: Verdict, found: str = "") -> CheckResult:
    return CheckResult(name, verdict, "yes", found, "Try again.", 0.25)


def task(task_id: str, verdict: Verdict, points: int, *checks: CheckResult) -> TaskReport:
    return TaskReport(task_id, f"Task {task_id}", verdict, points, 2, checks)


def report(name: str, verdict: Verdict, *tasks: TaskReport, **facts: Any) -> GradeReport:
    submission = SubmissionFacts(
        name=name,
        path=f"/in/{name}",
        kind="folder",
        graded_at="2026-01-01T00:00:00+00:00",
        seconds=1.5,
        trouble="",
        bad_input=False,
        notebook=None,
        left_behind=(),
    )
    return GradeReport(
        lab="docker/first",
        verdict=verdict,
        points=sum(each.points for each in tasks),
        max_points=sum(each.max_points for each in tasks),
        seconds=0.5,
        engine=EngineVersion("none"),
        tasks=tasks,
        submission=replace(submission, **facts),
    )


REPORTS = [
    report(
        "ana",
        Verdict.PASSED,
        task("word", Verdict.PASSED, 2, check("word is yes", Verdict.PASSED)),
    ),
    report(
        "ben",
        Verdict.FAILED,
        task("word", Verdict.FAILED, 0, check("word is yes", Verdict.FAILED, "<b>no</b>")),
        task("count", Verdict.SKIPPED, 0, check("count is 3", Verdict.SKIPPED)),
        notebook=NotebookRun(
            "first.ipynb",
            (FailedCell(3, "cat <x", "exit status 1"),),
            "Cell 4 took longer than 180 s.",
        ),
    ),
    report("=cmd()", Verdict.COULD_NOT_CHECK, trouble="The setup failed."),
]


class Outline(HTMLParser):
    """Tags with their attributes, and all text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def written(folder: Path, total: int = 3) -> Path:
    for count in range(1, len(REPORTS) + 1):
        write.write_reports(folder, REPORTS[:count], total=total, trust=TRUST)
    return folder


def test_each_submission_has_its_json(tmp_path: Path) -> None:
    folder = written(tmp_path)
    for each in REPORTS:
        found = json.loads((folder / f"{each.submission.name}.json").read_text())
        validate("grade", found)
        assert found == json.loads(json.dumps(each.as_json()))
    assert found["submission"]["trouble"] == "The setup failed."


def test_junit_has_a_suite_a_submission_and_a_case_a_task(tmp_path: Path) -> None:
    top = ElementTree.parse(written(tmp_path) / "junit.xml").getroot()
    suites = {suite.get("name"): suite for suite in top}
    assert list(suites) == ["ana", "ben", "=cmd()"]
    assert (suites["ben"].get("failures"), suites["ben"].get("skipped")) == ("1", "1")
    failure = suites["ben"].find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "word is yes"
    assert failure.text == "word is yes\nexpected: yes\nfound: <b>no</b>\nnext: Try again."
    error = suites["=cmd()"].find("testcase/error")
    assert error is not None
    assert error.get("message") == "The setup failed."


def test_summary_has_a_row_a_submission_and_a_column_a_task(tmp_path: Path) -> None:
    with (written(tmp_path) / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["submission"], row["verdict"], row["points"]) for row in rows][:2] == [
        ("ana", "passed", "2"),
        ("ben", "failed", "0"),
    ]
    assert [(row["word"], row["count"]) for row in rows] == [("2", ""), ("0", "0"), ("", "")]


def test_name_that_looks_like_a_formula_is_made_text(tmp_path: Path) -> None:
    with (written(tmp_path) / "summary.csv").open(newline="") as file:
        assert [row["submission"] for row in csv.DictReader(file)][2] == "'=cmd()"


def test_page_shows_what_was_found_as_text(tmp_path: Path) -> None:
    page = Outline((written(tmp_path) / "index.html").read_text())
    for words in ("<b>no</b>", "cat <x", "Cell 4 took longer", "The setup failed.", TRUST):
        assert words in page.text
    assert "b" not in {tag for tag, _ in page.tags}


def test_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    page = Outline((written(tmp_path) / "index.html").read_text())
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    links = [attributes["href"] for tag, attributes in page.tags if tag == "a"]
    ids = {attributes.get("id") for _, attributes in page.tags}
    assert links == ["#submission-1", "#submission-2", "#submission-3"]
    assert {link[1:] for link in links} <= ids


def test_page_says_how_many_are_still_to_come(tmp_path: Path) -> None:
    text = Outline((written(tmp_path, total=5) / "index.html").read_text()).text
    assert "1 of 3 submissions passed" in text
    assert "2 more were to come" in text
    assert "to come" not in Outline((written(tmp_path) / "index.html").read_text()).text
