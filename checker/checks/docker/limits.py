"""What a container may use: what the engine was asked for, and what the kernel enforces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checker.checks.core.failure import CheckFailed

if TYPE_CHECKING:
    from docker import DockerClient

MIB = 1024 * 1024
DEFAULT_PERIOD = 100_000
"""Microseconds; the kernel's, where a quota is given without a period."""


@dataclass(frozen=True)
class MemoryLimit:
    """Bytes that a container may use; 0 is no limit.

    `swap` comes on top: None means that it has no end, or is not limited on this machine at all.
    """

    memory: int
    swap: int | None
    limits_swap: bool
    reservation: int
    enforced: int | None
    """What the kernel says; None while the container does not run."""

    @property
    def is_softened(self) -> bool:
        """Whether it was given more swap than it gets by default, which is as much as memory."""
        return self.limits_swap and (self.swap is None or self.swap > self.memory)


def read_memory_limit(attrs: Mapping[str, Any], client: DockerClient) -> MemoryLimit:
    """Read what limits a container's memory.

    Args:
        attrs: What the engine says of the container.
        client: The engine, which is asked for the kernel's numbers while the container runs.
    """
    host = attrs["HostConfig"]
    memory, total = int(host.get("Memory") or 0), int(host.get("MemorySwap") or 0)
    enforced = None
    if attrs["State"]["Status"] == "running":
        stats = client.api.stats(attrs["Id"], stream=False, one_shot=True)
        enforced = (stats.get("memory_stats") or {}).get("limit")
    # on a kernel that cannot count swap, the engine writes -1 whatever it was asked for
    limits_swap = bool(memory and client.api.info().get("SwapLimit"))
    swap = None if total < 0 else max(total - memory, 0)
    reservation = int(host.get("MemoryReservation") or 0)
    return MemoryLimit(memory, swap, limits_swap, reservation, enforced)


def read_cpu_limit(attrs: Mapping[str, Any]) -> float:
    """Return how many processors a container may use, whichever option said it; 0 is no limit."""
    host = attrs["HostConfig"]
    if host.get("NanoCpus"):
        return float(host["NanoCpus"] / 10**9)
    quota = int(host.get("CpuQuota") or 0)
    return float(quota / (host.get("CpuPeriod") or DEFAULT_PERIOD)) if quota > 0 else 0.0


def expect_memory_limit(name: str, limit: MemoryLimit, expected: int, next_step: str) -> None:
    """Expect a limit of so many bytes that swap does not undo, and that the kernel enforces.

    Raises:
        CheckFailed: It is another one, has plenty of swap next to it, or is not enforced.
    """
    wanted = f"a memory limit of {describe_size(expected)} for {name}"
    again = f"Remove {name}, and run it again with --memory {expected // MIB}m."
    if limit.memory != expected:
        found = describe_size(limit.memory) if limit.memory else "no limit"
        if limit.reservation:
            found += f", but a reservation of {describe_size(limit.reservation)}"
            again = f"A reservation is what it should get, not the most that it may have. {again}"
        raise CheckFailed(wanted, found, next_step or again)
    if limit.is_softened:
        swap = (
            "swap without a limit" if limit.swap is None else f"{describe_size(limit.swap)} of swap"
        )
        step = f"What does not fit into its memory goes on in swap. {again[:-1]} alone."
        wanted = f"{wanted}, and no more swap than Docker adds by itself"
        raise CheckFailed(wanted, f"that limit, and {swap}", next_step or step)
    if limit.enforced not in (None, expected):
        step = f"Look for another limit of {name}: docker stats --no-stream {name}"
        found = f"the kernel enforces {describe_size(int(limit.enforced or 0))}"
        raise CheckFailed(wanted, found, next_step or step)


def expect_cpu_limit(name: str, attrs: Mapping[str, Any], expected: float, next_step: str) -> None:
    """Expect that the container may use so many processors.

    Raises:
        CheckFailed: It may use more or fewer; shares, which limit nothing, are named.
    """
    limit = read_cpu_limit(attrs)
    if round(limit, 3) == expected:
        return
    found = f"{limit:g} processors" if limit else "no limit"
    step = f"Remove {name}, and run it again with --cpus {expected:g}."
    if shares := attrs["HostConfig"].get("CpuShares"):
        found += f", but {shares} shares"
        step = f"Shares weigh containers against each other; an idle machine gives all. {step}"
    raise CheckFailed(f"a limit of {expected:g} processors for {name}", found, next_step or step)


def describe_size(size: int) -> str:
    """Describe bytes as people write limits, with the bare number where MiB are not whole."""
    return f"{size} bytes" if size % MIB else f"{size // MIB} MiB ({size} bytes)"
