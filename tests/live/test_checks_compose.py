"""Compose projects that a check starts, against a real engine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.polling import wait_until
from checker.base.process import run
from checker.checks import CheckFailed, http
from checker.checks.compose.container import ComposeContainer
from checker.checks.compose.fixture import Compose
from checker.checks.compose.held_start import HeldStart
from checker.checks.files.fixture import Workspace
from checker.docker.connection import open_client
from checker.images import provider
from checker.orchestrators.registry import shell_environment

pytestmark = [pytest.mark.live, pytest.mark.docker]

DATABASES = """
services:
  db:
    image: postgres:17
    environment:
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: "${PASSWORD}"
      POSTGRES_INITDB_ARGS: --no-sync
    volumes: ["orders:/var/lib/postgresql/data"]
  cache:
    image: redis:8
volumes: {orders: {}}
"""
WEB = """
services:
  web: {{image: "nginx:1.26", container_name: taken, ports: ["127.0.0.1:{port}:80"]}}
"""
LATE = """
services:
  client:
    image: redis:8
    command: [redis-cli, -e, -h, cache, ping]
    depends_on: {{cache: {{condition: {condition}}}}}
  cache:
    image: redis:8
    healthcheck: {{test: [CMD, redis-cli, ping], interval: 1s, retries: 60}}
"""


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    provider.ensure_images(["postgres:17", "redis:8", "nginx:1.26", "busybox:1.37"])


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Compose]:
    engine = open_client()
    made = Compose(engine, Workspace(tmp_path))
    yield made
    made.close()
    engine.close()
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        assert cli(*kind, "--quiet", "--filter", "label=course.owner=check") == ""


def cli(*words: str) -> str:
    return run(["docker", *words], timeout=60, env=shell_environment()).output.strip()


def write(folder: Path, text: str) -> None:
    (folder / "compose.yaml").write_text(text)


def test_data_survives_stop_and_down_but_not_its_volume(compose, tmp_path: Path) -> None:
    write(tmp_path, DATABASES)
    (tmp_path / ".env").write_text("PASSWORD=a$$b\n")
    file = compose.file().expect_good_practice()
    project = file.start().expect_sql("db", within=90)
    project.sql("db", "CREATE TABLE kept AS SELECT 7 AS n")
    assert project.redis("cache", "SET", "views", "3") == "OK"
    project.stop()
    assert set(project.states().values()) == {"exited"}
    project.up().expect_sql("db", within=90)
    assert project.redis("cache", "GET", "views") == "3"
    project.down()
    project.up().expect_sql("db", within=90)
    assert project.sql("db", "TABLE kept") == "7"
    assert project.redis("cache", "GET", "views") == ""
    project.down(volumes=True)
    project.up().expect_sql("db", within=90)
    with pytest.raises(CheckFailed, match='relation "kept" does not exist'):
        project.sql("db", "TABLE kept")
    with pytest.raises(CheckFailed, match="db to publish its port 5432"):
        project.url("db", 5432)


def test_name_and_port_that_are_taken_are_not_in_the_way(compose, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        write(tmp_path, WEB.format(port=other.getsockname()[1]))
        project = compose.file().start()
        http.get(project.url("web", 80), within=20).expect_status(200)


def test_order_alone_loses_the_race_and_health_wins_it(compose, tmp_path: Path) -> None:
    write(tmp_path, LATE.format(condition="service_started"))
    lost = compose.file().project(held=["cache"])
    with HeldStart(lost) as start:
        ended = wait_for_client(lost)
        assert ended.exit_status != 0
        assert "Could not connect" in lost.logs("client")
        start.release("cache")
    write(tmp_path, LATE.format(condition="service_healthy"))
    won = compose.file().project(held=["cache"])
    with HeldStart(won) as start:
        start.wait_for_probes("cache")
        assert won.states().get("client", "created") == "created"
        start.release("cache")
        start.finish()
        assert wait_for_client(won).exit_status == 0
        assert won.logs("client").strip() == "PONG"


def wait_for_client(project) -> ComposeContainer:
    def find() -> list[ComposeContainer]:
        return [each for each in project.list_containers("client") if each.state == "exited"]

    assert wait_until(find, 60, 0.5)
    return find()[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "cycle"),
        ("services: {a: {image: x, prots: []}}", "prots is not allowed"),
        ("services: {a: {build: ./nowhere}}", "a folder to build a from"),
        ("services: {a: {image: x, networks: [back]}}", "undefined network back"),
    ],
)
def test_compose_says_what_is_wrong_with_a_file(compose, tmp_path, text, words) -> None:
    write(tmp_path, text)
    with pytest.raises(CheckFailed, match=words):
        compose.file()


def test_database_without_a_password_tells_why_it_ended(compose, tmp_path: Path) -> None:
    write(tmp_path, "services: {db: {image: 'postgres:17'}}")
    with pytest.raises(CheckFailed) as failed:
        compose.file().start().expect_sql("db")
    assert "db is exited" in failed.value.found or "it is exited" in failed.value.found
