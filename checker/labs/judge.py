"""`./course check`: judge, and say it to a person or a program."""

from __future__ import annotations

import json
import sys
import threading
from importlib import import_module
from pathlib import Path

from checker.labs.check import check, check_and_record

EXIT = {"passed": 0, "failed": 1, "could-not-check": 3}


def judge(lab: str, task: str | None, workspace: Path | None, *, as_json: bool) -> int:
    """Judge a workspace and print the report; what prints it is imported while the checks run.

    Returns:
        0 all passed, 1 found wanting, 3 could not find out.

    Raises:
        CourseError: There is no such lab, task or folder, or the lab is wrong.
    """
    if not as_json:
        threading.Thread(target=import_module, args=("checker.labs.show",)).start()
    report = check(lab, task, workspace) if workspace else check_and_record(lab, task)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        from checker.labs.show import show

        show(report)
    return EXIT[report["verdict"]]
