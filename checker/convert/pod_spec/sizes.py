"""CPU and memory: what ECS takes, and what Kubernetes calls it.

CPU units are 1/1024 of a core, millicores 1/1000. Memory is in MiB on both sides, but Kubernetes
wants to be told: `512Mi`. `512M` would be 512 000 000 bytes. The rules are those of the Amazon ECS
Developer Guide, "Task definition parameters" and "Fargate task sizes".
"""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert.tracked_input import TrackedInput

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


def format_millicores(units: int) -> str:
    """Return CPU units as Kubernetes writes them: 256 is 250m."""
    return f"{max(1, round(units * 1000 / UNITS_PER_CORE))}m"


def read_task_size(task: TrackedInput) -> tuple[int | None, int | None]:
    """Return the size of a whole task, in CPU units and MiB; None where it has none.

    Raises:
        CourseError: It is not a size, or none that Fargate has.
    """
    cpu = _parse_size(task.take("cpu"), "cpu", r"(vcpus?)", UNITS_PER_CORE)
    memory = _parse_size(task.take("memory"), "memory", r"(gb)", GIB)
    if "FARGATE" in (task.value.get("requiresCompatibilities") or []):
        validate_fargate_size(cpu, memory)
    validate_sums(task, cpu, memory)
    return cpu, memory


def _parse_size(text: str | None, name: str, unit: str, factor: int) -> int | None:
    """Parse a number of CPU units or MiB, also written as `.25 vCPU` or `0.5 GB`."""
    if not text:
        return None
    found = re.fullmatch(rf"(\d{{1,9}}|\d{{0,9}}\.\d{{1,9}})\s*{unit}?", text.strip(), re.I | re.A)
    amount = float(found[1]) * (factor if found[2] else 1) if found else 0.0
    if amount < 1 or amount != int(amount):
        expected = "CPU units, or 1 vCPU" if name == "cpu" else "MiB, or 1 GB"
        raise CourseError(
            f"{name} of the task is not a size.", expected=expected, found=ascii(text)
        )
    return int(amount)


def validate_fargate_size(cpu: int | None, memory: int | None) -> None:
    """Validate the size of a task, in CPU units and MiB, against those that Fargate has."""
    if cpu is None or memory is None:
        message = "A task for Fargate needs cpu and memory of the whole task."
        raise CourseError(message, expected="cpu and memory next to containerDefinitions")
    if cpu not in FARGATE_MIB:
        expected = f"one of {', '.join(map(str, FARGATE_MIB))}"
        raise CourseError("Fargate has no such cpu.", expected=expected, found=str(cpu))
    if memory not in FARGATE_MIB[cpu]:
        sizes = FARGATE_MIB[cpu]
        message = f"Fargate has no task of cpu {cpu} with so much memory."
        expected = f"{sizes[0]} to {sizes[-1]} MiB, such as {sizes[1]}"
        raise CourseError(message, expected=expected, found=f"{memory} MiB")


def validate_sums(task: TrackedInput, cpu: int | None, memory: int | None) -> None:
    """Validate the sizes of containers, each and together, against that of their task."""
    containers = task.value.get("containerDefinitions") or []
    wanted = sum(each.get("cpu") or 0 for each in containers)
    if cpu is not None and wanted > cpu:
        message = "The containers want more cpu than the task has."
        raise CourseError(message, expected=f"at most {cpu} units in all", found=str(wanted))
    reserved = sum(each.get("memoryReservation") or each.get("memory") or 0 for each in containers)
    if memory is not None and reserved > memory:
        message = "The containers want more memory than the task has."
        raise CourseError(message, expected=f"at most {memory} MiB in all", found=f"{reserved} MiB")
    for n, each in enumerate(containers):
        _validate_container(each, f"containerDefinitions[{n}]", memory)


def _validate_container(container: dict[str, int | None], path: str, of_task: int | None) -> None:
    limit, reserved = container.get("memory"), container.get("memoryReservation")
    cpu = container.get("cpu")
    if cpu is not None and cpu < 0:
        raise CourseError(f"{path}.cpu is impossible.", expected="0 or more", found=str(cpu))
    for name, amount in (("memory", limit), ("memoryReservation", reserved)):
        if amount is not None and amount < LEAST_MEMORY_MIB:
            expected = f"at least {LEAST_MEMORY_MIB} MiB"
            raise CourseError(f"{path}.{name} is impossible.", expected=expected, found=str(amount))
        if amount is not None and of_task is not None and amount > of_task:
            message = f"{path}.{name} is more than the task has."
            raise CourseError(message, expected=f"at most {of_task} MiB", found=str(amount))
    if limit is not None and reserved is not None and reserved > limit:
        message = f"{path}.memoryReservation is more than memory."
        raise CourseError(message, expected=f"at most {limit} MiB", found=str(reserved))
    if limit is None and reserved is None and of_task is None:
        message = f"{path} has no memory."
        expected = "memory or memoryReservation, or memory of the whole task"
        raise CourseError(message, expected=expected, next_step="ECS refuses this as well.")
