"""What a task definition says of a container and MiniStack does not tell Docker.

MiniStack starts containers with the Docker SDK; the SDK's `run` is wrapped here. Meaning of the
fields: docs.aws.amazon.com, Amazon ECS API reference, ContainerDefinition.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from docker.models.containers import ContainerCollection
from docker.models.images import Image, ImageCollection

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import task_health, throttle
from checker.orchestrators.ecs.emulator.labels import CONTAINER, FAMILY, REVISION

MIB = 1024 * 1024
UNITS = 1024
"""CPU units of one CPU."""
NANO = 1_000_000_000
LEAST_SHARES = 2
"""Docker's least; it is also what ECS makes of no CPU units (ContainerDefinition, cpu)."""


def install() -> None:
    """From now on containers of tasks get their limits, and an image that is here is not pulled.

    The second is what ECS calls ECS_IMAGE_PULL_BEHAVIOR=prefer-cached.
    """
    run, pull = ContainerCollection.run, ImageCollection.pull
    get_registry_data = ImageCollection.get_registry_data

    @functools.wraps(run)
    def run_limited(self: Any, image: Any, command: Any = None, **given: Any) -> Any:
        labels = given.get("labels") or {}
        if FAMILY not in labels:
            return run(self, image, command, **given)
        given.update(settings(_definition(labels), labels[CONTAINER], given.get("ports")))
        throttle.wait(key(labels))
        try:
            return run(self, image, command, **given)
        except Exception:
            throttle.failed(key(labels))
            raise

    @functools.wraps(pull)
    def pull_missing(self: Any, repository: str, *rest: Any, **given: Any) -> Any:
        if found := _local(self, repository):
            return found
        throttle.wait(repository)
        try:
            return pull(self, repository, *rest, **given)
        except Exception:
            throttle.failed(repository)
            raise

    @functools.wraps(get_registry_data)
    def ask_registry(self: Any, name: str, *rest: Any, **given: Any) -> Any:
        if _local(self, name):
            raise LookupError(f"{name} is here already")
        return get_registry_data(self, name, *rest, **given)

    ContainerCollection.run = run_limited  # type: ignore[assignment, method-assign]
    ImageCollection.pull = pull_missing  # type: ignore[method-assign]
    ImageCollection.get_registry_data = ask_registry  # type: ignore[method-assign]


def key(labels: Mapping[str, str]) -> str:
    """Family and revision of a container of a task, such as shop:2."""
    return f"{labels[FAMILY]}:{labels[REVISION]}"


def settings(definition: Mapping[str, Any], name: str, ports: Any) -> dict[str, Any]:
    """The arguments of the SDK's `run` that a task definition asks for.

    Args:
        definition: The task definition, as the API describes it.
        name: Which of its containers.
        ports: Container ports with their host ports, as MiniStack gives them.
    """
    container = next(each for each in definition["containerDefinitions"] if each["name"] == name)
    made: dict[str, Any] = {"cpu_shares": max(int(container.get("cpu") or 0), LEAST_SHARES)}
    if memory := container.get("memory") or definition.get("memory"):
        made["mem_limit"] = made["memswap_limit"] = int(memory) * MIB
    if reservation := container.get("memoryReservation"):
        made["mem_reservation"] = int(reservation) * MIB
    if units := definition.get("cpu"):
        made["nano_cpus"] = int(int(units) * NANO / UNITS)
    if ports:
        made["ports"] = {port: ("127.0.0.1", host or None) for port, host in ports.items()}
    for theirs, ours in (("entryPoint", "entrypoint"), ("user", "user")):
        if container.get(theirs):
            made[ours] = container[theirs]
    if container.get("workingDirectory"):
        made["working_dir"] = container["workingDirectory"]
    if container.get("readonlyRootFilesystem"):
        made["read_only"] = True
    if container.get("healthCheck"):
        made["healthcheck"] = task_health.for_docker(container["healthCheck"])
    return made


def _local(images: ImageCollection, name: str) -> Image | None:
    from docker.errors import ImageNotFound

    try:
        return images.get(name)
    except ImageNotFound:
        return None


def _definition(labels: Mapping[str, str]) -> dict[str, Any]:
    found = aws_api.call(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=key(labels))
    definition: dict[str, Any] = found["taskDefinition"]
    return definition
