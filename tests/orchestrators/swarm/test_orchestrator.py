"""Swarm as pages and labs ask for it: each method of the Protocol."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from checker.base import paths
from checker.base.run import Run
from checker.docker import connection
from checker.docker.connection import EngineStatus
from checker.orchestrators.swarm import swarm_mode
from checker.orchestrators.swarm.orchestrator import ORCHESTRATOR


def test_it_is_switched_on_and_off(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(swarm_mode, "ensure_swarm", lambda: asked.append("on"))
    monkeypatch.setattr(swarm_mode, "leave_swarm", lambda: asked.append("off"))
    ORCHESTRATOR.ensure(["nginx:1.26"])
    ORCHESTRATOR.stop()
    assert asked == ["on", "off"]


def test_its_status_is_its_own_and_its_version_the_engines(monkeypatch: pytest.MonkeyPatch) -> None:
    found = EngineStatus("swarm", False, "", "no Swarm yet; a page or lab makes it")
    monkeypatch.setattr(swarm_mode, "swarm_status", lambda: found)
    engine = EngineStatus("docker", True, "26.1", "")
    monkeypatch.setattr(connection, "engine_status", lambda: engine)
    assert ORCHESTRATOR.status() == found
    assert ORCHESTRATOR.version() == "26.1"


def test_shells_need_nothing_for_it() -> None:
    ORCHESTRATOR.write_settings()
    assert (ORCHESTRATOR.environment(), ORCHESTRATOR.programs()) == ({}, [])
    assert not ORCHESTRATOR.is_misleading("DOCKER_HOST")


def test_what_runs_create_is_left_to_the_recorder_of_the_engine() -> None:
    run = Run("page")
    assert ORCHESTRATOR.has_begun(run)
    ORCHESTRATOR.begin(run)
    assert ORCHESTRATOR.created(run) == []
    assert ORCHESTRATOR.clean(run) == []
    ORCHESTRATOR.forget(run)
    assert ORCHESTRATOR.has_begun(run)
    assert not paths.state().exists()


def test_its_changes_are_events_of_the_engine() -> None:
    assert ORCHESTRATOR.changes() == []


def test_it_validates_no_file() -> None:
    assert ORCHESTRATOR.validation(PurePosixPath("stack.yaml"), "services: {}") == ""
