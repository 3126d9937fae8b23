"""A limit is what the kernel enforces, and what swap does not undo."""

from __future__ import annotations

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from checker.checks.docker.limits import MIB
from tests.checks.conftest import Engine, container, exited

LIMIT = 48 * MIB


def limited(memory: int, total: int, **host: int) -> dict:
    return container("web", HostConfig={"Memory": memory, "MemorySwap": total, **host})


@pytest.mark.parametrize("total", [LIMIT, 2 * LIMIT, 0])
def test_limit_with_usual_swap_is_accepted(engine: Engine, docker: Docker, total: int) -> None:
    engine.there = [limited(LIMIT, total)]
    engine.enforced = LIMIT
    docker.container("web").expect_memory_limit(LIMIT)


def test_kernel_that_counts_no_swap_has_none_to_limit(engine: Engine, docker: Docker) -> None:
    engine.there = [limited(LIMIT, -1)]
    engine.swap_limit = False
    docker.container("web").expect_memory_limit(LIMIT)


def test_stopped_container_is_judged_by_its_settings(engine: Engine, docker: Docker) -> None:
    engine.there = [exited("web", HostConfig={"Memory": LIMIT})]
    engine.enforced = 1
    docker.container("web").expect_memory_limit(LIMIT)


@pytest.mark.parametrize(
    ("attrs", "enforced", "found", "step"),
    [
        (limited(0, 0), None, "no limit", "run it again with --memory 48m"),
        (limited(48_000_000, 0), None, "48000000 bytes", "--memory 48m"),
        (
            limited(0, 0, MemoryReservation=LIMIT),
            None,
            "no limit, but a reservation of 48 MiB (50331648 bytes)",
            "not the most that it may have",
        ),
        (limited(LIMIT, -1), LIMIT, "that limit, and swap without a limit", "goes on in swap"),
        (
            limited(LIMIT, 512 * MIB),
            LIMIT,
            "that limit, and 464 MiB (486539264 bytes) of swap",
            "--memory 48m alone",
        ),
        (
            limited(LIMIT, 0),
            64 * MIB,
            "the kernel enforces 64 MiB (67108864 bytes)",
            "docker stats --no-stream web",
        ),
    ],
)
def test_what_limits_otherwise_is_told(
    engine: Engine, docker: Docker, attrs: dict, enforced: int | None, found: str, step: str
) -> None:
    engine.there = [attrs]
    engine.enforced = enforced
    with pytest.raises(CheckFailed) as caught:
        docker.container("web").expect_memory_limit(LIMIT)
    assert "a memory limit of 48 MiB (50331648 bytes) for web" in caught.value.expected
    assert caught.value.found == found
    assert step in caught.value.next_step


@pytest.mark.parametrize(
    "host",
    [
        {"NanoCpus": 500_000_000},
        {"CpuQuota": 50_000},
        {"CpuQuota": 10_000, "CpuPeriod": 20_000},
    ],
)
def test_processors_are_limited_by_any_option(engine: Engine, docker: Docker, host: dict) -> None:
    engine.there = [container("web", HostConfig=host)]
    docker.container("web").expect_cpu_limit(0.5)


@pytest.mark.parametrize(
    ("host", "found", "step"),
    [
        ({}, "no limit", "with --cpus 0.5"),
        ({"CpuQuota": -1}, "no limit", "with --cpus 0.5"),
        ({"NanoCpus": 1_500_000_000}, "1.5 processors", "with --cpus 0.5"),
        ({"CpuShares": 512}, "no limit, but 512 shares", "Shares weigh containers"),
    ],
)
def test_other_limits_of_processors_are_told(engine, docker, host, found, step) -> None:
    engine.there = [container("web", HostConfig=host)]
    with pytest.raises(CheckFailed) as caught:
        docker.container("web").expect_cpu_limit(0.5)
    assert caught.value.found == found
    assert step in caught.value.next_step
