"""`./course test`: everything that CI runs, step by step, with one line of result a step.

Steps that need no engine run beside those that do: an engine is mostly waited for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.settings import current_settings
from checker.devtools import testing_in_lanes
from checker.devtools.results import (
    ORDER,
    PYTHON,
    Done,
    build_pytest_command,
    coverage_file,
    results_file,
    results_folder,
)
from checker.docker import docker_engine
from checker.formats import junit
from checker.lanes.lane import explain_absence

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WAITING = "Another ./course test is under way; this one begins when it has ended."
STEP_SECONDS = 45 * 60.0


@dataclass(frozen=True)
class Step:
    """One thing that must hold: a program and its arguments, or a function that raises.

    `covers` names the file of the coverage that it measures; `needs_results` puts it last.
    """

    name: str
    does: list[str] | Callable[[], None]
    needs_engine: bool = False
    covers: str = ""
    needs_results: bool = False


def list_steps() -> list[Step]:
    """Return all steps, cheap ones first."""
    course = [PYTHON, "-m", "checker"]
    verify = ["verify", "--lanes", "0", "--junit", str(results_file("verify"))]
    combine = build_coverage_command("combine", results_folder())
    report = build_coverage_command("report", "--skip-covered")
    return [
        Step("ruff: lint", [PYTHON, "-m", "ruff", "check", "."]),
        Step("ruff: format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Step("mypy", [PYTHON, "-m", "mypy"]),
        Step("import-linter", [str(Path(PYTHON).with_name("lint-imports"))]),
        Step("pages and labs keep the rules", [*course, "lint"]),
        Step("unit tests", build_pytest_command("unit", "not live and not browser"), covers="unit"),
        Step("the engine is there", docker_engine.ensure_engine, needs_engine=True),
        Step("the images are there", ensure_images, needs_engine=True),
        Step("the cluster is there", partial(ensure_orchestrator, "kind"), needs_engine=True),
        Step("the ECS emulator is there", partial(ensure_orchestrator, "ecs"), needs_engine=True),
        Step("nothing is left of killed runs", remove_left_over, needs_engine=True),
        Step("live tests", build_pytest_command("live", "live and not fresh"), True, covers="live"),
        Step("the browser is there", install_browser, needs_engine=True),
        Step("browser tests", build_pytest_command("browser", "browser"), True, covers="browser"),
        Step("pages and labs are proven", [*course, *verify], needs_engine=True),
        Step("coverage: all tests", combine, needs_results=True),
        Step("coverage: enough", report, needs_results=True),
    ]


def build_coverage_command(subcommand: str, *words: str | Path) -> list[str]:
    options = [f"--data-file={coverage_file()}", *map(str, words)]
    return [PYTHON, "-m", "coverage", subcommand, *options]


def run_steps(fast: bool) -> int:
    """Run all steps, or with `fast` those that need no engine; a failed step stops nothing.

    Returns:
        0 if every step passed, 1 otherwise.
    """
    with paths.lock("test", WAITING, folder=results_folder().parent):
        return _run_all_steps(fast)


def _run_all_steps(fast: bool) -> int:
    troubles = len(_read_cluster_troubles())
    folder = results_folder()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    every = list_steps()
    alone = [step for step in every if not (step.needs_engine or step.needs_results)]
    if fast:
        done = [run_step(step) for step in alone]
    else:
        done = _run_side_by_side(alone, [step for step in every if step.needs_engine])
        done += [run_step(step) for step in every if step.needs_results]
    return summarize_steps(done, _read_cluster_troubles()[troubles:])


def _run_side_by_side(alone: list[Step], on_engine: list[Step]) -> list[Done]:
    """Run two rows of steps; what those print that need no engine is shown when one has ended.

    Those that need one are run in lanes; where none can be had, in turn in this user's engine.
    """
    with ThreadPoolExecutor(1) as pool:
        row = [pool.submit(run_step, step, keep=True) for step in alone]
        shown: list[Future[Done]] = []
        try:
            done = _run_in_lanes()
            for step in [] if done else on_engine:
                done.append(run_step(step))
                shown += _show_kept(each for each in row if each.done() and each not in shown)
            _show_kept(each for each in row if each not in shown)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [*(each.result() for each in row), *done]


def _run_in_lanes() -> list[Done]:
    """Return what came of the tests in lanes; nothing where lanes cannot be had."""
    why = explain_absence()
    if not why:
        browser = run_step(Step("the browser is there", install_browser))
        try:
            return [browser, *testing_in_lanes.run_in_lanes()]
        except CouldNotFindOut as error:
            why = str(error)
    if version := current_settings().test_engine:
        return [Done(f"an engine {version} to test on ({why})", False, 0.0)]
    console.out.print(f"Without lanes, one step after the other: {why}", markup=False)
    return []


def _show_kept(ended: Iterable[Future[Done]]) -> list[Future[Done]]:
    """Show what was kept of steps; wait for those that are under way."""
    found = list(ended)
    for done in (each.result() for each in found):
        console.out.rule(done.name, align="left")
        console.out.print(done.output.rstrip(), markup=False)
    return found


def summarize_steps(done: list[Done], troubles: list[str]) -> int:
    """Print what failed, and a line a step; return the exit status."""
    console.out.rule("what failed", align="left")
    console.out.print(f"The tests were run with {ORDER}")
    for file in sorted(results_folder().glob("*.xml")):
        for line in junit.list_failures(file):
            console.out.print(line, markup=False)
    for line in troubles:
        console.out.print(f"the cluster: {line}", markup=False)
    for each in done:
        word = "passed" if each.passed else "FAILED"
        console.out.print(f"{word}  {each.seconds:6.1f} s  {each.name}")
    failed = sum(not each.passed for each in done)
    console.out.print(f"{len(done) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _read_cluster_troubles() -> list[str]:
    """Return what went wrong with the cluster, though it may work again and all have passed."""
    from checker.orchestrators.kind import cluster_files

    file = cluster_files.troubles_file()
    return file.read_text().splitlines() if file.exists() else []


def run_step(step: Step, keep: bool = False) -> Done:
    """Run one step, and show what it prints; with `keep`, that is returned instead."""
    if not keep:
        console.out.rule(step.name, align="left")
    started = time.monotonic()
    passed, output = call_step(step, keep)
    if output and not keep:
        console.out.print(output, markup=False)
    return Done(step.name, passed, time.monotonic() - started, output)


def call_step(step: Step, keep: bool) -> tuple[bool, str]:
    """Call a step; return whether it passed, and what there is to show of it."""
    covered_in = {"COVERAGE_FILE": str(coverage_file(step.covers))} if step.covers else {}
    try:
        if not isinstance(step.does, list):
            step.does()
            return True, ""
        done = subprocess.run(
            step.does,
            cwd=paths.root(),
            env={**os.environ, "PYTHONPATH": str(paths.root()), **covered_in},
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


def ensure_images() -> None:
    """Have every image of the catalogue."""
    from checker.images import catalogue, provider

    provider.ensure_images(image.reference for image in catalogue.load_catalogue())


def ensure_orchestrator(name: str) -> None:
    """Have one orchestrator ready, by its name in front matter."""
    from checker.orchestrators import registry

    for each in registry.orchestrators_of(name):
        each.ensure([])


def remove_left_over() -> None:
    """Remove what killed runs left: tests begin in an empty cluster and engine."""
    from checker.sandbox import session

    for line in session.remove_left_over():
        console.out.print(f"could not be removed: {line}", markup=False)


def install_browser() -> None:
    """Install Debian's Chromium; Playwright's own download needs a host that may be away."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    sudo = [] if os.getuid() == 0 else ["sudo", "-n"]
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    with console.step("Installing chromium"):
        process.run([*sudo, "apt-get", "update"], timeout=300)
        process.run([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", *install], timeout=900)


def find_browser() -> Path:
    """Return the browser that the tests drive.

    Raises:
        CourseError: None is installed.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return Path(found)
    raise CourseError("There is no Chromium.", next_step="Install Debian's package chromium.")
