"""The ECS emulator as pages and labs ask for it: each method of the Protocol."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.run import Run
from checker.docker.connection import EngineStatus
from checker.orchestrators.ecs import local_ecs, orchestrator
from checker.orchestrators.ecs.orchestrator import ORCHESTRATOR


class Emulator:
    """Stands in for the emulator: its contents, and what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.contents: list[str] = []
        self.status = EngineStatus("ecs", True, "1.4", "http://127.0.0.1:4566")

    def empty(self) -> None:
        self.asked.append("empty")
        self.contents.clear()


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    fake = Emulator()
    monkeypatch.setattr(local_ecs, "empty_emulator", fake.empty)
    monkeypatch.setattr(local_ecs, "list_contents", lambda: list(fake.contents))
    monkeypatch.setattr(local_ecs, "emulator_status", lambda: fake.status)
    monkeypatch.setattr(local_ecs, "ensure_emulator", lambda: fake.asked.append("ensure"))
    monkeypatch.setattr(local_ecs, "stop_emulator", lambda: fake.asked.append("stop"))
    return fake


def test_it_is_started_and_stopped(emulator: Emulator) -> None:
    ORCHESTRATOR.ensure(["nginx:1.26"])
    ORCHESTRATOR.stop()
    assert emulator.asked == ["ensure", "stop"]


def test_its_version_is_that_of_its_status(emulator: Emulator) -> None:
    assert ORCHESTRATOR.status() == emulator.status
    assert ORCHESTRATOR.version() == "1.4"
    emulator.status = EngineStatus("ecs", False, "", "not started; a page or lab starts it")
    assert ORCHESTRATOR.version() == ""


def test_shells_get_its_address_and_tools_and_only_writing_creates_the_files() -> None:
    given = ORCHESTRATOR.environment()
    assert given["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert ORCHESTRATOR.programs() == [paths.cache() / "engines/aws"]
    assert not paths.state().exists()
    assert not paths.cache().exists()
    ORCHESTRATOR.write_settings()
    assert "region = us-east-1" in (paths.state() / "aws/config").read_text()
    assert given["AWS_CONFIG_FILE"] == str(paths.state() / "aws/config")
    assert (paths.cache() / "engines/aws/aws").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("variable", "misleading"),
    [("AWS_PROFILE", True), ("BOTO_CONFIG", True), ("KUBECONFIG", False), ("PATH", False)],
)
def test_variables_about_aws_are_misleading(variable: str, misleading: bool) -> None:
    assert ORCHESTRATOR.is_misleading(variable) is misleading


def test_what_is_in_it_is_the_runs_that_began_last(emulator: Emulator) -> None:
    emulator.contents = ["cluster old"]
    assert ORCHESTRATOR.created(Run("page")) == []
    ORCHESTRATOR.begin(Run("page"))
    emulator.contents.append("cluster demo")
    assert ORCHESTRATOR.has_begun(Run("page"))
    assert ORCHESTRATOR.created(Run("page")) == ["cluster demo"]
    assert not ORCHESTRATOR.has_begun(Run("lab"))
    assert ORCHESTRATOR.created(Run("lab")) == []


def test_it_is_emptied_of_a_run_that_began_and_of_no_other(emulator: Emulator) -> None:
    ORCHESTRATOR.begin(Run("page"))
    emulator.asked.clear()
    emulator.contents = ["cluster demo"]
    assert ORCHESTRATOR.clean(Run("lab")) == []
    assert (emulator.asked, emulator.contents) == ([], ["cluster demo"])
    assert ORCHESTRATOR.clean(Run("page")) == []
    assert (emulator.asked, emulator.contents) == (["empty"], [])


def test_run_that_is_over_is_forgotten(emulator: Emulator) -> None:
    ORCHESTRATOR.begin(Run("page"))
    ORCHESTRATOR.forget(Run("page"))
    ORCHESTRATOR.forget(Run("page"))
    assert not ORCHESTRATOR.has_begun(Run("page"))


def test_what_is_new_in_the_emulator_is_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([["cluster a"], ["cluster a"], ["cluster a", "service a/web"]])
    events: list[str] = []

    def contents() -> list[str]:
        now = next(found, None)
        if now is None:
            raise CouldNotFindOut("The ECS emulator does not answer.")
        return now

    monkeypatch.setattr(local_ecs, "list_contents", contents)
    monkeypatch.setattr(orchestrator, "LOOK_SECONDS", 0.001)
    [follow] = ORCHESTRATOR.changes()
    with pytest.raises(CouldNotFindOut):
        events.extend(follow())  # what came before the error is in the list
    assert events == ["ecs"]


def test_it_validates_no_file() -> None:
    assert ORCHESTRATOR.validation(PurePosixPath("task.json"), "{}") == ""
