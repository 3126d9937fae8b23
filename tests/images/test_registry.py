"""A registry, or the mirror of one, is asked briefly; that it fails is told and stops nothing."""

from __future__ import annotations

import pytest
from docker.errors import DockerException

from checker.base.errors import CouldNotFindOut
from checker.docker import connection
from checker.images import catalogue, registry
from tests.images.conftest import Engine


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(registry.MIRROR, "https://mirror.example:5000/")
    return "mirror.example:5000/library"


def pull(engine: Engine, name: str = "tool") -> bool:
    return registry.pull_image(engine, catalogue.find_image(name))  # type: ignore[arg-type]


def test_without_a_mirror_upstreams_name_is_asked_for() -> None:
    assert registry.resolve_reference("tool:1") == "tool:1"


def test_mirror_is_a_host_however_it_is_written(mirror: str) -> None:
    assert registry.resolve_reference("tool:1") == "mirror.example:5000/library/tool:1"


def test_registry_that_answers_is_in_reach_and_asked_once(engine: Engine, mirror: str) -> None:
    engine.registry = set()
    assert registry.is_in_reach("tool:1")
    assert registry.is_in_reach("tool:1")
    assert engine.asked == [f"{mirror}/tool:1"]
    assert engine.closed == 1


def test_registry_that_does_not_answer_is_out_of_reach(engine: Engine) -> None:
    assert not registry.is_in_reach("tool:1")
    assert engine.closed == 1


@pytest.mark.parametrize("error", [TimeoutError(), DockerException("gone")])
def test_engine_that_breaks_off_means_out_of_reach(engine: Engine, error: Exception) -> None:
    def fail(name: str) -> None:
        raise error

    engine.images.get_registry_data = fail
    assert not registry.is_in_reach("tool:1")


def test_registry_is_given_four_seconds(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(
        connection, "open_client", lambda timeout=60: given.append(timeout) or engine
    )
    registry.is_in_reach("tool:1")
    assert given == [registry.PROBE_SECONDS]


def test_without_an_engine_nobody_can_say(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(timeout: int = 60) -> None:
        raise CouldNotFindOut("No Docker Engine answers.")

    monkeypatch.setattr(connection, "open_client", away)
    with pytest.raises(CouldNotFindOut):
        registry.is_in_reach("tool:1")


def test_pulled_image_gets_all_its_names(engine: Engine) -> None:
    engine.registry = {"tool:1"}
    assert pull(engine)
    assert engine.held["tool:latest"] == engine.held["tool:1"]
    assert engine.environments == [{"DOCKER_HOST": "unix:///fake"}]


def test_image_of_a_mirror_gets_upstreams_names(engine: Engine, mirror: str) -> None:
    engine.registry = {f"{mirror}/tool:1"}
    assert pull(engine)
    assert {"tool:1", "tool:latest"} <= set(engine.held)


def test_pull_that_fails_is_told(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.registry = set()
    assert not pull(engine)
    assert engine.held == {}
    assert "tool:1 could not be pulled: docker pull tool:1 ended" in capsys.readouterr().err
