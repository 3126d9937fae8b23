"""Host ports as Docker chose them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checker.docker import connection
from checker.orchestrators.ecs.emulator import labels, ports


def test_bindings_tell_the_port_that_docker_chose() -> None:
    published = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}], "81/tcp": None}
    [binding] = ports.describe_bindings(published)
    assert (binding["containerPort"], binding["hostPort"]) == (80, 32768)


def test_each_container_of_a_task_gets_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    published = {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}]}
    box = SimpleNamespace(labels={labels.CONTAINER: "web"}, ports=published)
    listed = SimpleNamespace(list=lambda filters: [box])
    engine = SimpleNamespace(containers=listed, close=lambda: None)
    monkeypatch.setattr(connection, "open_client", lambda timeout: engine)
    task: dict[str, Any] = {"taskArn": "a", "containers": [{"name": "web"}, {"name": "db"}]}
    ports.add_network_bindings(task)
    assert task["containers"][0]["networkBindings"][0]["hostPort"] == 32768
    assert "networkBindings" not in task["containers"][1]


def test_without_an_engine_a_task_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(timeout: float) -> Any:
        raise OSError

    monkeypatch.setattr(connection, "open_client", away)
    task: dict[str, Any] = {"taskArn": "a", "containers": [{"name": "web"}]}
    ports.add_network_bindings(task)
    assert task == {"taskArn": "a", "containers": [{"name": "web"}]}


def test_a_task_with_an_interface_of_its_own_publishes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(timeout: float) -> Any:
        raise AssertionError

    monkeypatch.setattr(connection, "open_client", asked)
    task: dict[str, Any] = {"taskArn": "a", "attachments": [{}], "containers": [{"name": "web"}]}
    ports.add_network_bindings(task)
    assert task["containers"] == [{"name": "web"}]
