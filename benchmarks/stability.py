"""How often a lab's solution passes while another process keeps a core busy.

    PYTHONPATH=. .venv/bin/python benchmarks/stability.py deploy/zero-downtime-swarm [--times 20]

The lab is set up and solved once; then its checks run again and again, as a learner's would. The
target: every time. A run that fails prints what its checks said.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

from checker.labs import prove, stage
from checker.labs.check import check_workspace
from checker.labs.lab import load_lab
from checker.labs.report import LabReport


def busy() -> None:
    """Keep a core busy until the process is ended, or the one that began it has gone."""
    parent = os.getppid()
    while os.getppid() == parent:
        pass


def why(report: LabReport) -> str:
    """Return what the checks that did not pass have found."""
    checks = (each for task in report.tasks for each in task.checks)
    return "; ".join(f"{each.name}: {each.found}" for each in checks if each.found)


def run(lab_id: str, times: int) -> int:
    """How many of the runs passed."""
    lab, passed = load_lab(lab_id), 0
    with prove.open_session(lab, "stability"), tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        stage.prepare_workspace(lab, workspace)
        for task in lab.tasks:
            for code in task.solution:
                stage.run_script(code.text, workspace)
        for number in range(1, times + 1):
            started = time.monotonic()
            report = check_workspace(lab, workspace=workspace)
            passed += report.verdict == "passed"
            seconds, load_ = time.monotonic() - started, os.getloadavg()[0]
            print(f"{number:3}: {report.verdict} in {seconds:.0f} s, load {load_:.1f}", flush=True)
            if report.verdict != "passed":
                print(f"     {why(report)}", flush=True)
    return passed


def main() -> None:
    """Measure, and end with 1 if one run did not pass."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lab")
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    other = multiprocessing.Process(target=busy, daemon=True)
    other.start()
    try:
        passed = run(given.lab, given.times)
    finally:
        other.terminate()
    print(f"{passed} of {given.times} passed, with {os.cpu_count()} cores and one of them busy")
    sys.exit(passed != given.times)


if __name__ == "__main__":
    main()
