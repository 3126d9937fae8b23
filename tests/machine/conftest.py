"""Facts of a machine on which nothing is wrong, to be spoilt one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from checker.docker import connection, docker_client, endpoint, journal
from checker.machine.facts import Facts
from checker.machine.status import GIB

RUNNING = endpoint.Answer("unix:///var/run/docker.sock", "running", "26.1.5")
GOOD = Facts(
    RUNNING,
    engine={"Driver": "overlay2", "MemoryLimit": True},
    versions={"course": "1", "client": "26.1.5"},
    disk={"cache": {"path": "/c", "free": 50 * GIB, "total": 100 * GIB}},
    memory={"total": 8 * GIB, "available": 6 * GIB},
    ports=[],
    image_sources={
        "registry": {"reachable": True, "detail": "", "mirror": ""},
        "images": {"busybox:1.37": "pulled", "redis:8": "missing"},
    },
)


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> Facts:
    """Beside the facts, good tools and no run that was killed."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(docker_client, "list_troubles", lambda env: [])
    monkeypatch.setattr(docker_client, "list_missing_packages", lambda programs: [])
    monkeypatch.setattr(journal, "list_killed_runs", lambda: [])
    return GOOD


def spoilt(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, **changes)
