"""The one environment of everything, and what is said where no engine can be used."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.docker import daemon, docker_client, docker_engine, endpoint, install
from checker.docker.install import Step

Serve = Callable[..., str]


@pytest.fixture
def good_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_client, "are_good", lambda env: True)
    monkeypatch.setattr(docker_client, "troubles", lambda env: [])
    monkeypatch.setattr(docker_client, "missing_packages", lambda programs: [])


def test_environment_names_the_engine_and_the_courses_own_configuration(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(machine / "system.sock")
    monkeypatch.setenv("COMPOSE_FILE", "elsewhere.yaml")
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    env = docker_engine.environment()
    assert env["DOCKER_HOST"] == env[endpoint.HANDED_OUT] == host
    assert env["DOCKER_CONFIG"] == str(paths.state() / "docker")
    assert env["COURSE_ROOT"] == str(paths.root())
    assert not {"COMPOSE_FILE", "DOCKER_CONTEXT"} & env.keys()


def test_chosen_docker_host_is_handed_on_as_the_learners_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/chosen.sock")
    env = docker_engine.environment()
    assert (env["DOCKER_HOST"], env[endpoint.HANDED_OUT]) == ("unix:///tmp/chosen.sock", "")


def test_environment_within_an_environment_is_the_same(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    first = docker_engine.environment()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert docker_engine.environment() == first


def test_fetched_client_comes_first_and_course_last_on_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/one:/two")
    folder = install.client_root() / "usr/bin"
    folder.mkdir(parents=True)
    aws = paths.cache() / "engines" / "aws"
    expected = [str(folder), str(aws), "/one", "/two", str(paths.root())]
    assert docker_engine.environment()["PATH"].split(os.pathsep) == expected


def test_login_on_a_page_is_kept_and_the_learners_own_is_not_touched(machine: Path) -> None:
    own = machine / "home" / ".docker" / "config.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"auths": {"mine": {}}, "proxies": {"default": {}}}))
    ours = Path(docker_engine.environment()["DOCKER_CONFIG"]) / "config.json"
    content = json.loads(ours.read_text())
    assert content["proxies"] == {"default": {}}
    assert "auths" not in content
    assert str(machine / "home/.docker/cli-plugins") in content["cliPluginsExtraDirs"]
    ours.write_text(json.dumps({**content, "auths": {"page": {}}}))
    docker_engine.environment()
    assert json.loads(ours.read_text())["auths"] == {"page": {}}
    assert json.loads(own.read_text())["auths"] == {"mine": {}}


def test_status_says_where_and_which(machine: Path, serve: Serve) -> None:
    host = serve(machine / "system.sock")
    assert docker_engine.status() == docker_engine.EngineStatus("docker", True, "26.1.5", "", host)


def test_status_says_why_nothing_runs() -> None:
    found = docker_engine.status()
    assert not found.running
    assert "No such file" in found.detail


def test_client_without_engine_names_the_command_that_brings_one() -> None:
    with pytest.raises(CouldNotFindOut, match=r"\./course up"):
        docker_engine.client()


def test_client_of_an_engine_that_talks_nonsense_is_an_error(machine: Path, serve: Serve) -> None:
    serve(machine / "system.sock")
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        docker_engine.client()


def test_closed_socket_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = endpoint.Answer("unix:///x", "forbidden", detail="Permission denied")
    monkeypatch.setattr(endpoint, "find", lambda: answer)
    with pytest.raises(CouldNotFindOut, match="usermod -aG docker"):
        docker_engine.ensure()


def test_chosen_host_that_is_away_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/gone.sock")
    with pytest.raises(CouldNotFindOut, match="unset DOCKER_HOST"):
        docker_engine.ensure()


@pytest.mark.parametrize("server", ["Docker/20.10.24 (linux)", "Libpod/4.3.1 (linux)"])
def test_engine_that_is_no_use_is_named(machine: Path, serve: Serve, server: str) -> None:
    serve(machine / "system.sock", server=server)
    with pytest.raises(CouldNotFindOut) as refused:
        docker_engine.ensure()
    assert refused.value.expected == "Docker Engine 24.0 or newer"
    assert server.split()[0].lower().replace("/", " ") in refused.value.found


@pytest.mark.usefixtures("good_tools")
def test_good_engine_is_used_as_it_is(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    monkeypatch.setattr(install, "plan", None)
    docker_engine.ensure()


@pytest.mark.usefixtures("good_tools")
def test_two_at_once_install_once(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[tuple[bool, bool]] = []
    waits = threading.Event()
    monkeypatch.setattr(docker_engine, "_say_waiting", waits.set)

    def install_it() -> None:
        assert waits.wait(10)
        serve(machine / "run" / "docker.sock")

    def plan(engine_is_away: bool, client_is_good: bool) -> list[Step]:
        plans.append((engine_is_away, client_is_good))
        return [Step("start it", install_it, needs_root=False)]

    monkeypatch.setattr(install, "plan", plan)
    both = [threading.Thread(target=docker_engine.ensure) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(10)
    assert plans == [(True, True)]


def test_waiting_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    docker_engine._say_waiting()
    assert "waiting for it" in capsys.readouterr().err


@pytest.mark.usefixtures("good_tools")
def test_installation_that_brought_no_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "plan", lambda engine_is_away, client_is_good: [])
    with pytest.raises(CouldNotFindOut, match="No Docker Engine answers"):
        docker_engine.ensure()


def test_installation_that_brought_no_client_is_an_error(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    monkeypatch.setattr(docker_client, "are_good", lambda env: False)
    monkeypatch.setattr(docker_client, "troubles", lambda env: ["buildx is missing"])
    monkeypatch.setattr(install, "plan", lambda engine_is_away, client_is_good: [])
    with pytest.raises(CouldNotFindOut, match="buildx is missing"):
        docker_engine.ensure()


def test_stop_ends_only_the_courses_own(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []
    monkeypatch.setattr(daemon, "stop", lambda: stopped.append("own"))
    docker_engine.stop()
    assert stopped == ["own"]
