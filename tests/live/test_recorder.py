"""What a run makes in the real engine is recorded, whichever command made it, and removed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.run import Run
from checker.docker import connection, journal
from checker.orchestrators.registry import shell_environment
from checker.sandbox import session
from checker.sandbox.recorder import Recorder

pytestmark = [pytest.mark.live, pytest.mark.docker]

ROOT = Path(__file__).resolve().parents[2]
IMAGE = "debian:trixie-slim"


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))


def sh(script: str) -> str:
    """Output of a script in the environment of a course shell."""
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env=shell_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def inventory() -> str:
    """Everything in the engine that a run could make."""
    return sh(
        "docker ps -aq --no-trunc; docker network ls -q --no-trunc; docker volume ls -q; "
        "docker image ls -a --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sort"
    )


@pytest.fixture
def own_things() -> Iterator[None]:
    """What a learner had before: a volume, an image, a container that uses both."""
    sh(
        f"docker volume create rec-own; docker tag {IMAGE} rec-own:1; "
        f"docker create --name rec-own -v rec-own:/data {IMAGE} true"
    )
    yield
    sh("docker rm -f rec-own; docker volume rm -f rec-own; docker rmi rec-own:1")


BUILD = f"printf 'FROM {IMAGE}\\nLABEL rec=%s\\n' $(date +%N) | docker build -q"

MAKERS = {
    "container": f"docker run -d --name rec-new {IMAGE} sleep 600",
    "container that is gone again": f"docker run --rm {IMAGE} true",
    "anonymous volume": f"docker run -d --name rec-new -v /data {IMAGE} sleep 600",
    "volume by use": f"docker run --rm -v rec-new:/data {IMAGE} true",
    "network with a container in it": "docker network create rec-new; "
    f"docker run -d --name rec-new --network rec-new {IMAGE} sleep 600",
    "image by build": f"{BUILD} -t rec-new -",
    "image by build without a name": f"{BUILD} -",
    "two images under one name": f"{BUILD} -t rec-new -; {BUILD} -t rec-new -",
    "image by commit": "docker commit rec-own rec-new:1",
    "image by import": "docker export rec-own | docker import - rec-new:1",
    "image by tag": f"docker tag {IMAGE} rec-new:1",
    "image by load": f"{BUILD} -t rec-new -; docker save rec-new > $TMP; docker rmi rec-new; "
    "docker load -i $TMP",
    "name taken over": f"{BUILD} -t rec-own:1 -",
    "volume that was there": f"docker run --rm -v rec-own:/data {IMAGE} touch /data/kept",
}


@pytest.mark.usefixtures("own_things")
@pytest.mark.parametrize("what", MAKERS)
def test_engine_is_afterwards_as_it_was_before(what: str, tmp_path: Path) -> None:
    before = inventory()
    with Recorder(Run("rec-live")) as made:
        sh(f"TMP={tmp_path}/image.tar; {MAKERS[what]}")
        assert made.remove() == []
    assert inventory() == before
    assert journal.list_runs() == []


def test_more_events_than_the_engine_replays_are_all_recorded() -> None:
    before = inventory()
    with Recorder(Run("rec-live")) as made, contextlib.closing(connection.open_client()) as client:
        for number in range(300):
            client.volumes.create(f"rec-{number}")
        assert made.remove() == []
    assert inventory() == before


def test_killed_run_is_cleaned_up_by_the_next() -> None:
    before = inventory()
    code = (
        "import os, signal, subprocess\n"
        "from checker.base.run import Run\n"
        "from checker.sandbox.recorder import Recorder\n"
        "with Recorder(Run('rec-killed')) as made:\n"
        f"    subprocess.run(['docker', 'run', '-d', '{IMAGE}', 'sleep', '600'], check=True)\n"
        "    made.catch_up()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**shell_environment(), "PYTHONPATH": str(ROOT)}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert inventory() != before
    assert session.remove_left_over() == []
    assert inventory() == before


def test_start_and_end_cost_little() -> None:
    with contextlib.closing(connection.open_client()):
        started = os.times().elapsed
        with Recorder(Run("rec-live")):
            pass
        assert os.times().elapsed - started < 2
