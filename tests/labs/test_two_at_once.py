"""Two runs in one process keep out of each other's way: each has settings of its own."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

from checker.base.settings import Settings, current_settings, use_settings
from checker.judging import client
from checker.labs import progress
from checker.labs.check import check_and_record
from checker.labs.report import LabReport

ANSWERS = {
    "docker/first": {"word.txt": "yes"},
    "docker/second": {"word.txt": "yes", "count.txt": "3"},
}


def test_workspaces_of_two_labs_are_judged_in_two_threads_of_one_process(
    make_lab, tmp_path: Path
) -> None:
    before = dict(os.environ)
    reports: dict[str, LabReport] = {}
    recorded: dict[str, dict] = {}
    both_are_there = threading.Barrier(2, timeout=30)

    def judge(lab: str, settings: Settings) -> None:
        with use_settings(settings):
            try:
                for name, text in ANSWERS[lab].items():
                    file = settings.work / lab / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text)
                both_are_there.wait()
                reports[lab] = check_and_record(lab)
                recorded[lab] = progress.read_progress()["labs"]
            finally:
                client.stop_workers()
                shutil.rmtree(settings.runtime, ignore_errors=True)

    threads = []
    for lab in ANSWERS:
        make_lab(name=lab)
        folder = tmp_path / lab.replace("/", "-")
        own = replace(current_settings(), state=folder / "state", work=folder / "work")
        threads.append(threading.Thread(target=judge, args=(lab, own)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {lab: report.points for lab, report in reports.items()} == {
        "docker/first": 1,
        "docker/second": 3,
    }
    assert {lab: list(labs) for lab, labs in recorded.items()} == {lab: [lab] for lab in ANSWERS}
    assert dict(os.environ) == before
