"""The environment that the course hands out works with the real engine and the real client."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checker.base import paths
from checker.docker import connection, docker_client, docker_engine
from checker.orchestrators.registry import shell_environment

pytestmark = [pytest.mark.live, pytest.mark.docker]

ROOT = Path(__file__).resolve().parents[2]


def test_ensure_with_everything_there_is_quick() -> None:
    docker_engine.ensure_engine()
    started = time.monotonic()
    docker_engine.ensure_engine()
    assert time.monotonic() - started < 0.5


def test_client_and_command_line_reach_the_same_engine() -> None:
    with contextlib.closing(connection.open_client()) as client:
        ours = client.info()["ID"]
    command = ["docker", "info", "--format", "{{.ID}}"]
    done = subprocess.run(
        command,
        env=shell_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == ours
    assert connection.engine_status().version == client_version()


def client_version() -> str:
    with contextlib.closing(connection.open_client()) as client:
        return str(client.version()["Version"])


def test_compose_and_buildx_are_good_enough() -> None:
    assert docker_client.list_troubles(shell_environment()) == []


def test_status_is_one_json_object_that_names_the_gateway() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "checker", "status", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    status = json.loads(done.stdout)
    assert status["gateway"] == shell_environment()["DOCKER_HOST"]
    assert status["engines"][0]["version"] == client_version()
    assert set(status["image_sources"]) == {"registry", "images"}


def test_login_on_a_page_writes_to_the_courses_configuration() -> None:
    assert shell_environment()["DOCKER_CONFIG"].startswith(str(paths.state()))
