"""The orchestrators by their names, and the one environment of everything that runs on a page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths, settings
from checker.docker import docker_client
from checker.orchestrators import registry

Serve = Callable[..., str]


def names(engine: str) -> list[str]:
    return [each.name for each in registry.orchestrators_of(engine)]


def test_every_orchestrator_has_the_name_by_which_it_is_found() -> None:
    assert [each.name for each in registry.all_orchestrators()] == list(registry.MODULES)


def test_front_matter_names_what_is_needed_in_whatever_order() -> None:
    assert names("docker") == names("none") == []
    assert names("kind") == ["kind"]
    assert names("ecs, kind") == names("kind,ecs") == ["ecs", "kind"]
    assert registry.engine_names("ecs, kind") == ("ecs", "kind")


@pytest.mark.parametrize("engine", ["docker", "none", "kind", "ecs, kind", "docker, swarm"])
def test_known_engines_are_valid(engine: str) -> None:
    assert registry.is_valid_engine(engine)


@pytest.mark.parametrize("engine", ["", "podman", "kind, kind", "none, kind", "kind,", None, 3, []])
def test_others_are_not(engine: object) -> None:
    assert not registry.is_valid_engine(engine)


def test_what_may_be_named_is_told_in_words() -> None:
    assert registry.describe_engines() == (
        "one of docker, kind, ecs, swarm, none, or several of them with a comma, such as ecs, kind"
    )


def test_environment_names_the_engine_and_the_courses_own_configuration(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(machine / "system.sock")
    monkeypatch.setenv("COMPOSE_FILE", "elsewhere.yaml")
    monkeypatch.setenv("DOCKER_CONTEXT", "elsewhere")
    env = registry.shell_environment()
    assert env["DOCKER_HOST"] == env[settings.HANDED_OUT] == host
    assert env["DOCKER_CONFIG"] == str(paths.state() / "docker")
    assert env["KUBECONFIG"] == str(paths.state() / "kubernetes" / "config")
    assert env["COURSE_ROOT"] == str(paths.root())
    assert not {"COMPOSE_FILE", "DOCKER_CONTEXT"} & env.keys()


def test_environment_has_nothing_of_the_learners_aws_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    env = registry.shell_environment()
    assert "AWS_PROFILE" not in env
    assert env["AWS_ACCESS_KEY_ID"] == "000000000000"


def test_environment_within_an_environment_is_the_same(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    first = registry.shell_environment()
    for name, value in first.items():
        monkeypatch.setenv(name, value)
    assert registry.shell_environment() == first


def test_fetched_client_comes_first_and_course_last_on_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/one:/two")
    folder = docker_client.client_root() / "usr/bin"
    kubernetes, aws = (paths.cache() / "engines" / each for each in ("kubernetes", "aws"))
    for each in (folder, kubernetes):
        each.mkdir(parents=True)
    registry.write_settings()
    expected = [*map(str, (folder, aws, kubernetes)), "/one", "/two", str(paths.root())]
    assert registry.shell_environment()["PATH"].split(os.pathsep) == expected


def test_programs_that_are_not_there_are_not_on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/one:/two")
    assert registry.shell_environment()["PATH"] == f"/one:/two:{paths.root()}"


def test_asking_for_the_environment_writes_nothing(machine: Path) -> None:
    before = sorted(machine.rglob("*"))
    registry.shell_environment()
    assert sorted(machine.rglob("*")) == before


def test_files_that_the_environment_names_are_written_on_request() -> None:
    registry.write_settings()
    env = registry.shell_environment()
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert Path(env[name]).is_file()
    assert "cliPluginsExtraDirs" in json.loads(
        (Path(env["DOCKER_CONFIG"]) / "config.json").read_text()
    )
