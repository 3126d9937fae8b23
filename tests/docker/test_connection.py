"""The way to the Docker Engine: its client, and the environment of docker commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths, process, settings
from checker.base.errors import CouldNotFindOut
from checker.docker import connection, docker_client

Serve = Callable[..., str]


def test_environment_names_the_engine_and_the_courses_own_configuration(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(machine / "system.sock")
    monkeypatch.setenv("COMPOSE_FILE", "elsewhere.yaml")
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    env = connection.cli_environment()
    assert env["DOCKER_HOST"] == env[settings.HANDED_OUT] == host
    assert env["DOCKER_CONFIG"] == str(paths.state() / "docker")
    assert not {"COMPOSE_FILE", "DOCKER_CONTEXT"} & env.keys()


def test_chosen_docker_host_is_handed_on_as_the_learners_choice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/chosen.sock")
    env = connection.cli_environment()
    assert (env["DOCKER_HOST"], env[settings.HANDED_OUT]) == ("unix:///tmp/chosen.sock", "")


def test_environment_within_an_environment_is_the_same(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    first = connection.cli_environment()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert connection.cli_environment() == first


def test_login_on_a_page_is_kept_and_the_learners_own_is_not_touched(machine: Path) -> None:
    own = machine / "home" / ".docker" / "config.json"
    own.parent.mkdir()
    own.write_text(json.dumps({"auths": {"mine": {}}, "proxies": {"default": {}}}))
    ours = Path(connection.cli_environment()["DOCKER_CONFIG"]) / "config.json"
    connection.write_configuration()
    content = json.loads(ours.read_text())
    assert content["proxies"] == {"default": {}}
    assert "auths" not in content
    assert str(machine / "home/.docker/cli-plugins") in content["cliPluginsExtraDirs"]
    ours.write_text(json.dumps({**content, "auths": {"page": {}}}))
    connection.write_configuration()
    assert json.loads(ours.read_text())["auths"] == {"page": {}}
    assert json.loads(own.read_text())["auths"] == {"mine": {}}


def test_status_says_where_and_which(machine: Path, serve: Serve) -> None:
    host = serve(machine / "system.sock")
    assert connection.engine_status() == connection.EngineStatus("docker", True, "26.1.5", "", host)


def test_status_says_why_nothing_runs() -> None:
    found = connection.engine_status()
    assert not found.running
    assert "No such file" in found.detail


def test_client_without_engine_names_the_command_that_brings_one() -> None:
    with pytest.raises(CouldNotFindOut, match=r"\./course up"):
        connection.open_client()


def test_client_of_an_engine_that_talks_nonsense_is_an_error(machine: Path, serve: Serve) -> None:
    serve(machine / "system.sock")
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        connection.open_client()


def test_asking_for_the_environment_writes_nothing(machine: Path) -> None:
    before = sorted(machine.rglob("*"))
    connection.cli_environment()
    assert sorted(machine.rglob("*")) == before


def test_fetched_client_comes_first_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/one:/two")
    folder = docker_client.client_root() / "usr/bin"
    assert connection.cli_environment()["PATH"] == "/one:/two"
    folder.mkdir(parents=True)
    assert connection.cli_environment()["PATH"] == f"{folder}:/one:/two"


def test_docker_command_gets_the_environment_and_all_that_run_takes(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[object, dict[str, object]]] = []
    monkeypatch.setattr(process, "run", lambda argv, **options: asked.append((argv, options)))
    connection.run_docker("save", machine / "a.tar", timeout=5, check=False, input="in")
    ((command, options),) = asked
    assert command == ["docker", "save", machine / "a.tar"]
    assert options.pop("env") == connection.cli_environment()
    assert {name: value for name, value in options.items() if value is not None} == {
        "timeout": 5,
        "check": False,
        "input": "in",
    }


def test_docker_command_that_fails_is_an_error(programs) -> None:
    programs.answers["docker rm"] = (1, "No such container")
    with pytest.raises(process.CommandFailed, match="docker rm gone ended with status 1"):
        connection.run_docker("rm", "gone", timeout=5)
    assert connection.run_docker("rm", "gone", timeout=5, check=False).status == 1
