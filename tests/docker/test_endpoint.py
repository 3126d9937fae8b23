"""Which engine is found, and what is said of one that cannot be used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import settings
from checker.docker import endpoint

Serve = Callable[..., str]


def test_nothing_answers_on_a_machine_without_engine(machine: Path) -> None:
    found = endpoint.find_engine()
    assert (found.state, found.host) == ("away", endpoint.daemon_host())
    assert "No such file" in found.detail


def test_system_engine_is_found_with_name_and_version(machine: Path, serve: Serve) -> None:
    host = serve(machine / "system.sock")
    assert endpoint.find_engine() == endpoint.Answer(host, "running", "26.1.5", "docker")


def test_own_engine_comes_before_the_systems(machine: Path, serve: Serve) -> None:
    serve(machine / "system.sock")
    own = serve(machine / "run" / "docker.sock")
    assert endpoint.find_engine().host == own


def test_chosen_docker_host_is_the_only_one_asked(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(machine / "system.sock")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{machine}/gone.sock")
    assert endpoint.find_engine().state == "away"
    assert endpoint.chosen_host() == f"unix://{machine}/gone.sock"


def test_host_that_the_course_handed_out_is_no_choice_of_the_learner(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(machine / "system.sock")
    for name in ("DOCKER_HOST", settings.HANDED_OUT):
        monkeypatch.setenv(name, f"unix://{machine}/gone.sock")
    assert endpoint.chosen_host() == ""
    assert endpoint.find_engine().host == host


@pytest.mark.parametrize("how", ["config", "variable"])
def test_chosen_context_is_followed(
    machine: Path, serve: Serve, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    host = serve(machine / "desktop.sock")
    home = machine / "home" / ".docker"
    meta = home / "contexts/meta" / hashlib.sha256(b"desktop").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Endpoints": {"docker": {"Host": host}}}))
    if how == "config":
        (home / "config.json").write_text(json.dumps({"currentContext": "desktop"}))
    else:
        monkeypatch.setenv("DOCKER_CONTEXT", "desktop")
    assert endpoint.find_engine().host == host


@pytest.mark.parametrize("content", ["", "[]", "{", '{"currentContext": "gone"}'])
def test_broken_configuration_of_the_learner_is_passed_over(machine: Path, content: str) -> None:
    (machine / "home" / ".docker").mkdir()
    (machine / "home" / ".docker" / "config.json").write_text(content)
    assert endpoint.list_candidates()[:2] == [
        endpoint.daemon_host(),
        f"unix://{machine}/system.sock",
    ]


def test_context_on_another_machine_is_not_used(machine: Path) -> None:
    home = machine / "home" / ".docker"
    meta = home / "contexts/meta" / hashlib.sha256(b"far").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Endpoints": {"docker": {"Host": "ssh://far.example"}}}))
    (home / "config.json").write_text(json.dumps({"currentContext": "far"}))
    assert "ssh://far.example" not in endpoint.list_candidates()


def test_refused_permission_is_said(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(endpoint._Connection, "connect", refuse)
    found = endpoint.find_engine()
    assert (found.state, found.detail) == ("forbidden", "Permission denied")


def test_server_that_answers_with_an_error_is_away(machine: Path, serve: Serve) -> None:
    serve(machine / "system.sock", status=503)
    answer = endpoint.ask_host(f"unix://{machine}/system.sock")
    assert (answer.state, answer.detail) == ("away", "it answered with status 503")


def test_podman_is_recognised_by_its_own_name(machine: Path, serve: Serve) -> None:
    host = serve(machine / "system.sock", server="Libpod/4.3.1 (linux)")
    assert endpoint.ask_host(host).name == "libpod"


def test_server_without_a_version_is_still_an_engine(machine: Path, serve: Serve) -> None:
    answer = endpoint.ask_host(serve(machine / "system.sock", server=""))
    assert (answer.state, answer.name, answer.version) == ("running", "docker", "")


def test_tcp_host_is_asked_through_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    found = endpoint.find_engine()
    assert (found.state, found.host) == ("away", "tcp://127.0.0.1:9")
    assert found.detail


def test_own_folder_differs_between_caches_and_is_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    folders = set()
    for name in ("one", "two"):
        monkeypatch.setenv("COURSE_CACHE", str(tmp_path / name))
        folders.add(endpoint.daemon_folder())
    assert len(folders) == 2
    assert all(len(f"{folder}/docker.sock") < 60 for folder in folders)
