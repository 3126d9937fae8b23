"""The vocabulary of checks against a real engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.process import run
from checker.base.run import Run
from checker.checks import CheckFailed, http
from checker.checks.docker.fixture import Docker
from checker.checks.docker.temporary import RUN_LABEL, remove_leftovers
from checker.docker.connection import open_client
from checker.docker.labels import OWNER
from checker.images import provider
from checker.orchestrators.registry import shell_environment
from checker.sandbox.recorder import Recorder

pytestmark = [pytest.mark.live, pytest.mark.docker]
IMAGE = "debian:trixie-slim"
SLEEP = ["sleep", "600"]


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    provider.ensure_images([IMAGE])


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch) -> Iterator[None]:
    """What a test makes is removed after it."""
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    with Recorder(Run("test")) as made:
        yield
        assert made.remove() == []


@pytest.fixture
def docker() -> Iterator[Docker]:
    made = Docker(open_client())
    yield made
    made.close()


def cli(*words: str) -> str:
    return run(["docker", *words], timeout=120, env=shell_environment()).output.strip()


def test_everything_that_can_be_asked_of_a_running_container(docker: Docker) -> None:
    cli("network", "create", "shop-test")
    cli("volume", "create", "orders-test")
    cli(
        *("run", "-d", "--name", "facts", "-p", "127.0.0.1:0:80", "-e", "MODE=test"),
        *("-v", "orders-test:/data:ro", "--network", "shop-test", "--user", "nobody"),
        *("--restart", "always", "--label", "team=red", IMAGE, "sh", "-c", "echo ready; sleep 600"),
    )
    web = docker.container("facts").expect_running().expect_published(80)
    web.expect_env("MODE", "test").expect_label("team", "red").expect_user("nobody")
    web.expect_mount("/data", kind="volume", source="orders-test", read_only=True)
    web.expect_network("shop-test").expect_restart_policy("always").expect_image(IMAGE)
    web.expect_log("ready", within=10)
    web.exec("id -un").expect_status(0).expect_text("nobody")
    web.file("/etc/debian_version").expect_matches(r"^13")
    assert web.has_file("/etc/hostname")
    assert not web.has_file("/nowhere")
    docker.volume("orders-test").expect_used_by("facts")
    docker.network("shop-test").expect_has("facts").expect_driver("bridge")


def test_stopped_container_is_still_read(docker: Docker) -> None:
    subprocess.run(
        ["docker", "run", "--name", "ended", IMAGE, "sh", "-c", "echo 4711 > /report; exit 3"],
        env=shell_environment(),
        timeout=60,
        check=False,
    )
    ended = docker.container("ended").expect_stopped().expect_exit_status(3)
    ended.file("/report").expect_text("4711")
    assert docker.containers(image=IMAGE, name="ended").names == ["ended"]
    with pytest.raises(CheckFailed) as caught:
        docker.container("endd")
    assert "ended (stopped; it ended with status 3)" in caught.value.found
    with pytest.raises(CheckFailed) as caught:
        ended.read("/reprot")
    assert caught.value.expected == "/reprot in ended"


def test_image_is_read_without_being_run(docker: Docker) -> None:
    image = docker.image(IMAGE)
    assert image.read("/etc/debian_version").startswith(b"13")
    assert image.file("/etc/os-release").text.startswith("PRETTY_NAME")
    assert "/etc/apt/" in image.files("/etc")
    image.expect_file("/bin/sh").expect_no_file("/nowhere").expect_built_on(IMAGE)
    left = open_client().api.containers(all=True, filters={"label": f"{OWNER}=check"})
    assert left == []


DOCKERFILE = f"""FROM {IMAGE}
LABEL team=red
WORKDIR /app
COPY word.txt .
USER nobody
CMD ["cat", "word.txt"]
"""


def test_dockerfile_is_built_run_and_removed(tmp_path: Path, docker: Docker) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "word.txt").write_text("built\n")
    image = docker.build(tmp_path, cache=False).expect_not_root().expect_label("team", "red")
    image.expect_workdir("/app").expect_built_on(IMAGE).file("/app/word.txt").expect_text("built")
    started = docker.run(image)
    started.expect_log("built", within=10)
    network = docker.own_network()
    other = docker.run(IMAGE, SLEEP, env={"A": "1"}, ports=[80], network=network)
    other.expect_env("A", "1").expect_published(80).expect_network(network)
    assert other.id not in {each.id for each in docker.containers()}
    docker._temporary.remove_all()
    docker.expect_no_image(image.name)
    docker.expect_no_network(network)
    labelled = {"label": f"{OWNER}=check"}
    assert open_client().api.containers(all=True, filters=labelled) == []


def test_dockerfile_that_does_not_build_is_a_failure_with_its_reason(tmp_path, docker) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN exit 7\n")
    with pytest.raises(CheckFailed, match="exit code: 7"):
        docker.build(tmp_path)
    (tmp_path / "Dockerfile").write_text("FORM x\n")
    with pytest.raises(CheckFailed, match="unknown instruction: FORM"):
        docker.build(tmp_path)


def test_published_port_without_a_server_is_told(docker: Docker) -> None:
    quiet = docker.run(IMAGE, SLEEP, ports=[80])
    port = quiet.ports[80][0].port
    with pytest.raises(CheckFailed, match="the connection was closed without an answer"):
        http.get(f"http://127.0.0.1:{port}").expect_status(200)


def test_what_a_killed_run_left_is_removed_by_the_next_one(docker: Docker) -> None:
    script = (
        "import os, signal\n"
        "from checker.checks.docker.fixture import Docker\n"
        "from checker.docker.connection import open_client\n"
        "docker = Docker(open_client())\n"
        f"docker.run({IMAGE!r}, {SLEEP!r}); docker.own_network()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script], timeout=60, check=False, env=dict(os.environ))
    labelled = {"label": f"{OWNER}=check"}
    engine = open_client()
    assert len(engine.api.containers(filters=labelled)) == 1
    remove_leftovers(engine)
    assert engine.api.containers(all=True, filters=labelled) == []
    assert engine.api.networks(filters=labelled) == []


def test_what_a_living_run_made_is_left_alone(docker: Docker) -> None:
    started = docker.run(IMAGE, SLEEP)
    remove_leftovers(open_client())
    assert started.labels[RUN_LABEL]
    assert open_client().api.inspect_container(started.id)["State"]["Running"]
