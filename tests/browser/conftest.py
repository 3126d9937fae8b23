"""A course that was started with `./course up`, and a browser that reaches nothing else."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from checker.base import paths
from checker.devtools.testing import find_browser as chromium
from checker.docker import docker_engine
from checker.orchestrators.registry import shell_environment
from tests.browser.visit import Course, Visit

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 240
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
LEAVE = """
from checker.base.course import list_labs
from checker.judging.client import stop_workers
from checker.labs.created_resources import list_entries, remove_created_resources
from checker.sandbox.background_recorder import stop_recording
from checker.server import instance
instance.stop()
stop_recording()
stop_workers()
left = [line for lab in list_labs() if list_entries(lab) for line in remove_created_resources(lab)]
assert not left, left
"""


@pytest.fixture(scope="session")
def course() -> Iterator[Course]:
    """The real course on the real engine, with a learner who begins.

    The learner's folders have a fixed place, so that what a killed run left can be removed.
    """
    folder = paths.cache() / "browser-test"
    docker_engine.ensure_engine()
    environment = {
        **shell_environment(),
        "COURSE_STATE": str(folder / "state"),
        "COURSE_WORK": str(folder / "work"),
    }
    _leave(environment)
    shutil.rmtree(folder, ignore_errors=True)
    process = subprocess.Popen(
        [ROOT / "course", "up", "--no-browser", "--yes", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Course(_address(process), environment)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) in (0, 130)
    finally:
        process.kill()
        process.wait()
        _leave(environment)


def _leave(environment: dict[str, str]) -> None:
    """Remove what was made in labs."""
    environment = {**environment, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", LEAVE], env=environment, timeout=120, check=True)


def _address(process: subprocess.Popen[str]) -> str:
    said: Queue[str] = Queue()
    assert process.stdout
    output = process.stdout
    threading.Thread(target=lambda: [said.put(line) for line in output], daemon=True).start()
    while match := re.search(r"http://\S+|$", said.get(timeout=UP_SECONDS)):
        if match[0]:
            return match[0]
    raise AssertionError


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


@pytest.fixture(params=["light"])
def visit(request: pytest.FixtureRequest, browser: Browser, course: Course) -> Iterator[Visit]:
    """A browser window of a learner who has opened the printed address.

    Whatever a test does in it, no other host may be asked, and no page may have trouble.
    """
    context = browser.new_context(color_scheme=request.param)
    visit = Visit(context, course)
    context.on("request", lambda asked: visit.asked.append(asked.url))
    context.on("console", lambda said: _note(visit, said.type, said.text, said.page))
    context.on("weberror", lambda error: visit.troubles.append(f"{error.page}: {error.error}"))
    context.new_page().goto(course.url)
    yield visit
    context.close()
    assert visit.asked
    assert visit.elsewhere() == []
    assert visit.troubles == []


def _note(visit: Visit, kind: str, text: str, page: Page | None) -> None:
    if kind == "error":
        visit.troubles.append(f"{page.url if page else ''}: {text}")
