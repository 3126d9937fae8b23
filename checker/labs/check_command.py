"""`./course check`: check a workspace, and say what was found to a person or a program."""

from __future__ import annotations

import json
import sys
import threading
from importlib import import_module
from pathlib import Path

from checker.labs.check import check_and_record, check_workspace


def run_check(lab: str, task: str | None, workspace: Path | None, *, as_json: bool) -> int:
    """Check a workspace and print the report; what prints it is imported while the checks run.

    Args:
        lab: The lab's name.
        task: Check this task alone.
        workspace: The folder to check; the learner's own, with progress recorded, if not given.
        as_json: Print one object and nothing else.

    Returns:
        0 all passed, 1 found wanting, 3 could not find out.

    Raises:
        CourseError: There is no such lab, task or folder, or the lab is wrong.
    """
    if not as_json:
        threading.Thread(target=import_module, args=("checker.labs.show",)).start()
    report = check_workspace(lab, task, workspace) if workspace else check_and_record(lab, task)
    if as_json:
        sys.stdout.write(json.dumps(report.as_json()) + "\n")
    else:
        from checker.labs.show import show_report

        show_report(report)
    return report.verdict.exit_status
