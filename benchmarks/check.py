"""How long a learner waits for `./course check`: cold (no worker yet) and warm, p50 and p95.

    PYTHONPATH=. .venv/bin/python benchmarks/check.py docker/everyday-commands [--runs 30]

Measured from outside, as the learner sees it: the whole command, from start to exit. The lab is
started in a folder of its own, and what that makes is removed. The target is 300 ms, warm.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from checker.base import paths
from checker.judging import client
from checker.labs import made, work
from checker.sandbox import background_recorder

TARGET_SECONDS = 0.3
RUN_SECONDS = 120
COURSE = Path(__file__).parents[1] / "course"


def measure(lab: str) -> float:
    """Seconds that one `./course check` takes."""
    started = time.monotonic()
    done = subprocess.run([COURSE, "check", lab], capture_output=True, timeout=RUN_SECONDS)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the check came to no verdict:\n{done.stdout.decode()}{done.stderr!r}")
    return time.monotonic() - started


def cold(lab: str) -> float:
    """The same with no worker running."""
    client.stop()
    return measure(lab)


def percentile(times: list[float], share: float) -> float:
    """The time that this share of the runs did not exceed: nearest rank."""
    return sorted(times)[max(0, -(-len(times) * int(share * 100) // 100) - 1)]


def show(name: str, times: list[float]) -> float:
    """Print a line; the p50 in seconds."""
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    print(f"{name}  p50 {p50 * 1000:5.0f} ms   p95 {p95 * 1000:5.0f} ms   ({len(times)} runs)")
    return p50


def main() -> None:
    """Measure and print; ends with 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--cold-runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        os.environ.update(COURSE_STATE=f"{folder}/state", COURSE_WORK=f"{folder}/work")
        work.prepare(chosen.lab)
        try:
            show("cold", [cold(chosen.lab) for _ in range(chosen.cold_runs)])
            warm = show("warm", [measure(chosen.lab) for _ in range(chosen.runs)])
        finally:
            client.stop()
            background_recorder.stop()
            made.remove(chosen.lab)
            shutil.rmtree(paths.runtime(), ignore_errors=True)
    raise SystemExit(warm > TARGET_SECONDS)


if __name__ == "__main__":
    main()
