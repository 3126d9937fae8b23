"""The emulator's surroundings: port, settings, status and calls."""

from __future__ import annotations

import os
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from checker.base import loopback
from checker.base.errors import CouldNotFindOut
from checker.base.fingerprint import fingerprint_package
from checker.docker import docker_engine
from checker.orchestrators import engine_names
from checker.orchestrators.ecs import aws_api, aws_settings, emulator_process, local_ecs
from checker.orchestrators.ecs.emulator import labels


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_shell_gets_nothing_of_the_learners_aws_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_ECS", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, "mine")
    given = docker_engine.environment()
    assert not [name for name, value in given.items() if value == "mine"]
    assert given["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert str(aws_settings.folder()) in given["AWS_CONFIG_FILE"]
    assert "127.0.0.1" in given["NO_PROXY"]


def test_only_aws_gets_on_the_path() -> None:
    assert [each.name for each in aws_settings.programs().iterdir()] == ["aws"]


def test_a_port_that_is_taken_is_passed_by_and_the_choice_is_kept(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    aws_settings.port_file().write_text(f"{taken}\n")
    emulator_process.choose_port()
    assert aws_settings.port() != taken
    assert f"Port {taken} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"0", b"-5", b"65536", b"99999999", b"[]", b"\xff4570", b""])
def test_a_spoilt_choice_of_port_does_no_harm(content: bytes) -> None:
    aws_settings.port_file().write_bytes(content)
    assert aws_settings.port() == aws_settings.FIRST_PORT


def test_no_port_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "is_free", lambda port: False)
    with pytest.raises(CouldNotFindOut, match="No port is free"):
        emulator_process.choose_port()


def test_status_of_an_emulator_that_was_never_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_api, "call", Known().call)  # somebody else's, at its port
    monkeypatch.setattr(aws_api, "balancing", Known().balancing)
    assert not local_ecs.status().running
    assert local_ecs.contents() == []


def test_a_call_to_an_emulator_that_is_away_could_not_find_out(taken: int) -> None:
    aws_settings.port_file().write_text("1\n")
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        aws_api.call(aws_api.ECS, "ListClusters")


@pytest.mark.parametrize(
    ("engine", "good"),
    [
        ("ecs", True),
        ("ecs, kind", True),
        ("none", True),
        ("ecs, none", False),
        ("ecs, ecs", False),
        ("eks", False),
        (3, False),
    ],
)
def test_one_engine_or_several_may_be_named(engine: object, good: bool) -> None:
    assert engine_names.is_good(engine) is good


class Known:
    """An emulator that knows one of everything."""

    def call(self, target: str, action: str, **given: str) -> dict[str, list[str]]:
        return {
            "ListClusters": {"clusterArns": ["arn:cluster/demo"]},
            "ListServices": {"serviceArns": ["arn:service/demo/web"]},
            "ListTaskDefinitions": {"taskDefinitionArns": ["arn:task-definition/web:1"]},
        }[action]

    def balancing(self, action: str) -> list[ElementTree.Element]:
        return [ElementTree.fromstring("<m><LoadBalancerName>door</LoadBalancerName></m>")]


def test_contents_are_told_by_kind_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_process, "pid", lambda: 4711)
    monkeypatch.setattr(aws_api, "call", Known().call)
    monkeypatch.setattr(aws_api, "balancing", Known().balancing)
    assert local_ecs.contents() == [
        "cluster demo",
        "service demo/web",
        "task definition web:1",
        "load balancer door",
    ]


def test_a_page_or_lab_that_uses_it_is_noted_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_ecs, "reset", lambda: None)
    local_ecs.begin("first")
    assert local_ecs.is_begun("first")
    assert not local_ecs.is_begun("second")
    local_ecs.forget("first")
    assert not local_ecs.is_begun("first")


def health() -> dict[str, object]:
    """What an emulator says that process 7 of this course runs."""
    return {
        "process": 7,
        "engine": "unix:///here",
        "version": metadata.version("ministack"),
        "code": fingerprint_package(),
    }


