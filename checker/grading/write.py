"""Reports of graded submissions: a JSON file each, and JUnit, CSV and HTML of all."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checker.base import paths
from checker.grading.run import Report
from checker.pages.reporting import junit

COLUMNS = ("submission", "lab", "verdict", "points", "max_points", "seconds", "trouble")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WORDS = {
    "passed": "passed",
    "failed": "not yet",
    "skipped": "skipped",
    "could-not-check": "could not be checked",
}


def all_reports(folder: Path, reports: list[Report], *, total: int, trust: str) -> None:
    """Write all files; of those that are there already only the newest report's JSON is new.

    Args:
        total: How many submissions there are, also those still to come.
        trust: What the reader must know of submissions that were run.
    """
    newest = reports[-1]
    file = folder / f"{newest['submission']['name']}.json"
    paths.write_atomically(file, json.dumps(newest, indent=2) + "\n")
    paths.write_atomically(folder / "junit.xml", junit.xml(map(_suite, reports)))
    paths.write_atomically(folder / "summary.csv", _csv(reports))
    paths.write_atomically(folder / "index.html", _html(reports, total, trust))


def _suite(report: Report) -> junit.Suite:
    facts = report["submission"]
    cases = [_case(task) for task in report["tasks"]]
    if facts["trouble"]:
        cases.append(junit.Case("submission", "could-not-check", message=facts["trouble"]))
    return facts["name"], cases


def _case(task: Report) -> junit.Case:
    told = [each for each in task["checks"] if each["verdict"] != "passed"]
    verdict = "not-run" if task["verdict"] == "skipped" else task["verdict"]
    seconds = sum(each["seconds"] for each in task["checks"])
    text = "\n\n".join(_words(each) for each in told)
    return junit.Case(task["title"], verdict, seconds, told[0]["name"] if told else "", text)


def _words(check: Report) -> str:
    labels = {"expected": "expected", "found": "found", "next": "next_step"}
    lines = [f"{label}: {check[key]}" for label, key in labels.items() if check[key]]
    return "\n".join([check["name"], *lines])


def _csv(reports: list[Report]) -> str:
    tasks = list(dict.fromkeys(task["id"] for report in reports for task in report["tasks"]))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *tasks])
    for report in reports:
        points = {task["id"]: task["points"] for task in report["tasks"]}
        writer.writerow(map(_cell, [*_row(report), *(points.get(task, "") for task in tasks)]))
    return text.getvalue()


def _row(report: Report) -> list[Any]:
    facts = report["submission"]
    known = [report[name] for name in ("lab", "verdict", "points", "max_points")]
    return [facts["name"], *known, facts["seconds"], facts["trouble"]]


def _cell(value: Any) -> Any:
    """Spreadsheets run text that begins like a formula; names of submissions come from others."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _html(reports: list[Report], total: int, trust: str) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.jinja")
    return template.render(reports=reports, total=total, trust=trust, words=WORDS) + "\n"
