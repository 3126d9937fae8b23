"""The sample application: its own tests in the Node image, with real databases, and its image."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest

from checker.base import paths, process
from checker.docker import docker_engine
from checker.images import provider
from checker.orchestrators.registry import shell_environment

pytestmark = pytest.mark.live

APP = paths.root() / "labs" / "app"
NAME = f"course-app-{uuid.uuid4().hex[:8]}"
"""Begins every name that this module gives, so that nothing of the learner's can be hit."""


def run_docker(*arguments: str, timeout: float = 60, check: bool = True) -> process.Completed:
    return process.run(
        ["docker", *arguments], timeout=timeout, env=shell_environment(), check=check
    )


@contextlib.contextmanager
def container(name: str, *arguments: str) -> Iterator[str]:
    """A container that is removed at the end, with its volumes; gives its name."""
    full_name = f"{NAME}-{name}"
    run_docker("run", "--detach", "--name", full_name, *arguments)
    try:
        yield full_name
    finally:
        run_docker("rm", "--force", "--volumes", full_name)


@contextlib.contextmanager
def image(name: str, *arguments: str) -> Iterator[str]:
    """An image built from the application; gives its name."""
    full_name = f"{NAME}-{name}"
    run_docker("build", "--quiet", "--tag", full_name, *arguments, str(APP), timeout=180)
    try:
        yield full_name
    finally:
        run_docker("image", "rm", "--force", full_name)


@pytest.fixture(scope="module")
def engine() -> None:
    docker_engine.ensure_engine()
    provider.ensure_images(["node:24-trixie-slim", "postgres:17", "redis:8"])


@pytest.fixture(scope="module")
def test_image(engine: None) -> Iterator[str]:
    with image("test", "--target", "test") as name:
        yield name


@pytest.fixture(scope="module")
def shop_image(engine: None) -> Iterator[str]:
    with image("shop") as name:
        yield name


def test_its_own_tests_pass_without_databases(test_image: str) -> None:
    done = run_docker("run", "--rm", test_image, check=False)
    assert done.status == 0, done.output


def test_its_files_are_formatted(test_image: str) -> None:
    done = run_docker("run", "--rm", test_image, "npm", "run", "format", check=False)
    assert done.status == 0, done.output + done.errors


def test_its_own_tests_pass_with_real_databases(test_image: str) -> None:
    network = f"{NAME}-network"
    run_docker("network", "create", network)
    try:
        in_network = ("--network", network)
        password = ("--env", "POSTGRES_PASSWORD=secret")
        with (
            container("db", *in_network, *password, "postgres:17") as db,
            container("cache", *in_network, "redis:8") as cache,
        ):
            wait_for(lambda: run_docker("exec", db, *READY, check=False).status == 0)
            urls = (
                f"DATABASE_URL=postgres://postgres:secret@{db}/postgres",
                f"REDIS_URL=redis://{cache}",
            )
            settings = [word for url in urls for word in ("--env", url)]
            command = (*in_network, *settings, test_image, "npm", "run", "test:databases")
            done = run_docker("run", "--rm", *command, check=False)
            assert done.status == 0, done.output
    finally:
        run_docker("network", "rm", network)


READY = ("pg_isready", "--quiet", "--host", "127.0.0.1")
"""Over TCP: the server that only prepares the data folder listens on a socket file alone."""


def test_its_image_runs_as_an_ordinary_user_and_ends_cleanly(shop_image: str) -> None:
    with container("one", "--publish", "127.0.0.1::3000", shop_image) as shop:
        address = run_docker("port", shop, "3000/tcp").output.split()[0]
        wait_for(lambda: "listens" in run_docker("logs", shop).output)
        assert httpx.get(f"http://{address}/health", timeout=5).json()["status"] == "ok"
        assert run_docker("exec", shop, "id", "--user", "--name").output == "node\n"
        run_docker("stop", "--time", "5", shop)
        state = json.loads(run_docker("inspect", "--format", "{{json .State}}", shop).output)
        assert state["ExitCode"] == 0
        assert "closed" in run_docker("logs", shop).output


def test_its_image_holds_nothing_that_only_developers_need(shop_image: str) -> None:
    found = run_docker("run", "--rm", shop_image, "ls", "/app", "/app/node_modules").output.split()
    assert "pg" in found
    assert not {"prettier", "test", "Dockerfile"} & set(found)


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"this did not come true in {seconds} s"
        time.sleep(0.1)
