"""`./course grade` against a real engine, as an instructor types it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

import checker
from checker.docker import connection, docker_engine
from checker.images import provider

pytestmark = pytest.mark.live

IMAGE = "debian:trixie-slim"
LAB = f"""---
title: A box
engine: docker
minutes: 5
chapter: docker/box
teaches: [run]
requires: []
---
# A box

``` bash {{ .setup }}
docker run --name graded-given {IMAGE} sh -c 'echo 4711 > /report'
```

## Task: start a box {{ #start points="2" }}
Start a container `graded-box` from `{IMAGE}`.

``` bash {{ .solution }}
docker run -d --name graded-box {IMAGE} sleep 300
```

## Task: get the report {{ #report points="1" }}
Copy `/report` out of `graded-given`.

``` bash {{ .solution }}
docker cp graded-given:/report report.txt
```
"""
CHECKS = '''"""What must be true after the lab 'A box'."""

from checker.checks import task


@task("start")
def test_box_runs(docker):
    """graded-box runs."""
    docker.container("graded-box").expect_running()


@task("report")
def test_report_is_here(docker, workspace):
    """report.txt is the file that graded-given holds."""
    workspace.file("report.txt").expect_bytes(docker.container("graded-given").read("/report"))
'''
START = f"docker run -d --name graded-box {IMAGE} sleep 300"
REPORT = "docker cp graded-given:/report report.txt"
ENDS = f"docker run -d --name graded-box {IMAGE} true"
GRADE_SECONDS = 240


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one lab, and an engine that has its image."""
    docker_engine.ensure_engine()
    provider.ensure_images([IMAGE])
    folder = tmp_path / "course/labs/docker/box"
    folder.mkdir(parents=True)
    (folder / "lab.md").write_text(LAB)
    (folder / "checks.py").write_text(CHECKS)
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "course"))
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHONPATH", str(Path(checker.__file__).parents[1]))
    return tmp_path


@pytest.fixture(autouse=True)
def nothing_left(course: Path) -> Iterator[None]:
    """Whatever is graded, no container of it stays."""
    yield
    assert containers() == []


def containers() -> list[str]:
    with contextlib.closing(connection.open_client()) as client:
        found = client.containers.list(all=True, filters={"name": "graded-"})
        return sorted(each.name for each in found)


def notebook(path: Path, *cells: str) -> Path:
    made = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in cells])
    made.metadata["course"] = {"lab": "docker/box", "schema": 1}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(made))
    return path


def command(course: Path, *submissions: Path) -> list[str]:
    report = ["--report", str(course / "out")]
    return [sys.executable, "-m", "checker", "grade", *map(str, submissions), *report]


def grade(course: Path, *submissions: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(course, *submissions),
        cwd=course,
        capture_output=True,
        text=True,
        timeout=GRADE_SECONDS,
        check=False,
    )


def report(course: Path, name: str) -> dict:
    return json.loads((course / "out" / f"{name}.json").read_text())


def test_solved_wrong_and_untouched_submissions_get_what_they_deserve(course: Path) -> None:
    done = grade(
        course,
        notebook(course / "in/solved.ipynb", START, "course check box start", REPORT),
        notebook(course / "in/wrong.ipynb", ENDS, REPORT),
        notebook(course / "in/untouched.ipynb", "", "course check box start"),
    )
    assert done.returncode == 1, done.stderr
    points = {name: report(course, name)["points"] for name in ("solved", "wrong", "untouched")}
    assert points == {"solved": 3, "wrong": 1, "untouched": 0}
    solved = report(course, "solved")
    assert solved["verdict"] == "passed"
    assert solved["engine"]["name"] == "docker"
    assert solved["submission"]["notebook"]["failed"] == []
    assert solved["submission"]["left_behind"] == []


def test_solved_submission_alone_ends_with_status_0(course: Path) -> None:
    done = grade(course, notebook(course / "in/ana/box.ipynb", START, REPORT).parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3   ana" in done.stdout


def test_broken_notebook_gets_no_points_and_does_not_stop_the_others(course: Path) -> None:
    broken = course / "in/broken/box.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text('{"cells": [')
    (broken.parent / ".course-lab").write_text("docker/box")
    done = grade(course, broken.parent, notebook(course / "in/solved.ipynb", START, REPORT))
    assert done.returncode == 1, done.stderr
    assert report(course, "broken")["points"] == 0
    assert "not a notebook" in report(course, "broken")["submission"]["notebook"]["stopped"]
    assert report(course, "solved")["points"] == 3


def test_killed_run_is_tidied_up_by_the_next(course: Path) -> None:
    slow = notebook(course / "in/slow.ipynb", START, "sleep 120")
    process = subprocess.Popen(
        command(course, slow), cwd=course, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while "graded-box" not in containers() and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    assert "graded-box" in containers()
    done = grade(course, notebook(course / "in/solved.ipynb", START, REPORT))
    assert done.returncode == 0, done.stdout + done.stderr


def test_engine_that_is_away_is_never_held_against_the_submission(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{course}/nobody.sock")
    done = grade(course, notebook(course / "in/solved.ipynb", START, REPORT))
    monkeypatch.undo()
    assert done.returncode == 3
    assert "does not answer" in done.stdout
    assert report(course, "solved")["verdict"] == "could-not-check"


def test_container_of_the_grader_is_left_alone(course: Path) -> None:
    with contextlib.closing(connection.open_client()) as client:
        own = client.containers.create(IMAGE, ["true"], name="own-of-the-grader")
        try:
            grade(course, notebook(course / "in/solved.ipynb", START, REPORT))
            own.reload()
            assert own.name == "own-of-the-grader"
        finally:
            own.remove(force=True)
