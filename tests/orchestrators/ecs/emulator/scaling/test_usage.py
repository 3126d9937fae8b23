"""Use of CPU and memory, in percent of what a task definition reserves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checker.docker import connection
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import docker_patches
from checker.orchestrators.ecs.emulator.scaling import usage


class Container:
    """Tells what it used so far, and uses as much again with each look."""

    def __init__(self, nanoseconds: int, mebibytes: int) -> None:
        self.id = f"c{nanoseconds}"
        self.nanoseconds = nanoseconds
        self.looks = 0
        self.memory = {
            "usage": (mebibytes + 8) * docker_patches.MIB,
            "stats": {"inactive_file": 8 * docker_patches.MIB},
        }

    def stats(self, stream: bool, one_shot: bool) -> dict[str, Any]:
        assert (stream, one_shot) == (False, True)
        self.looks += 1
        used = {"total_usage": self.looks * self.nanoseconds}
        return {"cpu_stats": {"cpu_usage": used}, "memory_stats": self.memory}


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Container:
    """Half a CPU, 32 MiB; the clock is a second further at each look."""
    made = Container(500_000_000, 32)
    listed = SimpleNamespace(list=lambda filters: [made])
    engine = SimpleNamespace(containers=listed, close=lambda: None)
    monkeypatch.setattr(connection, "open_client", lambda timeout: engine)
    monkeypatch.setattr(usage, "_before", {})
    clock = iter(range(100))
    monkeypatch.setattr(usage.time, "monotonic", lambda: float(next(clock)))
    return made


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "DescribeServices": {"services": [{"status": "ACTIVE", "taskDefinition": "web:1"}]},
        "DescribeTaskDefinition": {
            "taskDefinition": {"containerDefinitions": [{"cpu": 256, "memory": 64}]}
        },
        "ListTasks": {"taskArns": ["task/1"]},
    }
    monkeypatch.setattr(aws_api, "call_service", lambda target, action, **given: answers[action])
    return answers


def test_cpu_needs_two_looks(container: Container, emulator: dict[str, Any]) -> None:
    assert usage.measure_service("demo", "web", usage.CPU) is None
    assert usage.measure_service("demo", "web", usage.CPU) == 200.0


def test_memory_is_without_what_the_kernel_can_take_back(
    container: Container, emulator: dict[str, Any]
) -> None:
    assert usage.measure_service("demo", "web", usage.MEMORY) == 50.0
    container.memory = {
        "usage": 24 * docker_patches.MIB,
        "stats": {"total_inactive_file": 8 * docker_patches.MIB},
    }
    assert usage.measure_service("demo", "web", usage.MEMORY) == 25.0


def test_nothing_reserved_or_nothing_running_has_no_measure(
    container: Container, emulator: dict[str, Any]
) -> None:
    emulator["DescribeTaskDefinition"] = {"taskDefinition": {"containerDefinitions": [{}]}}
    assert usage.measure_service("demo", "web", usage.MEMORY) is None
    emulator["ListTasks"] = {"taskArns": []}
    assert usage.measure_service("demo", "web", usage.MEMORY) is None


def test_an_engine_that_is_away_has_no_measure(
    emulator: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(timeout: float) -> Any:
        raise OSError

    monkeypatch.setattr(connection, "open_client", away)
    assert usage.measure_service("demo", "web", usage.MEMORY) is None


@pytest.mark.parametrize("found", [[], [{"status": "INACTIVE"}]])
def test_a_service_that_is_gone_is_refused(
    emulator: dict[str, Any], found: list[dict[str, str]]
) -> None:
    emulator["DescribeServices"] = {"services": found}
    with pytest.raises(aws_api.AwsError, match="doesn't exist"):
        usage.describe_service("demo", "web")


@pytest.mark.parametrize(
    ("definition", "metric", "reserved"),
    [
        ({"cpu": "512", "containerDefinitions": [{"cpu": 64}]}, usage.CPU, 512),
        ({"containerDefinitions": [{"cpu": 64}, {"cpu": 32}, {}]}, usage.CPU, 96),
        ({"memory": "512", "containerDefinitions": [{"memory": 64}]}, usage.MEMORY, 512),
        (
            {"containerDefinitions": [{"memory": 64}, {"memoryReservation": 32}, {}]},
            usage.MEMORY,
            96,
        ),
    ],
)
def test_a_task_reserves_for_itself_or_by_its_containers(
    definition: dict[str, Any], metric: str, reserved: float
) -> None:
    assert usage.compute_reservation(definition, metric) == reserved
