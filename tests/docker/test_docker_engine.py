"""An engine is found, or had; and what is said where no engine can be used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import daemon, docker_client, docker_engine, endpoint, install
from checker.docker.install import Step

Serve = Callable[..., str]


@pytest.fixture
def good_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_client, "is_client_good", lambda env: True)
    monkeypatch.setattr(docker_client, "list_troubles", lambda env: [])
    monkeypatch.setattr(docker_client, "list_missing_packages", lambda programs: [])


def test_closed_socket_names_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = endpoint.Answer("unix:///x", "forbidden", detail="Permission denied")
    monkeypatch.setattr(endpoint, "find_engine", lambda: answer)
    with pytest.raises(CouldNotFindOut, match="usermod -aG docker"):
        docker_engine.ensure_engine()


def test_chosen_host_that_is_away_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///tmp/gone.sock")
    with pytest.raises(CouldNotFindOut, match="unset DOCKER_HOST"):
        docker_engine.ensure_engine()


@pytest.mark.parametrize("server", ["Docker/20.10.24 (linux)", "Libpod/4.3.1 (linux)"])
def test_engine_that_is_no_use_is_named(machine: Path, serve: Serve, server: str) -> None:
    serve(machine / "system.sock", server=server)
    with pytest.raises(CouldNotFindOut) as refused:
        docker_engine.ensure_engine()
    assert refused.value.expected == "Docker Engine 24.0 or newer"
    assert server.split()[0].lower().replace("/", " ") in refused.value.found


@pytest.mark.usefixtures("good_tools")
def test_good_engine_is_used_as_it_is(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    monkeypatch.setattr(install, "plan_steps", None)
    docker_engine.ensure_engine()


@pytest.mark.usefixtures("good_tools")
def test_two_at_once_install_once(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plans: list[tuple[bool, bool]] = []
    waits = threading.Event()
    monkeypatch.setattr(docker_engine, "WAITING", waits.set)

    def install_it() -> None:
        assert waits.wait(10)
        serve(machine / "run" / "docker.sock")

    def plan(engine_is_away: bool, client_is_good: bool) -> list[Step]:
        plans.append((engine_is_away, client_is_good))
        return [Step("start it", install_it, needs_root=False)]

    monkeypatch.setattr(install, "plan_steps", plan)
    both = [threading.Thread(target=docker_engine.ensure_engine) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join(10)
    assert plans == [(True, True)]


@pytest.mark.usefixtures("good_tools")
def test_waiting_is_said(machine: Path, serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    second = threading.Thread(target=docker_engine.ensure_engine)
    with paths.lock("docker", folder=paths.cache() / "engines"):
        second.start()
        assert wait_until(lambda: "waiting for it" in capsys.readouterr().err, 10, 0.02)
        serve(machine / "run" / "docker.sock")
    second.join(10)
    assert not second.is_alive()


@pytest.mark.usefixtures("good_tools")
def test_installation_that_brought_no_engine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "plan_steps", lambda engine_is_away, client_is_good: [])
    with pytest.raises(CouldNotFindOut, match="No Docker Engine answers"):
        docker_engine.ensure_engine()


def test_installation_that_brought_no_client_is_an_error(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    monkeypatch.setattr(docker_client, "is_client_good", lambda env: False)
    monkeypatch.setattr(docker_client, "list_troubles", lambda env: ["buildx is missing"])
    monkeypatch.setattr(install, "plan_steps", lambda engine_is_away, client_is_good: [])
    with pytest.raises(CouldNotFindOut, match="buildx is missing"):
        docker_engine.ensure_engine()


def test_stop_ends_only_the_courses_own(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[str] = []
    monkeypatch.setattr(daemon, "stop_daemon", lambda: stopped.append("own"))
    docker_engine.stop_engine()
    assert stopped == ["own"]
