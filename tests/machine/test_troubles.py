"""Each trouble of a machine is named, with its remedy."""

from __future__ import annotations

import pytest

from checker.base.run import Run
from checker.docker import docker_client, endpoint, install, journal
from checker.docker.connection import EngineStatus
from checker.docker.install import Step
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts
from checker.machine.ports import Port
from checker.machine.status import GIB
from checker.machine.troubles import Trouble, doctor, find_troubles
from checker.orchestrators.ecs import emulator_process
from checker.orchestrators.kind import kind_cluster
from tests.machine.conftest import spoilt


def only(facts: Facts) -> Trouble:
    (found,) = find_troubles(facts)
    return found


def test_good_machine_has_no_trouble(
    good: Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine_facts, "gather_facts", lambda: good)
    assert doctor() == 0
    assert capsys.readouterr().out == "Nothing stands in the way of the course.\n"


def test_no_engine_says_what_up_would_do(good: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [Step("start the engine", lambda: None)]
    monkeypatch.setattr(install, "plan_steps", lambda engine_is_away, client_is_good: steps)
    answer = endpoint.Answer("unix:///x", "away", detail="No such file or directory")
    trouble = only(spoilt(good, answer=answer))
    assert "unix:///x: No such file" in trouble.what
    assert "./course up   It will: start the engine." in trouble.remedy
    assert trouble.stops


def test_no_permission_names_the_group(good: Facts) -> None:
    answer = endpoint.Answer("unix:///x", "forbidden", detail="Permission denied")
    trouble = only(spoilt(good, answer=answer))
    assert "Permission denied" in trouble.what
    assert "usermod -aG docker" in trouble.remedy


@pytest.mark.parametrize(("name", "version"), [("docker", "20.10.24"), ("libpod", "4.3.1")])
def test_wrong_engine_is_named(good: Facts, name: str, version: str) -> None:
    answer = endpoint.Answer("unix:///x", "running", version, name)
    trouble = only(spoilt(good, answer=answer))
    assert f"{name} {version}" in trouble.what
    assert trouble.remedy


def test_old_compose_is_named(good: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_client, "list_troubles", lambda env: ["compose 1.29 is too old"])
    trouble = only(good)
    assert trouble.what == "compose 1.29 is too old"
    assert "./course up" in trouble.remedy


def test_missing_program_names_its_package(good: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_client, "list_missing_packages", lambda programs: ["procps"])
    assert "apt-get install procps" in only(good).remedy


def test_full_disk_is_named(good: Facts) -> None:
    disk = {"engine": {"path": "/d", "free": 1 * GIB, "total": 9 * GIB}}
    trouble = only(spoilt(good, disk=disk))
    assert trouble.what == "Only 1.0 GiB of disk are free at /d."


def test_little_memory_is_named(good: Facts) -> None:
    short = spoilt(good, memory={"total": GIB, "available": GIB // 2})
    first, second = find_troubles(short)
    assert first.what == "There are only 1.0 GiB of memory."
    assert "one node, not three" in second.what
    assert not second.stops


def test_too_little_room_for_a_cluster_is_only_a_note(good: Facts) -> None:
    images = {**good.image_sources, "images": {kind_cluster.IMAGE: "missing"}}
    disk = {"cache": {"path": "/c", "free": 8 * GIB, "total": 100 * GIB}}
    trouble = only(spoilt(good, image_sources=images, disk=disk))
    assert trouble.what == "Only 8.0 GiB are free for what a cluster is made of."
    assert not trouble.stops


def test_swarm_of_the_learner_is_a_note(good: Facts) -> None:
    engine = {**good.engine, "Swarm": {"LocalNodeState": "active"}}
    foreign = EngineStatus("swarm", False, "", "a Swarm that is not the course's")
    trouble = only(spoilt(good, engine=engine, orchestrators={"swarm": foreign}))
    assert "is in a Swarm that is not the course's" in trouble.what
    assert not trouble.stops
    ours = EngineStatus("swarm", True, "26.1.5", "1 node")
    assert list(find_troubles(spoilt(good, engine=engine, orchestrators={"swarm": ours}))) == []


def test_cluster_that_does_not_answer_is_a_note(good: Facts, monkeypatch) -> None:
    monkeypatch.setattr(kind_cluster, "node_names", lambda: ["course-control-plane"])
    away = EngineStatus("kind", False, "", "the API server does not answer")
    trouble = only(spoilt(good, orchestrators={"cluster": away}))
    assert trouble.what == "The cluster is there, but the API server does not answer."
    assert not trouble.stops


def test_memory_in_use_is_named(good: Facts) -> None:
    trouble = only(spoilt(good, memory={"total": 8 * GIB, "available": GIB // 2}))
    assert trouble.what == "Only 0.5 GiB of memory are available now."


def test_taken_port_names_its_holder(good: Facts) -> None:
    ports = [Port(8080, "nginx (process 7)"), Port(8888, "python (process 8)", ours=True)]
    trouble = only(spoilt(good, ports=ports))
    assert trouble.what == "Port 8080 is taken by nginx (process 7)."
    assert "publish=8080" in trouble.remedy


def test_registry_out_of_reach_is_worth_knowing_but_stops_nothing(
    good: Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = {"registry": {"reachable": False, "detail": "no such host"}, "images": {}}
    found = spoilt(good, image_sources=sources)
    assert not only(found).stops
    monkeypatch.setattr(machine_facts, "gather_facts", lambda: found)
    assert doctor() == 0
    assert capsys.readouterr().out.startswith("note: No image registry is in reach (no such host).")


@pytest.mark.parametrize(
    ("engine", "words"),
    [({"Driver": "vfs"}, "vfs"), ({"Driver": "overlay2", "MemoryLimit": False}, "memory")],
)
def test_weak_engine_is_worth_knowing(good: Facts, engine: dict[str, object], words: str) -> None:
    trouble = only(spoilt(good, engine=engine))
    assert words in trouble.what
    assert not trouble.stops


def test_killed_runs_are_named(good: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "list_killed_runs", lambda: [Run("verify-x")])
    assert "verify-x" in only(good).what


def test_trouble_that_stops_the_course_is_judged(
    good: Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = spoilt(good, memory={"total": GIB, "available": GIB})
    monkeypatch.setattr(machine_facts, "gather_facts", lambda: found)
    assert doctor() == 1
    assert "trouble: There are only" in capsys.readouterr().out


def test_an_ecs_emulator_that_does_not_answer_is_a_note(good: Facts, monkeypatch) -> None:
    away = EngineStatus("ecs", False, "", "it does not answer")
    monkeypatch.setattr(emulator_process, "find_pid", lambda: None)
    assert list(find_troubles(spoilt(good, orchestrators={"ecs": away}))) == []
    monkeypatch.setattr(emulator_process, "find_pid", lambda: 4711)
    trouble = only(spoilt(good, orchestrators={"ecs": away}))
    assert trouble.what == "The ECS emulator does not answer."
    assert "tail " in trouble.remedy
    assert not trouble.stops
    there = EngineStatus("ecs", True, "1.5.33", "http://127.0.0.1:4566")
    assert list(find_troubles(spoilt(good, orchestrators={"ecs": there}))) == []
