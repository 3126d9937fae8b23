"""A start goes on in the background, until the check releases what it holds back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.compose import held_start as module
from checker.checks.compose.held_start import HeldStart
from checker.checks.core.content import Output


class Project:
    """A project whose `up` ends when all services are released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.failure: Exception | None = None
        self.commands: list[list[str]] = []
        self.files = {"/dev/shm/course-first-start"}
        self.probes: list[str] = []
        self.is_down = False

    def build(self) -> None:
        self.commands.append(["build"])

    def up(self, *, wait: bool, within: float) -> None:
        if self.failure:
            raise self.failure
        self.released.wait(10)

    def down(self, *, volumes: bool) -> None:
        self.is_down = True
        self.released.set()

    def exec(self, service: str, words: list[str]) -> Output:
        self.commands.append(words)
        if words[0] == "touch":
            self.released.set()
            return Output("touch", 0, b"")
        is_there = any(file in " ".join(words) for file in self.files)
        return Output("test", 0 if is_there else 1, b"")

    def states(self) -> dict[str, str]:
        return {"db": "running"}

    def logs(self, service: str) -> str:
        return "one\ntwo\n"

    def inspect(self, service: str) -> list[dict[str, Any]]:
        self.probes.append(f"probe {len(self.probes)}")
        return [{"State": {"Health": {"Log": [{"Start": each} for each in self.probes[-5:]]}}}]


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(module, "PAUSE", 0.001)
    return Project()


def begin(project: Project) -> HeldStart:
    return HeldStart(project)  # type: ignore[arg-type]


def test_start_ends_once_all_is_released(project: Project) -> None:
    with begin(project) as start:
        with pytest.raises(CheckFailed, match="db is running"):
            start.finish(within=0.01)
        start.release("db")
        start.finish()
    assert project.commands == [["build"], ["touch", "/dev/shm/course-start"]]
    assert not project.is_down


def test_what_nobody_releases_is_ended_with_the_block(project: Project) -> None:
    with begin(project):
        pass
    assert project.is_down


def test_start_that_fails_tells_why_wherever_it_is_waited_for(project: Project) -> None:
    project.failure = CheckFailed("all services to start", "db is unhealthy", "Look.")
    with begin(project) as start:
        for ask in (start.finish, lambda: start.wait_for_first_start("db")):
            with pytest.raises(CheckFailed, match="db is unhealthy"):
                ask()


def test_first_start_of_postgres_is_waited_for(project: Project) -> None:
    with begin(project) as start:
        assert start.wait_for_first_start("db")
        project.files = {"postmaster.pid"}
        assert not start.wait_for_first_start("db")
        project.files = set()
        with pytest.raises(CheckFailed, match="it is running, its last words: two"):
            start.wait_for_first_start("db", within=0.01)


def test_two_new_probes_are_waited_for(project: Project) -> None:
    with begin(project) as start:
        start.wait_for_probes("db")
    assert len(project.probes) == 3


def test_service_that_cannot_be_released_is_no_verdict(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CREATE_SECONDS", 0.01)
    monkeypatch.setattr(project, "exec", lambda *_: Output("touch", 1, b""))
    with begin(project) as start, pytest.raises(CouldNotFindOut, match="could not be released"):
        start.release("db")
