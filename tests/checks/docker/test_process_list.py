"""Processes of a container are those it started itself; its end is that of docker stop."""

from __future__ import annotations

from typing import Any

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.containers import Container
from checker.checks.docker.fixture import Docker
from checker.checks.docker.process_list import expect_clean_stop, list_processes
from tests.checks.conftest import Engine, container, exited


class Stopping(Engine):
    """An engine with one container, which ends with a status when it is stopped."""

    def __init__(self, status: int = 0) -> None:
        super().__init__()
        self.ends_with = status
        self.there = [container("shop", State={"Status": "running", "Running": True, "Pid": 70})]

    def top(self, identity: str, ps_args: str) -> dict[str, Any]:
        return {
            "Titles": ["PID", "PPID", "UID", "COMMAND"],
            "Processes": [
                ["71", "70", "1000", "/usr/bin/node src/server.js"],
                ["70", "5", "0", "/bin/sh -c node src/server.js"],
                ["90", "5", "0", "node", "probe.js"],
            ],
        }

    def stop(self, identity: str, timeout: int) -> None:
        self.there = [exited("shop", self.ends_with)]


def find(engine: Engine) -> Container:
    return Docker(engine).container("shop")  # type: ignore[arg-type]


def test_first_process_and_its_children() -> None:
    found = list_processes(find(Stopping()))
    assert [(each.pid, each.uid, each.program) for each in found] == [
        (70, 0, "sh"),
        (71, 1000, "node"),
    ]


def test_what_does_not_run_has_none() -> None:
    engine = Stopping()
    engine.there = [exited("shop")]
    with pytest.raises(CheckFailed, match="shop is running"):
        list_processes(find(engine))


def test_an_end_of_its_own_is_accepted() -> None:
    expect_clean_stop(find(Stopping()), 5)


@pytest.mark.parametrize(
    ("status", "found"), [(137, "within 5 s, and was killed"), (1, "status 1")]
)
def test_another_end_is_told(status: int, found: str) -> None:
    with pytest.raises(CheckFailed) as failed:
        expect_clean_stop(find(Stopping(status)), 5)
    assert found in failed.value.found
    assert "process 1 is: /bin/sh -c node" in failed.value.found
