"""`./course test`: everything that CI runs, step by step, with one line of result a step."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checker import console, failures, paths, process
from checker.errors import CourseError

PYTHON = sys.executable
ORDER = f"--randomly-seed={time.time_ns() % 2**32}"
"""Told with what failed: only in the same order may a test fail again."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STEP_SECONDS = 45 * 60.0


@dataclass(frozen=True)
class Step:
    """One thing that must hold: a program and its arguments, or a function that raises."""

    name: str
    does: list[str] | Callable[[], None]
    needs_engine: bool = False


def steps() -> list[Step]:
    """All steps, cheap ones first."""
    pytest = [PYTHON, "-m", "pytest", "-q", ORDER, "--cov", "--cov-report=", "--junitxml"]
    course = [PYTHON, "-m", "checker"]
    return [
        Step("ruff: lint", [PYTHON, "-m", "ruff", "check", "."]),
        Step("ruff: format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("mypy", [PYTHON, "-m", "mypy"]),
        Step("pages and labs keep the rules", [*course, "lint"]),
        Step("unit tests", [*pytest, results("unit"), "-m", "not live and not browser"]),
        Step("the engine is there", _engine, needs_engine=True),
        Step("the images are there", _images, needs_engine=True),
        Step("the cluster is there", _cluster, needs_engine=True),
        Step("the ECS emulator is there", _emulator, needs_engine=True),
        Step(
            "live tests",
            [*pytest, results("live"), "--cov-append", "-m", "live and not fresh"],
            needs_engine=True,
        ),
        Step("the browser is there", _browser, needs_engine=True),
        Step(
            "browser tests",
            [*pytest, results("browser"), "--cov-append", "-m", "browser"],
            needs_engine=True,
        ),
        Step("coverage", [PYTHON, "-m", "coverage", "report", "--skip-covered"], needs_engine=True),
        Step(
            "pages and labs are proven",
            [*course, "verify", "--junit", results("verify")],
            needs_engine=True,
        ),
    ]


def results(name: str) -> str:
    """Where a step writes what became of each of its tests, as JUnit XML."""
    return str(paths.cache() / "test-results" / f"{name}.xml")


def test(fast: bool) -> int:
    """Run all steps, or with `fast` those that need no engine; a failed step stops nothing.

    Returns:
        0 if every step passed, 1 otherwise.
    """
    chosen = [step for step in steps() if not (fast and step.needs_engine)]
    troubles = len(_troubles())
    shutil.rmtree(Path(results("unit")).parent, ignore_errors=True)
    done = [(step.name, *_run(step)) for step in chosen]
    console.out.rule("what failed", align="left")
    console.out.print(f"The tests were run with {ORDER}")
    for file in ("unit", "live", "browser", "verify"):
        for line in failures.told(Path(results(file))):
            console.out.print(line, markup=False)
    for line in _troubles()[troubles:]:
        console.out.print(f"the cluster: {line}", markup=False)
    for name, passed, seconds in done:
        console.out.print(f"{'passed' if passed else 'FAILED'}  {seconds:6.1f} s  {name}")
    failed = sum(not passed for _, passed, _ in done)
    console.out.print(f"{len(done) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _troubles() -> list[str]:
    """What went wrong with the cluster, though it may have been made anew and all passed."""
    from checker.engines import kindnodes

    file = kindnodes.troubles()
    return file.read_text().splitlines() if file.exists() else []


def _run(step: Step) -> tuple[bool, float]:
    console.out.rule(step.name, align="left")
    started = time.monotonic()
    try:
        passed = _call(step.does)
    except CourseError as error:
        console.out.print(str(error), markup=False)
        passed = False
    return passed, time.monotonic() - started


def _call(does: list[str] | Callable[[], None]) -> bool:
    if not isinstance(does, list):
        does()
        return True
    try:
        done = subprocess.run(
            does, cwd=paths.root(), env=_environment(), timeout=STEP_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        console.out.print(f"It took longer than {STEP_SECONDS / 60:.0f} min.")
        return False
    return done.returncode == 0


def _environment() -> dict[str, str]:
    """The environment of every step; a browser's place is handed on because only we look for it."""
    return {**os.environ, "PYTHONPATH": str(paths.root())}


def _engine() -> None:
    from checker.engines import docker

    docker.ensure(assume_yes=True)


def _images() -> None:
    from checker.images import catalogue, provider

    provider.ensure(image.reference for image in catalogue.load())


def _cluster() -> None:
    from checker.engines import kind

    kind.ensure()


def _emulator() -> None:
    from checker.engines import ecs

    ecs.ensure()


def _browser() -> None:
    """Debian's Chromium, since Playwright's own download needs a host that may be out of reach."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    with console.step("Installing chromium"):
        process.run([*sudo, "apt-get", "update"], timeout=300)
        process.run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *install], timeout=900)


def browser() -> Path:
    """The browser that the tests drive.

    Raises:
        CourseError: None is installed.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    raise CourseError("There is no Chromium.", next_step="Install Debian's package chromium.")
