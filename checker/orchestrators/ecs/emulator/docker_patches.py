"""What a task definition says of a container and MiniStack does not tell Docker.

MiniStack starts containers with the Docker SDK; methods of the SDK are wrapped here. Meaning of the
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
from checker.orchestrators.ecs.emulator.private_names import replace_name

MIB = 1024 * 1024
UNITS = 1024
"""CPU units of one CPU."""
NANO = 1_000_000_000
SAME_VALUE = {"entryPoint": "entrypoint", "user": "user", "workingDirectory": "working_dir"}
LEAST_SHARES = 2
"""Docker's least; it is also what ECS makes of no CPU units (ContainerDefinition, cpu)."""


def install_patches() -> None:
    """Have containers of tasks get their limits, and an image that is here not be pulled.

    The second is what ECS calls ECS_IMAGE_PULL_BEHAVIOR=prefer-cached.
    """
    run, pull = ContainerCollection.run, ImageCollection.pull
    get_registry_data = ImageCollection.get_registry_data

    @functools.wraps(run)
    def run_limited(self: Any, image: Any, command: Any = None, **given: Any) -> Any:
        labels = given.get("labels") or {}
        if FAMILY not in labels:
            return run(self, image, command, **given)
        revision = name_revision(labels)
        definition = fetch_task_definition(revision)
        given.update(build_run_arguments(definition, labels[CONTAINER], given.get("ports")))
        throttle.wait_for_turn(revision)
        try:
            return run(self, image, command, **given)
        except Exception:
            throttle.record_failure(revision)
            raise

    @functools.wraps(pull)
    def pull_missing(self: Any, repository: str, *rest: Any, **given: Any) -> Any:
        if found := find_local_image(self, repository):
            return found
        throttle.wait_for_turn(repository)
        try:
            return pull(self, repository, *rest, **given)
        except Exception:
            throttle.record_failure(repository)
            raise

    @functools.wraps(get_registry_data)
    def ask_registry(self: Any, name: str, *rest: Any, **given: Any) -> Any:
        # MiniStack asks for the digest and goes on without one where this fails.
        if find_local_image(self, name):
            raise LookupError(f"{name} is here already")
        return get_registry_data(self, name, *rest, **given)

    replace_name(ContainerCollection, "run", run_limited)
    replace_name(ImageCollection, "pull", pull_missing)
    replace_name(ImageCollection, "get_registry_data", ask_registry)


def name_revision(labels: Mapping[str, str]) -> str:
    """Return family and revision of a container of a task, such as shop:2."""
    return f"{labels[FAMILY]}:{labels[REVISION]}"


def build_run_arguments(definition: Mapping[str, Any], name: str, ports: Any) -> dict[str, Any]:
    """Return the arguments of the SDK's `run` that a task definition asks for in one container.

    The ports of containers come with those of the host, as MiniStack gives them.
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
        # Without hostPort, or with 0, a port is chosen in bridge mode (API reference, PortMapping).
        given = container.get("portMappings") or []
        fixed = {f"{each['containerPort']}/tcp": each.get("hostPort") for each in given}
        made["ports"] = {port: ("127.0.0.1", fixed.get(port) or None) for port in ports}
    for theirs, ours in SAME_VALUE.items():
        if container.get(theirs):
            made[ours] = container[theirs]
    if container.get("readonlyRootFilesystem"):
        made["read_only"] = True
    if container.get("healthCheck"):
        made["healthcheck"] = task_health.build_healthcheck(container["healthCheck"])
    return made


def find_local_image(images: ImageCollection, name: str) -> Image | None:
    """Return an image that the engine has; None where it has none of that name."""
    from docker.errors import ImageNotFound

    try:
        return images.get(name)
    except ImageNotFound:
        return None


def fetch_task_definition(name: str) -> dict[str, Any]:
    """Return the task definition of an ARN or of family:revision."""
    answer = aws_api.call_service(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=name)
    return dict(answer["taskDefinition"])
