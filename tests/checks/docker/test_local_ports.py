"""A port is for this machine only, or the learner is told who else reaches it."""

from __future__ import annotations

from typing import Any

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from checker.checks.docker.local_ports import expect_published_locally
from tests.checks.conftest import Engine, container, exited


def publish(engine: Engine, **ports: list[tuple[str, int]]) -> None:
    """A container `web` with these ports: tcp80=[(address, port)]."""
    found: dict[str, Any] = {
        f"{name[3:]}/{name[:3]}": [{"HostIp": a, "HostPort": str(p)} for a, p in bound] or None
        for name, bound in ports.items()
    }
    engine.there = [container("web", NetworkSettings={"Ports": found})]


@pytest.mark.parametrize(
    "ports",
    [
        {"tcp80": [("127.0.0.1", 8093)]},
        {"tcp8080": [("127.0.0.1", 8093), ("::1", 8093)], "tcp443": []},
        {"tcp80": [("127.0.0.1", 8093)], "udp53": [("127.0.0.2", 53)]},
    ],
)
def test_loopback_is_this_machine(engine: Engine, docker: Docker, ports: Any) -> None:
    publish(engine, **ports)
    expect_published_locally(docker.container("web"), 8093)


@pytest.mark.parametrize(
    ("ports", "expected", "found"),
    [
        ({}, "web published as 127.0.0.1:8093", "it publishes no port"),
        ({"tcp80": [("127.0.0.1", 8094)]}, "as 127.0.0.1:8093", "80/tcp as 127.0.0.1:8094"),
        ({"udp80": [("127.0.0.1", 8093)]}, "as 127.0.0.1:8093", "80/udp"),
        ({"tcp80": [("::1", 8093)]}, "as 127.0.0.1:8093", "80/tcp as [::1]:8093"),
        ({"tcp80": [("0.0.0.0", 8093), ("::", 8093)]}, "on 127.0.0.1 only", "[::]:8093"),
        ({"tcp80": [("", 8093)]}, "on 127.0.0.1 only", "80/tcp as *:8093"),
        (
            {"tcp80": [("127.0.0.1", 8093)], "tcp9229": [("0.0.0.0", 9229)]},
            "every port of web published on 127.0.0.1 only",
            "9229/tcp as 0.0.0.0:9229",
        ),
    ],
)
def test_others_are_named(
    engine: Engine, docker: Docker, ports: Any, expected: str, found: str
) -> None:
    publish(engine, **ports)
    with pytest.raises(CheckFailed) as failed:
        expect_published_locally(docker.container("web"), 8093)
    assert expected in failed.value.expected
    assert found in failed.value.found
    assert "-p 127.0.0.1:8093:" in failed.value.next_step


def test_what_does_not_run_publishes_nothing(engine: Engine, docker: Docker) -> None:
    engine.there = [exited("web")]
    with pytest.raises(CheckFailed, match="web is running"):
        expect_published_locally(docker.container("web"), 8093)