def test_one_that_answers_for_another_engine_or_process_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = docker_engine.EngineStatus("docker", True, "26", "", "unix:///here")
    monkeypatch.setattr(docker_engine, "status", lambda: engine)
    monkeypatch.setattr(emulator_process, "pid", lambda: 7)
    told = health()
    monkeypatch.setattr(aws_api, "manage", lambda *_, **__: told)
    assert local_ecs.is_ready()
    assert local_ecs.status().version == told["version"]
    told["engine"] = "unix:///there"
    assert not local_ecs.is_ready()
    told["engine"] = "unix:///here"
    assert local_ecs.is_ready()
    told["process"] = 8
    assert not local_ecs.is_ready()
    told.clear()
    assert "does not answer" in local_ecs.status().detail


def test_one_that_runs_the_code_of_before_an_update_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = docker_engine.EngineStatus("docker", True, "26", "", "unix:///here")
    monkeypatch.setattr(docker_engine, "status", lambda: engine)
    monkeypatch.setattr(emulator_process, "pid", lambda: 7)
    told = health()
    monkeypatch.setattr(aws_api, "manage", lambda *_, **__: told)
    assert local_ecs.is_ready()
    monkeypatch.setattr(local_ecs, "fingerprint_package", lambda: "updated")
    assert not local_ecs.is_ready()
    monkeypatch.setattr(local_ecs, "fingerprint_package", fingerprint_package)
    for name in ("code", "version"):
        told |= health() | {name: "older"}
        assert not local_ecs.is_ready()


def test_another_program_on_the_port_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_api, "manage", lambda *_, **__: pytest.fail("asked"))
    assert not local_ecs.is_ready()


def test_one_that_is_begun_ends_what_was_begun_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_ecs, "reset", lambda: None)
    local_ecs.begin("lab")
    local_ecs.begin("page")
    assert (local_ecs.is_begun("lab"), local_ecs.is_begun("page")) == (False, True)


def test_containers_left_on_an_earlier_port_are_removed_and_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    removed = []

    class Box:
        def __init__(self, host: str) -> None:
            self.host = host
            self.labels = {local_ecs.INSTANCE: host}

        def remove(self, force: bool, v: bool) -> None:
            removed.append(self.host)

    ours = emulator_process.host()
    boxes = [Box(f"{ours}:4566"), Box(f"{ours}0:4566"), Box(f"{ours}:4570"), Box("")]

    def listed(all: bool, filters: dict[str, str], ignore_removed: bool) -> list[Box]:
        assert (all, filters, ignore_removed) == (True, {"label": labels.TASK}, True)
        return boxes

    containers = SimpleNamespace(list=listed)
    engine = SimpleNamespace(containers=containers, close=lambda: None)
    monkeypatch.setattr(docker_engine, "client", lambda: engine)
    local_ecs.reset()
    assert removed == [f"{ours}:4566", f"{ours}:4570"]


@pytest.mark.parametrize(("number", "words"), [(None, "ended at once"), (7, "does not answer")])
def test_one_that_does_not_come_up_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, number: int | None, words: str
) -> None:
    monkeypatch.setattr(local_ecs, "is_ready", lambda: False)
    monkeypatch.setattr(local_ecs, "START_SECONDS", 0.1)
    monkeypatch.setattr(emulator_process, "pid", lambda: number)
    emulator_process.log().parent.mkdir(parents=True)
    emulator_process.log().write_text("first\nAddress already in use\n")
    with pytest.raises(CouldNotFindOut, match=words) as failed:
        local_ecs._wait_until_ready()
    assert "Address already in use" in str(failed.value.found)


def test_without_a_log_there_are_no_last_words() -> None:
    assert emulator_process.last_words() == "no log"


def test_a_process_that_merely_has_the_number_is_another(tmp_path: Path) -> None:
    assert emulator_process.pid() is None
    emulator_process._pid_file().write_text(f"{os.getpid()}\n")
    assert emulator_process.pid() is None
    emulator_process.end()


def test_state_is_kept_by_choice_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emulator_process._environment(Path("/state"))["PERSIST_STATE"] == "0"
    monkeypatch.setenv("COURSE_ECS_STATE", "keep")
    given = emulator_process._environment(Path("/state"))
    assert (given["PERSIST_STATE"], given["STATE_DIR"]) == ("1", "/state")
    assert given["BIND_HOST"] == "127.0.0.1"
