"""How long a learner waits for `./course check`: cold (no worker yet) and warm, p50 and p95.

    PYTHONPATH=. .venv/bin/python benchmarks/check.py docker/everyday-commands [--runs 30]
        [--before DIR]

Measured from outside, as the learner sees it: the whole command, from start to exit. The lab is
started in a folder of its own, and what that makes is removed. The target is 300 ms, warm. With
`--before`, another checkout of the course takes turns with this one, so that both are measured
beside the same other work.
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
from checker.labs import created_resources, work
from checker.sandbox import background_recorder

TARGET_SECONDS = 0.3
RUN_SECONDS = 120
HERE = Path(__file__).resolve().parents[1]


def measure_check(checkout: Path, lab: str) -> float:
    """Return the seconds that one `./course check` takes."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["COURSE_STATE"] += "" if checkout == HERE else "-before"
    command = [checkout / "course", "check", lab, "--workspace", paths.work() / lab]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=RUN_SECONDS, env=environment)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the check came to no verdict:\n{done.stdout.decode()}{done.stderr!r}")
    return time.monotonic() - started


def percentile(times: list[float], share: float) -> float:
    """Return the time that this share of the runs did not exceed: nearest rank."""
    return sorted(times)[max(0, -(-len(times) * int(share * 100) // 100) - 1)]


def show_times(name: str, times: list[float]) -> float:
    """Print a line; return the p95 in seconds."""
    p50, p95 = percentile(times, 0.5), percentile(times, 0.95)
    print(f"{name:12}  p50 {p50 * 1000:5.0f} ms   p95 {p95 * 1000:5.0f} ms   ({len(times)} runs)")
    return p95


def main() -> None:
    """Measure and print; end with 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lab")
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--cold-runs", type=int, default=5)
    parser.add_argument("--before", type=Path, help="Another checkout, ready to run.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        os.environ.update(COURSE_STATE=f"{folder}/state", COURSE_WORK=f"{folder}/work")
        try:
            work.prepare_lab(chosen.lab)
            cold = []
            for _ in range(chosen.cold_runs):
                client.stop_workers()
                cold.append(measure_check(HERE, chosen.lab))
            show_times("cold", cold)
            checkouts = {"warm": HERE}
            if chosen.before:
                checkouts["warm, before"] = chosen.before.resolve()
                measure_check(chosen.before.resolve(), chosen.lab)
            warm: dict[str, list[float]] = {name: [] for name in checkouts}
            for _ in range(chosen.runs):
                for name, checkout in checkouts.items():
                    warm[name].append(measure_check(checkout, chosen.lab))
            p95 = {name: show_times(name, times) for name, times in warm.items()}
        finally:
            background_recorder.stop_recording()
            created_resources.remove_created_resources(chosen.lab)
            for state in (f"{folder}/state", f"{folder}/state-before"):
                os.environ["COURSE_STATE"] = state
                client.stop_workers()
                shutil.rmtree(paths.runtime(), ignore_errors=True)
    raise SystemExit(p95["warm"] > TARGET_SECONDS)


if __name__ == "__main__":
    main()
