"""The health of a task is that of its essential containers and of its targets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator import rollout, task_health

CHECK = {"command": ["CMD-SHELL", "true"], "interval": 10, "retries": 2, "startPeriod": 15}


def test_docker_gets_the_check_with_shorter_intervals() -> None:
    made = task_health.build_healthcheck(CHECK)
    assert made == {
        "test": ["CMD-SHELL", "true"],
        "interval": 2_000_000_000,
        "timeout": 5_000_000_000,
        "retries": 2,
        "start_period": 3_000_000_000,
    }


def test_a_bare_command_is_run_without_a_shell() -> None:
    assert task_health.build_healthcheck({"command": ["curl", "x"]})["test"] == ["CMD", "curl", "x"]


@pytest.mark.parametrize(
    ("states", "result"),
    [
        (["HEALTHY", "UNHEALTHY", "UNKNOWN"], "UNHEALTHY"),
        (["HEALTHY", "UNKNOWN"], "UNKNOWN"),
        (["HEALTHY"], "HEALTHY"),
    ],
)
def test_the_worst_container_decides(states: list[str], result: str) -> None:
    assert task_health.find_worst(states) == result


def look(*said: str, essential: bool = True) -> dict[str, Any]:
    """A task with a container for each health that Docker tells; "-" has no check."""
    task = {
        "containers": [{"name": str(n)} for n, _ in enumerate(said)],
        "_docker_ids": list(said),
        "healthStatus": "UNKNOWN",
    }
    wanted = [
        {"healthCheck": CHECK, "essential": essential} if each != "-" else {} for each in said
    ]

    def inspect(identity: str) -> dict[str, Any]:
        if identity == "gone":
            raise LookupError(identity)
        return {"State": {"Health": {"Status": identity}}}

    engine = SimpleNamespace(api=SimpleNamespace(inspect_container=inspect))
    task_health.update_health(task, {"containerDefinitions": wanted}, engine)
    return task


def test_what_docker_says_is_told_of_container_and_task() -> None:
    task = look("healthy", "-")
    assert task["healthStatus"] == "HEALTHY"
    assert [each.get("healthStatus") for each in task["containers"]] == ["HEALTHY", None]
    assert look("healthy", "unhealthy")["healthStatus"] == "UNHEALTHY"
    assert look("starting")["healthStatus"] == "UNKNOWN"
    assert look("gone")["healthStatus"] == "UNKNOWN"


def test_a_container_that_is_not_essential_does_not_count() -> None:
    assert look("unhealthy", essential=False)["healthStatus"] == "UNKNOWN"


def test_a_definition_without_a_check_asks_nobody() -> None:
    assert not task_health.has_health_check({"containerDefinitions": [{}]})
    assert task_health.has_health_check({"containerDefinitions": [{"healthCheck": CHECK}]})


@pytest.mark.parametrize(
    ("container", "targets", "age", "counts"),
    [
        (None, [], 0.5, rollout.PENDING),
        (None, [], 1.5, rollout.HEALTHY),
        (None, ["initial"], 9, rollout.PENDING),
        (None, ["healthy"], 0, rollout.HEALTHY),
        (None, ["healthy", "unhealthy"], 9, rollout.UNHEALTHY),
        (None, ["unhealthy"], 3, rollout.PENDING),
        ("UNKNOWN", ["healthy"], 9, rollout.PENDING),
        ("HEALTHY", ["healthy"], 0, rollout.HEALTHY),
        ("HEALTHY", [], 0, rollout.HEALTHY),
        ("UNHEALTHY", ["healthy"], 9, rollout.UNHEALTHY),
    ],
)
def test_both_must_be_well_and_the_grace_period_excuses(
    container: str | None, targets: list[str], age: float, counts: str
) -> None:
    assert task_health.rate_task(container, targets, age, 4.0) == counts
