"""What can be found out is found out; the rest is left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError

from checker.base.errors import CouldNotFindOut
from checker.docker import connection, docker_client, endpoint
from checker.images import store
from checker.machine import facts, ports
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.swarm import swarm_mode

INFO = {"Driver": "overlay2", "DockerRootDir": "/", "MemTotal": 1 << 30, "CgroupVersion": "2"}


EMULATOR = connection.EngineStatus("ecs", True, "1.5.33", "http://127.0.0.1:4566")
SWARM = connection.EngineStatus("swarm", True, "26.1.5", "1 node")
CLUSTER = connection.EngineStatus("kind", True, "v1.37.2", "3 nodes")


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        endpoint, "find_engine", lambda: endpoint.Answer("unix:///x", "running", "26.1.5")
    )
    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(kind_cluster, "cluster_status", lambda: CLUSTER)
    monkeypatch.setattr(swarm_mode, "swarm_status", lambda: SWARM)
    monkeypatch.setattr(local_ecs, "emulator_status", lambda: EMULATOR)
    monkeypatch.setattr(
        docker_client, "find_versions", lambda env: {"docker": "26.1.5", "compose": "2.26"}
    )
    monkeypatch.setattr(ports, "list_course_ports", lambda: [])
    monkeypatch.setattr(
        store, "inspect_image", lambda client, image: SimpleNamespace(source="pulled")
    )


def with_engine(monkeypatch: pytest.MonkeyPatch, registry: Exception | None = None) -> None:
    def ask(reference: str) -> None:
        if registry:
            raise registry

    images = SimpleNamespace(get_registry_data=ask)
    client = SimpleNamespace(info=lambda: INFO, images=images, close=lambda: None)
    monkeypatch.setattr(connection, "open_client", lambda timeout: client)


def test_engine_and_registry_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch)
    found = facts.gather_facts()
    assert found.engine == INFO
    assert found.orchestrators == {"cluster": CLUSTER, "swarm": SWARM, "ecs": EMULATOR}
    assert found.image_sources["registry"]["reachable"]
    assert set(found.image_sources["images"].values()) == {"pulled"}
    assert found.versions["client"] == "26.1.5"
    assert found.versions["storage"] == "overlay2"
    assert "docker" not in found.versions
    assert set(found.disk) == {"cache", "engine"}


def test_memory_is_what_the_engine_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch)
    assert facts.gather_facts().memory["total"] == 1 << 30


def test_registry_out_of_reach_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    with_engine(monkeypatch, APIError("500", explanation="no such host"))
    registry = facts.gather_facts().image_sources["registry"]
    assert (registry["reachable"], registry["detail"]) == (False, "no such host")


@pytest.mark.parametrize("state", ["running", "away"])
def test_engine_away_leaves_the_rest(monkeypatch: pytest.MonkeyPatch, state: Any) -> None:
    def gone(timeout: int) -> None:
        raise CouldNotFindOut("gone")

    monkeypatch.setattr(connection, "open_client", gone)
    monkeypatch.setattr(endpoint, "find_engine", lambda: endpoint.Answer("unix:///x", state))
    found = facts.gather_facts()
    assert found.engine == {}
    assert found.orchestrators == {}
    assert found.image_sources["registry"]["detail"] == "no engine to ask"
    assert set(found.disk) == {"cache"}
    assert found.memory["total"] > 0


def test_disk_is_measured_where_the_cache_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "not" / "yet"))
    cache = facts.measure_disk({})["cache"]
    assert cache["path"] == str(tmp_path / "not" / "yet")
    assert cache["total"] >= cache["free"] > 0
    assert list(tmp_path.iterdir()) == []
