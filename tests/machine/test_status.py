"""Status is one object for programs, and a list for people."""

from __future__ import annotations

import json

import pytest

from checker.docker import daemon, endpoint
from checker.docker.connection import EngineStatus
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts
from checker.machine.ports import Port
from checker.machine.status import show_status
from tests.json_schemas import validate
from tests.machine.conftest import spoilt


@pytest.fixture
def facts(good: Facts, monkeypatch: pytest.MonkeyPatch) -> Facts:
    found = spoilt(good, ports=[Port(8080), Port(8081, "nginx (process 7)")])
    monkeypatch.setattr(machine_facts, "gather_facts", lambda: found)
    monkeypatch.setattr(daemon, "find_pid", lambda: None)
    return found


def test_json_is_one_object_with_the_gateway(
    facts: Facts, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_status(as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    validate("status", found)
    assert found["gateway"] == "unix:///var/run/docker.sock"
    assert found["engines"] == [
        {
            "name": "docker",
            "running": True,
            "version": "26.1.5",
            "host": "unix:///var/run/docker.sock",
            "detail": "",
            "started_by_course": False,
        }
    ]
    assert [port["free"] for port in found["ports"]] == [True, False]
    assert {"versions", "disk", "memory", "image_sources", "schema"} < found.keys()


def test_cluster_is_an_engine_too(facts: Facts, monkeypatch, capsys) -> None:
    cluster = EngineStatus("kind", True, "v1.37.2", "3 nodes")
    monkeypatch.setattr(
        machine_facts, "gather_facts", lambda: spoilt(facts, orchestrators={"cluster": cluster})
    )
    show_status(as_json=True)
    assert json.loads(capsys.readouterr().out)["engines"][1]["version"] == "v1.37.2"
    show_status(as_json=False)
    assert "cluster        v1.37.2 3 nodes" in capsys.readouterr().out


def test_swarm_is_an_engine_too(facts: Facts, monkeypatch, capsys) -> None:
    swarm = EngineStatus("swarm", True, "26.1.5", "1 node")
    monkeypatch.setattr(
        machine_facts, "gather_facts", lambda: spoilt(facts, orchestrators={"swarm": swarm})
    )
    show_status(as_json=True)
    found = json.loads(capsys.readouterr().out)
    validate("status", found)
    found = found["engines"][-1]
    assert (found["name"], found["started_by_course"]) == ("swarm", True)
    show_status(as_json=False)
    assert "swarm          26.1.5 1 node" in capsys.readouterr().out


def test_people_read_a_line_for_each_fact(facts: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_status(as_json=False) == 0
    lines = capsys.readouterr().out
    assert "engine         docker: running, 26.1.5" in lines
    assert "8081: nginx (process 7)" in lines
    assert "50.0 GiB free at /c" in lines
    assert "1 missing, 1 pulled" in lines
    assert "in reach" in lines


def test_engine_that_is_away_is_a_fact_as_well(
    facts: Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = endpoint.Answer("unix:///x", "away", detail="No such file")
    sources = {"registry": {"reachable": False, "detail": "no engine to ask"}, "images": {}}
    away = spoilt(facts, answer=answer, image_sources=sources, ports=[])
    monkeypatch.setattr(machine_facts, "gather_facts", lambda: away)
    assert show_status(as_json=False) == 0
    lines = capsys.readouterr().out
    assert "docker: No such file" in lines
    assert "away (no engine to ask)" in lines
    assert "none of the course's 0" in lines


def test_the_ecs_emulator_is_an_engine_too(facts: Facts, monkeypatch, capsys) -> None:
    emulator = EngineStatus("ecs", True, "1.5.33", "http://127.0.0.1:4566")
    monkeypatch.setattr(
        machine_facts, "gather_facts", lambda: spoilt(facts, orchestrators={"ecs": emulator})
    )
    show_status(as_json=True)
    found = json.loads(capsys.readouterr().out)
    validate("status", found)
    found = found["engines"][-1]
    assert (found["name"], found["started_by_course"]) == ("ecs", True)
    show_status(as_json=False)
    assert "ecs            1.5.33 http://127.0.0.1:4566" in capsys.readouterr().out
