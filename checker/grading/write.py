"""Reports of graded submissions: a JSON file each, and JUnit, CSV and HTML of all."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checker.base import paths
from checker.base.verdict import Verdict
from checker.formats.junit import Case, Suite, format_suites
from checker.grading.report import GradeReport
from checker.labs.report import CheckResult, TaskReport

COLUMNS = ("submission", "lab", "verdict", "points", "max_points", "seconds", "trouble")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_reports(folder: Path, reports: list[GradeReport], *, total: int, trust: str) -> None:
    """Write all files; of those that are there already only the newest report's JSON is new.

    Args:
        folder: Where to write.
        reports: Of the submissions graded so far, the newest last.
        total: How many submissions there are, also those still to come.
        trust: What the reader must know of submissions that were run.
    """
    newest = reports[-1]
    file = folder / f"{newest.submission.name}.json"
    paths.write_atomically(file, json.dumps(newest.as_json(), indent=2) + "\n")
    paths.write_atomically(folder / "junit.xml", format_suites(map(build_suite, reports)))
    paths.write_atomically(folder / "summary.csv", format_csv(reports))
    paths.write_atomically(folder / "index.html", format_html(reports, total, trust))


def build_suite(report: GradeReport) -> Suite:
    """Return a submission as a suite, a case a task."""
    facts = report.submission
    cases = [_build_case(task) for task in report.tasks]
    if facts.trouble:
        cases.append(Case("submission", Verdict.COULD_NOT_CHECK, message=facts.trouble))
    return facts.name, cases


def _build_case(task: TaskReport) -> Case:
    told = [each for each in task.checks if each.verdict != Verdict.PASSED]
    seconds = sum(each.seconds for each in task.checks)
    text = "\n\n".join(_format_check(each) for each in told)
    return Case(task.title, task.verdict, seconds, told[0].name if told else "", text)


def _format_check(check: CheckResult) -> str:
    lines = {"expected": check.expected, "found": check.found, "next": check.next_step}
    return "\n".join([check.name, *(f"{key}: {text}" for key, text in lines.items() if text)])


def format_csv(reports: list[GradeReport]) -> str:
    """Return a table of a row a submission, with a column for each task of any lab."""
    tasks = list(dict.fromkeys(task.id for report in reports for task in report.tasks))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *tasks])
    for report in reports:
        facts = report.submission
        row = [facts.name, report.lab, report.verdict, report.points, report.max_points]
        points = {task.id: task.points for task in report.tasks}
        row += [facts.seconds, facts.trouble, *(points.get(task, "") for task in tasks)]
        writer.writerow(map(escape_formula, row))
    return text.getvalue()


def escape_formula(value: Any) -> Any:
    """Make text of what spreadsheets would run: names of submissions come from others."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def format_html(reports: list[GradeReport], total: int, trust: str) -> str:
    """Return the page of all submissions; arguments as of `write_reports`."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.jinja")
    return template.render(reports=reports, total=total, trust=trust) + "\n"
