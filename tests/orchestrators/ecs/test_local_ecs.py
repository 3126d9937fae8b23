"""The emulator's surroundings: port, settings, status and calls."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from checker.base import background, loopback, paths
from checker.base.errors import CouldNotFindOut
from checker.base.fingerprint import fingerprint_package
from checker.base.run import Run
from checker.docker import connection
from checker.orchestrators import registry
from checker.orchestrators.ecs import aws_api, aws_settings, emulator_process, local_ecs
from checker.orchestrators.ecs.emulator import labels

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


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
    given = registry.shell_environment()
    assert not [name for name, value in given.items() if value == "mine"]
    assert given["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert str(aws_settings.aws_folder()) in given["AWS_CONFIG_FILE"]
    assert "127.0.0.1" in given["NO_PROXY"]


def test_only_aws_gets_on_the_path() -> None:
    aws_settings.write_files()
    assert [each.name for each in aws_settings.programs_folder().iterdir()] == ["aws"]


def test_a_port_that_is_taken_is_passed_by_and_the_choice_is_kept(
    taken: int, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.write_atomically(aws_settings.port_file(), f"{taken}\n")
    emulator_process.choose_port()
    assert aws_settings.chosen_port() != taken
    assert f"Port {taken} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"0", b"-5", b"65536", b"99999999", b"[]", b"\xff4570", b""])
def test_a_spoilt_choice_of_port_does_no_harm(content: bytes) -> None:
    paths.write_atomically(aws_settings.port_file(), content)
    assert aws_settings.chosen_port() == aws_settings.FIRST_PORT


def test_no_port_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "is_port_free", lambda port: False)
    with pytest.raises(CouldNotFindOut, match="No port is free"):
        emulator_process.choose_port()


def test_status_of_an_emulator_that_was_never_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_api, "call_service", Known().call)  # somebody else's, at its port
    monkeypatch.setattr(aws_api, "call_balancing", Known().balancing)
    assert not local_ecs.emulator_status().running
    assert local_ecs.list_contents() == []


def test_a_call_to_an_emulator_that_is_away_could_not_find_out(taken: int) -> None:
    paths.write_atomically(aws_settings.port_file(), "1\n")
    with pytest.raises(CouldNotFindOut, match="does not answer"):
        aws_api.call_service(aws_api.ECS, "ListClusters")


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
    assert registry.is_valid_engine(engine) is good


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
    monkeypatch.setattr(emulator_process, "find_pid", lambda: 4711)
    monkeypatch.setattr(aws_api, "call_service", Known().call)
    monkeypatch.setattr(aws_api, "call_balancing", Known().balancing)
    assert local_ecs.list_contents() == [
        "cluster demo",
        "service demo/web",
        "task definition web:1",
        "load balancer door",
    ]


def test_a_page_or_lab_that_uses_it_is_noted_and_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local_ecs, "empty_emulator", lambda: None)
    local_ecs.begin_run(Run("first"))
    assert local_ecs.has_begun(Run("first"))
    assert not local_ecs.has_begun(Run("second"))
    local_ecs.forget_run(Run("first"))
    assert not local_ecs.has_begun(Run("first"))


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
    engine = connection.EngineStatus("docker", True, "26", "", "unix:///here")
    monkeypatch.setattr(connection, "engine_status", lambda: engine)
    monkeypatch.setattr(emulator_process, "find_pid", lambda: 7)
    told = health()
    monkeypatch.setattr(aws_api, "call_emulator", lambda *_, **__: told)
    assert local_ecs.is_ready()
    assert local_ecs.emulator_status().version == told["version"]
    told["engine"] = "unix:///there"
    assert not local_ecs.is_ready()
    told["engine"] = "unix:///here"
    assert local_ecs.is_ready()
    told["process"] = 8
    assert not local_ecs.is_ready()
    told.clear()
    assert "does not answer" in local_ecs.emulator_status().detail


def test_one_that_runs_the_code_of_before_an_update_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = connection.EngineStatus("docker", True, "26", "", "unix:///here")
    monkeypatch.setattr(connection, "engine_status", lambda: engine)
    monkeypatch.setattr(emulator_process, "find_pid", lambda: 7)
    told = health()
    monkeypatch.setattr(aws_api, "call_emulator", lambda *_, **__: told)
    assert local_ecs.is_ready()
    monkeypatch.setattr(local_ecs, "fingerprint_package", lambda: "updated")
    assert not local_ecs.is_ready()
    monkeypatch.setattr(local_ecs, "fingerprint_package", fingerprint_package)
    for name in ("code", "version"):
        told |= health() | {name: "older"}
        assert not local_ecs.is_ready()


def test_another_program_on_the_port_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws_api, "call_emulator", lambda *_, **__: pytest.fail("asked"))
    assert not local_ecs.is_ready()


def test_one_that_is_begun_ends_what_was_begun_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_ecs, "empty_emulator", lambda: None)
    local_ecs.begin_run(Run("lab"))
    local_ecs.begin_run(Run("page"))
    assert (local_ecs.has_begun(Run("lab")), local_ecs.has_begun(Run("page"))) == (False, True)


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

    ours = emulator_process.host_name()
    boxes = [Box(f"{ours}:4566"), Box(f"{ours}0:4566"), Box(f"{ours}:4570"), Box("")]

    def listed(all: bool, filters: dict[str, str], ignore_removed: bool) -> list[Box]:
        assert (all, filters, ignore_removed) == (True, {"label": labels.TASK}, True)
        return boxes

    containers = SimpleNamespace(list=listed)
    engine = SimpleNamespace(containers=containers, close=lambda: None)
    monkeypatch.setattr(connection, "open_client", lambda: engine)
    local_ecs.empty_emulator()
    assert removed == [f"{ours}:4566", f"{ours}:4570"]


@pytest.mark.parametrize(("number", "words"), [(None, "ended at once"), (7, "does not answer")])
def test_one_that_does_not_come_up_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, number: int | None, words: str
) -> None:
    monkeypatch.setattr(local_ecs, "is_ready", lambda: False)
    monkeypatch.setattr(local_ecs, "START_SECONDS", 0.1)
    monkeypatch.setattr(emulator_process, "find_pid", lambda: number)
    emulator_process.log_file().parent.mkdir(parents=True)
    emulator_process.log_file().write_text("first\nAddress already in use\n")
    with pytest.raises(CouldNotFindOut, match=words) as failed:
        local_ecs._wait_until_ready()
    assert "Address already in use" in str(failed.value.found)


def test_first_start_creates_the_folders_of_its_state_and_its_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(module: str, *, log: Path, cwd: Path, env: dict[str, str]) -> SimpleNamespace:
        log.write_text("started")
        assert (cwd, env["STATE_DIR"]) == (emulator_process.state_folder(), str(cwd))
        return SimpleNamespace(pid=os.getpid())

    monkeypatch.setattr(emulator_process.background, "start_module", start)
    emulator_process.launch_emulator()
    assert emulator_process.state_folder().is_dir()
    assert emulator_process.read_log_end() == "started"


def test_without_a_log_there_are_no_last_words() -> None:
    assert emulator_process.read_log_end() == "no log"


def test_a_process_that_merely_has_the_number_is_another(tmp_path: Path) -> None:
    assert emulator_process.find_pid() is None
    paths.write_atomically(emulator_process._pid_file(), f"{os.getpid()}\n")
    assert emulator_process.find_pid() is None
    emulator_process.end_emulator()


@pytest.mark.parametrize("module", [emulator_process.MODULE, *emulator_process.FORMER_MODULES])
def test_emulator_of_an_earlier_version_is_found_by_its_number_and_ended(module: str) -> None:
    process = subprocess.Popen([*SLEEP, "-m", module])
    paths.write_atomically(emulator_process._pid_file(), f"{process.pid}\n")
    assert emulator_process.find_pid() == process.pid
    emulator_process.end_emulator()
    assert not psutil.pid_exists(process.pid)
    assert not emulator_process._pid_file().exists()


def test_launched_emulator_is_found_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen(SLEEP)
    monkeypatch.setattr(background, "start_module", lambda module, **options: process)
    emulator_process.launch_emulator()
    assert emulator_process.find_pid() == process.pid
    emulator_process.end_emulator()
    assert emulator_process.find_pid() is None
    assert not psutil.pid_exists(process.pid)


def test_state_is_kept_by_choice_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emulator_process.emulator_environment(Path("/state"))["PERSIST_STATE"] == "0"
    monkeypatch.setenv("COURSE_ECS_STATE", "keep")
    given = emulator_process.emulator_environment(Path("/state"))
    assert (given["PERSIST_STATE"], given["STATE_DIR"]) == ("1", "/state")
    assert given["BIND_HOST"] == "127.0.0.1"
