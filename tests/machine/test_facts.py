"""What can be found out is found out; the rest is left out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError

from checker.base.errors import CouldNotFindOut
from checker.docker import docker_client, docker_engine, endpoint
from checker.images import store
from checker.machine import facts, ports
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.swarm import swarm_mode

INFO = {"Driver": "overlay2", "DockerRootDir": "/", "MemTotal": 1 << 30, "CgroupVersion": "2"}


EMULATOR = docker_engine.EngineStatus("ecs", True, "1.5.33", "http://127.0.0.1:4566")
SWARM = docker_engine.EngineStatus("swarm", True, "26.1.5", "1 node")
CLUSTER = docker_engine.EngineStatus("kind", True, "v1.37.2", "3 nodes")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "find", lambda: endpoint.Answer("unix:///x", "running", "26.1.5"))
    monkeypatch.setattr(docker_engine, "environment", dict)
    monkeypatch.setattr(kind_cluster, "status", lambda: CLUSTER)
    monkeypatch.setattr(swarm_mode, "status", lambda: SWARM)
    monkeypatch.setattr(local_ecs, "status", lambda: EMULATOR)
    monkeypatch.setattr(
        docker_client, "versions", lambda env: {"docker": "26.1.5", "compose": "2.26"}
    )
    monkeypatch.setattr(ports, "used_by_course", lambda: [])
    monkeypatch.setattr(store, "look", lambda client, image: SimpleNamespace(source="pulled"))


def with_engine(monkeypatch: pytest.MonkeyPatch, registry: Exception | None = None) -> None:
    def ask(reference: str) -> None:
        if registry:
            raise registry

    images = SimpleNamespace(get_registry_data=ask)
    client = SimpleNamespace(info=lambda: INFO, images=images, close=lambda: None)
    monkeypatch.setattr(docker_engine, "client", lambda timeout: client)


def test_engine_and_registry_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch)
    found = facts.gather()
    assert found.engine == INFO
    assert found.cluster == CLUSTER
    assert found.swarm == SWARM
    assert found.ecs == EMULATOR
    assert found.image_sources["registry"]["reachable"]
    assert set(found.image_sources["images"].values()) == {"pulled"}
    assert found.versions["client"] == "26.1.5"
    assert found.versions["storage"] == "overlay2"
    assert "docker" not in found.versions
    assert set(found.disk) == {"cache", "engine"}


def test_memory_is_what_the_engine_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch)
    assert facts.gather().memory["total"] == 1 << 30


def test_registry_out_of_reach_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch, APIError("500", explanation="no such host"))
    registry = facts.gather().image_sources["registry"]
    assert (registry["reachable"], registry["detail"]) == (False, "no such host")


@pytest.mark.parametrize("state", ["running", "away"])
def test_engine_away_leaves_the_rest(monkeypatch: pytest.MonkeyPatch, state: Any) -> None:
    def gone(timeout: int) -> None:
        raise CouldNotFindOut("gone")

    monkeypatch.setattr(docker_engine, "client", gone)
    monkeypatch.setattr(endpoint, "find", lambda: endpoint.Answer("unix:///x", state))
    found = facts.gather()
    assert found.engine == {}
    assert found.cluster is None
    assert found.image_sources["registry"]["detail"] == "no engine to ask"
    assert set(found.disk) == {"cache"}
    assert found.memory["total"] > 0
