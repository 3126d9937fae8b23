"""CPU and memory: what ECS takes, and what Kubernetes calls it.

CPU units are 1/1024 of a core, millicores 1/1000. Memory is in MiB on both sides, but Kubernetes
wants to be told: `512Mi`. `512M` would be 512 000 000 bytes. The rules are those of the Amazon ECS
Developer Guide, "Task definition parameters" and "Fargate task sizes".
"""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert.tracked_input import Given

UNITS_PER_CORE = 1024
LEAST_MEMORY_MIB = 6
GIB = 1024
FARGATE_MIB = {
    256: (512, 1024, 2048),
    512: tuple(range(1 * GIB, 4 * GIB + 1, GIB)),
    1024: tuple(range(2 * GIB, 8 * GIB + 1, GIB)),
    2048: tuple(range(4 * GIB, 16 * GIB + 1, GIB)),
    4096: tuple(range(8 * GIB, 30 * GIB + 1, GIB)),
    8192: tuple(range(16 * GIB, 60 * GIB + 1, 4 * GIB)),
    16384: tuple(range(32 * GIB, 120 * GIB + 1, 8 * GIB)),
}


def millicores(units: int) -> str:
    """CPU units as Kubernetes writes them: 256 is 250m."""
    return f"{max(1, round(units * 1000 / UNITS_PER_CORE))}m"


def mebibytes(amount: int) -> str:
    return f"{amount}Mi"


def task_size(task: Given) -> tuple[int | None, int | None]:
    """The size of a whole task, in CPU units and MiB; None where it has none.

    Raises:
        CourseError: It is not a size, or none that Fargate has.
    """
    cpu = _number(task.take("cpu"), "cpu", r"(vcpus?)", UNITS_PER_CORE)
    memory = _number(task.take("memory"), "memory", r"(gb)", GIB)
    if "FARGATE" in (task.value.get("requiresCompatibilities") or []):
        _judge_fargate(cpu, memory)
    _judge_sums(task, cpu, memory)
    return cpu, memory


def _number(text: str | None, name: str, unit: str, factor: int) -> int | None:
    """A number of CPU units or MiB, also written as `.25 vCPU` or `0.5 GB`."""
    if not text:
        return None
    found = re.fullmatch(rf"(\d{{1,9}}|\d{{0,9}}\.\d{{1,9}})\s*{unit}?", text.strip(), re.I | re.A)
    amount = float(found[1]) * (factor if found[2] else 1) if found else 0.0
    if amount < 1 or amount != int(amount):
        raise CourseError(
            f"{name} of the task is no size.",
            expected="CPU units, or 1 vCPU" if name == "cpu" else "MiB, or 1 GB",
            found=ascii(text),
        )
    return int(amount)


def _judge_fargate(cpu: int | None, memory: int | None) -> None:
    if cpu is None or memory is None:
        raise CourseError(
            "A task for Fargate needs cpu and memory of the whole task.",
            expected="cpu and memory beside containerDefinitions",
        )
    if cpu not in FARGATE_MIB:
        raise CourseError(
            "Fargate has no such cpu.",
            expected=f"one of {', '.join(map(str, FARGATE_MIB))}",
            found=str(cpu),
        )
    if memory not in FARGATE_MIB[cpu]:
        sizes = FARGATE_MIB[cpu]
        raise CourseError(
            f"Fargate has no task of cpu {cpu} with so much memory.",
            expected=f"{sizes[0]} to {sizes[-1]} MiB, such as {sizes[1]}",
            found=f"{memory} MiB",
        )


def _judge_sums(task: Given, cpu: int | None, memory: int | None) -> None:
    containers = task.value.get("containerDefinitions") or []
    wanted = sum(each.get("cpu") or 0 for each in containers)
    if cpu is not None and wanted > cpu:
        raise CourseError(
            "The containers want more cpu than the task has.",
            expected=f"at most {cpu} units in all",
            found=str(wanted),
        )
    reserved = sum(each.get("memoryReservation") or each.get("memory") or 0 for each in containers)
    if memory is not None and reserved > memory:
        raise CourseError(
            "The containers want more memory than the task has.",
            expected=f"at most {memory} MiB in all",
            found=f"{reserved} MiB",
        )
    for n, each in enumerate(containers):
        _judge_memory(each, f"containerDefinitions[{n}]", memory)


def _judge_memory(container: dict[str, int | None], path: str, of_task: int | None) -> None:
    limit, reserved = container.get("memory"), container.get("memoryReservation")
    cpu = container.get("cpu")
    if cpu is not None and cpu < 0:
        raise CourseError(f"{path}.cpu is impossible.", expected="0 or more", found=str(cpu))
    for name, amount in (("memory", limit), ("memoryReservation", reserved)):
        if amount is not None and amount < LEAST_MEMORY_MIB:
            raise CourseError(
                f"{path}.{name} is impossible.",
                expected=f"at least {LEAST_MEMORY_MIB} MiB",
                found=str(amount),
            )
        if amount is not None and of_task is not None and amount > of_task:
            raise CourseError(
                f"{path}.{name} is more than the task has.",
                expected=f"at most {of_task} MiB",
                found=str(amount),
            )
    if limit is not None and reserved is not None and reserved > limit:
        raise CourseError(
            f"{path}.memoryReservation is more than memory.",
            expected=f"at most {limit} MiB",
            found=str(reserved),
        )
    if limit is None and reserved is None and of_task is None:
        raise CourseError(
            f"{path} has no memory.",
            expected="memory or memoryReservation, or memory of the whole task",
            next_step="ECS refuses this as well.",
        )
