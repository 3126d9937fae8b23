"""The docker client is good where docker, Compose and buildx are new enough."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.base.process import CommandFailed
from checker.docker import docker_client
from tests.engine_fakes import Programs

GOOD = {
    "docker --version": (0, "Docker version 26.1.5+dfsg1, build a72d7cd\n"),
    "docker compose": (0, "2.26.1-4\n"),
    "docker buildx": (0, "github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3\n"),
}


def test_versions_are_read_from_what_each_tool_prints(programs: Programs) -> None:
    programs.answers.update(GOOD)
    found = docker_client.find_versions({})
    assert found == {"docker": "26.1.5+dfsg1", "compose": "2.26.1-4", "buildx": "0.13.1+ds1"}
    assert docker_client.list_troubles({}) == []


def test_missing_docker_is_three_troubles(programs: Programs) -> None:
    programs.answers["docker"] = CommandFailed("docker could not be started.")
    assert [line.split()[0] for line in docker_client.list_troubles({})] == [
        "docker",
        "compose",
        "buildx",
    ]
    assert "at least 24.0 is needed" in docker_client.list_troubles({})[0]


def test_old_compose_and_missing_plugin_are_named(programs: Programs) -> None:
    programs.answers.update(GOOD)
    programs.answers["docker compose"] = (0, "2.3.3")
    programs.answers["docker buildx"] = (1, "docker: 'buildx' is not a docker command.")
    assert docker_client.list_troubles({}) == [
        "compose 2.3.3 is too old (at least 2.20 is needed)",
        "buildx is missing (at least 0.11 is needed)",
    ]


@pytest.mark.parametrize(
    ("text", "number"), [("26.1.5+dfsg1", (26, 1)), ("v2.9", (2, 9)), ("dev", (0, 0))]
)
def test_number_of_a_version(text: str, number: tuple[int, int]) -> None:
    assert docker_client.parse_version(text) == number


@pytest.fixture
def docker_on_path(machine: Path) -> dict[str, str]:
    folder = machine / "bin"
    folder.mkdir()
    (folder / "docker").write_text("#!/bin/sh\n")
    (folder / "docker").chmod(0o755)
    return {"PATH": str(folder)}


def test_good_tools_are_probed_once(programs: Programs, docker_on_path: dict[str, str]) -> None:
    programs.answers.update(GOOD)
    assert docker_client.is_client_good(docker_on_path)
    probes = len(programs.calls)
    assert docker_client.is_client_good(docker_on_path)
    assert len(programs.calls) == probes == 3


def test_changed_docker_is_probed_again(programs: Programs, docker_on_path: dict[str, str]) -> None:
    programs.answers.update(GOOD)
    assert docker_client.is_client_good(docker_on_path)
    os.utime(Path(docker_on_path["PATH"]) / "docker", (1, 1))
    programs.answers["docker compose"] = (1, "")
    assert not docker_client.is_client_good(docker_on_path)


def test_bad_tools_are_probed_every_time(
    programs: Programs, docker_on_path: dict[str, str]
) -> None:
    assert not docker_client.is_client_good(docker_on_path)
    programs.answers.update(GOOD)
    assert docker_client.is_client_good(docker_on_path)


def test_packages_of_missing_programs(
    machine: Path, monkeypatch: pytest.MonkeyPatch, docker_on_path: dict[str, str]
) -> None:
    monkeypatch.setenv("PATH", docker_on_path["PATH"])
    monkeypatch.setattr(docker_client, "ROOT_FOLDERS", (str(machine / "sbin"),))
    (machine / "sbin").mkdir()
    (machine / "sbin" / "iptables").touch(mode=0o755)
    assert docker_client.list_missing_packages(("runc", "iptables", "ps")) == ["runc", "procps"]
