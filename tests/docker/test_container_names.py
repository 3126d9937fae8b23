"""What an engine forgets when it leaves a Swarm is entered again, where it is the course's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import process
from checker.base.process import Completed
from checker.docker import connection, container_names


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def run(argv: list[str], **options: Any) -> Completed:
        made.append(" ".join(argv))
        return Completed(tuple(argv), 2 if "unknown" in argv else 0, "", "", 0.1)

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr(connection, "cli_environment", dict)
    return made


def test_each_bears_its_own_name_in_the_end(calls: list[str]) -> None:
    container_names.register_names(["a", "b"])
    assert calls == [
        *("docker rename a a-again", "docker rename a-again a"),
        *("docker rename b b-again", "docker rename b-again b"),
    ]


@pytest.mark.parametrize(("name", "found"), [("known", True), ("unknown", False)])
def test_name_is_asked_for_inside_another_container(
    calls: list[str], name: str, found: bool
) -> None:
    assert container_names.can_find(name, by="asks") is found
    assert calls == [f"docker exec asks getent hosts {name}"]


def container(name: str, *networks: str, **labels: str) -> SimpleNamespace:
    attrs = {"NetworkSettings": {"Networks": dict.fromkeys(networks)}}
    return SimpleNamespace(name=name, attrs=attrs, labels=labels)


def test_only_those_in_networks_with_names_bear_one() -> None:
    running = [
        container("web", "shop_default", "bridge"),
        container("alone", "bridge"),
        container("task", "overlay", **{container_names.TASK: "1"}),
        container("db", "shop_default"),
    ]
    client: Any = SimpleNamespace(containers=SimpleNamespace(list=lambda ignore_removed: running))
    assert container_names.list_named_containers(client) == ["db", "web"]
