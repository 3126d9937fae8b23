"""`./course test`: everything that CI runs, step by step, with one line of result a step.

Steps that need no engine run beside those that do: an engine is mostly waited for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CourseError
from checker.formats import junit_failures

PYTHON = sys.executable
ORDER = f"--randomly-seed={time.time_ns() % 2**32}"
"""Told with what failed: only in the same order may a test fail again."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STEP_SECONDS = 45 * 60.0
KINDS = ("unit", "live", "browser")
"""Of tests that measure what they cover."""


@dataclass(frozen=True)
class Step:
    """One thing that must hold: a program and its arguments, or a function that raises.

    Args:
        covers: Names the file of the coverage that it measures; "" if it measures none.
        needs_results: Comes after all others.
    """

    name: str
    does: list[str] | Callable[[], None]
    needs_engine: bool = False
    covers: str = ""
    needs_results: bool = False


@dataclass(frozen=True)
class Done:
    """What came of a step; `output` is what it printed, if that was kept."""

    name: str
    passed: bool
    seconds: float
    output: str = ""


def steps() -> list[Step]:
    """All steps, cheap ones first."""
    course = [PYTHON, "-m", "checker"]
    return [
        Step("ruff: lint", [PYTHON, "-m", "ruff", "check", "."]),
        Step("ruff: format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("mypy", [PYTHON, "-m", "mypy"]),
        Step("pages and labs keep the rules", [*course, "lint"]),
        Step("unit tests", _pytest("unit", "not live and not browser"), covers="unit"),
        Step("the engine is there", _engine, needs_engine=True),
        Step("the images are there", _images, needs_engine=True),
        Step("the cluster is there", _cluster, needs_engine=True),
        Step("the ECS emulator is there", _emulator, needs_engine=True),
        Step("nothing is left of killed runs", _left_over, needs_engine=True),
        Step("live tests", _pytest("live", "live and not fresh"), True, covers="live"),
        Step("the browser is there", _browser, needs_engine=True),
        Step("browser tests", _pytest("browser", "browser"), True, covers="browser"),
        Step(
            "pages and labs are proven",
            [*course, "verify", "--junit", results("verify")],
            needs_engine=True,
        ),
        Step("coverage: all tests", _coverage("combine", *KINDS), needs_results=True),
        Step("coverage: enough", _coverage("report", "--skip-covered"), needs_results=True),
    ]


def _pytest(name: str, marks: str) -> list[str]:
    measured = ["--cov", "--cov-report=", "--cov-fail-under=0"]  # all kinds together are judged
    options = ["-q", ORDER, *measured, "--junitxml", results(name)]
    return [PYTHON, "-m", "pytest", *options, "-m", marks]


def _coverage(does: str, *words: str) -> list[str]:
    files = [covered(word) if word in KINDS else word for word in words]
    return [PYTHON, "-m", "coverage", does, f"--data-file={covered('all')}", *files]


def covered(name: str) -> str:
    """Where a step writes which lines were run; each its own, since several may run at once."""
    return str(paths.cache() / "test-results" / f"coverage-{name}")


def results(name: str) -> str:
    """Where a step writes what became of each of its tests, as JUnit XML."""
    return str(paths.cache() / "test-results" / f"{name}.xml")


def test(fast: bool) -> int:
    """Run all steps, or with `fast` those that need no engine; a failed step stops nothing.

    Returns:
        0 if every step passed, 1 otherwise.
    """
    troubles = len(_troubles())
    folder = Path(results("unit")).parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    every = steps()
    alone = [step for step in every if not (step.needs_engine or step.needs_results)]
    if fast:
        done = [_run(step) for step in alone]
    else:
        done = _side_by_side(alone, [step for step in every if step.needs_engine])
        done += [_run(step) for step in every if step.needs_results]
    return _tell(done, _troubles()[troubles:])


def _side_by_side(alone: list[Step], on_engine: list[Step]) -> list[Done]:
    """Two rows of steps; what those print that need no engine is shown when one has ended."""
    with ThreadPoolExecutor(1) as pool:
        row = [pool.submit(_run, step, keep=True) for step in alone]
        shown: list[Future[Done]] = []
        try:
            done = []
            for step in on_engine:
                done.append(_run(step))
                shown += _show(each for each in row if each.done() and each not in shown)
            _show(each for each in row if each not in shown)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [*(each.result() for each in row), *done]


def _show(ended: Iterable[Future[Done]]) -> list[Future[Done]]:
    """What was kept of steps; waits for those that are under way."""
    found = list(ended)
    for done in (each.result() for each in found):
        console.out.rule(done.name, align="left")
        console.out.print(done.output.rstrip(), markup=False)
    return found


def _tell(done: list[Done], troubles: list[str]) -> int:
    """What failed, and a line a step."""
    console.out.rule("what failed", align="left")
    console.out.print(f"The tests were run with {ORDER}")
    for file in (*KINDS, "verify"):
        for line in junit_failures.told(Path(results(file))):
            console.out.print(line, markup=False)
    for line in troubles:
        console.out.print(f"the cluster: {line}", markup=False)
    for each in done:
        word = "passed" if each.passed else "FAILED"
        console.out.print(f"{word}  {each.seconds:6.1f} s  {each.name}")
    failed = sum(not each.passed for each in done)
    console.out.print(f"{len(done) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _troubles() -> list[str]:
    """What went wrong with the cluster, though it may have been made anew and all passed."""
    from checker.orchestrators.kind import cluster_nodes

    file = cluster_nodes.troubles()
    return file.read_text().splitlines() if file.exists() else []


def _run(step: Step, keep: bool = False) -> Done:
    if not keep:
        console.out.rule(step.name, align="left")
    started = time.monotonic()
    passed, output = _called(step, keep)
    if output and not keep:
        console.out.print(output, markup=False)
    return Done(step.name, passed, time.monotonic() - started, output)


def _called(step: Step, keep: bool) -> tuple[bool, str]:
    """Whether it passed, and what there is to show of it."""
    try:
        if not isinstance(step.does, list):
            step.does()
            return True, ""
        done = subprocess.run(
            step.does,
            cwd=paths.root(),
            env=_environment(step),
            timeout=STEP_SECONDS,
            check=False,
            stdout=subprocess.PIPE if keep else None,
            stderr=subprocess.STDOUT if keep else None,
            text=True,
        )
    except CourseError as error:
        return False, str(error)
    except subprocess.TimeoutExpired:
        return False, f"It took longer than {STEP_SECONDS / 60:.0f} min."
    return done.returncode == 0, done.stdout or ""


def _environment(step: Step) -> dict[str, str]:
    covered_in = {"COVERAGE_FILE": covered(step.covers)} if step.covers else {}
    return {**os.environ, "PYTHONPATH": str(paths.root()), **covered_in}


def _engine() -> None:
    from checker.docker import docker_engine

    docker_engine.ensure(assume_yes=True)


def _images() -> None:
    from checker.images import catalogue, provider

    provider.ensure(image.reference for image in catalogue.load())


def _cluster() -> None:
    from checker.orchestrators.kind import kind_cluster

    kind_cluster.ensure()


def _emulator() -> None:
    from checker.orchestrators.ecs import local_ecs

    local_ecs.ensure()


def _left_over() -> None:
    """Tests begin in an empty cluster and engine, whatever was ended here before."""
    from checker.sandbox import engine_session

    for line in engine_session.remove_left_over():
        console.out.print(f"could not be removed: {line}", markup=False)


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
