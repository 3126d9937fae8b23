"""A container of a task gets what its task definition says."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import ImageNotFound

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import docker_patches, labels, throttle


def definition(**container: Any) -> dict[str, Any]:
    return {
        "family": "web",
        "containerDefinitions": [{"name": "web", "image": "nginx:1.26", "memory": 64, **container}],
    }


def test_a_container_gets_its_limits_and_ports_on_the_loopback_address_alone() -> None:
    mapped = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}]
    given = definition(
        cpu=128, memoryReservation=32, entryPoint=["sh"], user="node", portMappings=mapped
    )
    made = docker_patches.build_run_arguments(
        {**given, "cpu": "512"}, "web", {"80/tcp": 80, "81/tcp": 8081}
    )
    assert made["mem_limit"] == made["memswap_limit"] == 64 * docker_patches.MIB
    assert made["mem_reservation"] == 32 * docker_patches.MIB
    assert made["cpu_shares"] == 128
    assert made["nano_cpus"] == 500_000_000
    assert made["ports"] == {"80/tcp": ("127.0.0.1", None), "81/tcp": ("127.0.0.1", 8081)}
    assert (made["entrypoint"], made["user"]) == (["sh"], "node")


LABELS = {labels.FAMILY: "web", labels.REVISION: "1", labels.CONTAINER: "web"}


class Sdk:
    """The three methods of the SDK that are wrapped, as they were."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ran: list[dict[str, Any]] = []
        self.broken = False
        self.here = True
        images, containers = docker_patches.ImageCollection, docker_patches.ContainerCollection
        monkeypatch.setattr(containers, "run", lambda _, *given, **more: self._do("started", more))
        for name in ("pull", "get_registry_data"):
            monkeypatch.setattr(images, name, lambda _, *given, **more: self._do("fetched", more))
        monkeypatch.setattr(images, "get", lambda _, name: self._get(name))
        monkeypatch.setattr(throttle, "_failures", {})
        found = {"taskDefinition": {**definition(), "cpu": "512"}}
        monkeypatch.setattr(aws_api, "call_service", lambda *_, **__: found)
        docker_patches.install_patches()
        self.containers = docker_patches.ContainerCollection()
        self.images = docker_patches.ImageCollection()

    def _get(self, name: str) -> str:
        if not self.here:
            raise ImageNotFound(name)
        return "here"

    def _do(self, done: str, given: dict[str, Any]) -> str:
        self.ran.append(given)
        if self.broken:
            raise OSError("refused")
        return done


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Sdk:
    return Sdk(monkeypatch)


def test_a_container_of_a_task_is_limited_and_another_is_not(sdk: Sdk) -> None:
    assert sdk.containers.run("nginx:1.26") == "started"
    assert sdk.containers.run("nginx:1.26", labels=LABELS) == "started"
    assert sdk.ran[0] == {}
    assert sdk.ran[1]["mem_limit"] == 64 * docker_patches.MIB


def test_a_start_that_fails_counts_as_failure(sdk: Sdk) -> None:
    sdk.broken = True
    with pytest.raises(OSError, match="refused"):
        sdk.containers.run("nginx:1.26", labels=LABELS)
    assert throttle._failures["web:1"][0] == 1


def test_an_image_that_is_here_is_not_asked_for(sdk: Sdk) -> None:
    assert sdk.images.pull("nginx:1.26") == "here"
    with pytest.raises(LookupError):
        sdk.images.get_registry_data("nginx:1.26")
    assert sdk.ran == []


def test_an_image_that_is_missing_is_fetched_and_a_failure_counts(sdk: Sdk) -> None:
    sdk.here = False
    assert sdk.images.pull("nginx:none") == "fetched"
    assert sdk.images.get_registry_data("nginx:none") == "fetched"
    sdk.broken = True
    with pytest.raises(OSError, match="refused"):
        sdk.images.pull("nginx:none")
    assert throttle._failures["nginx:none"][0] == 1


def test_the_rest_of_a_definition_is_given_too() -> None:
    given = definition(workingDirectory="/srv", readonlyRootFilesystem=True, memory=None)
    made = docker_patches.build_run_arguments(given, "web", None)
    assert (made["working_dir"], made["read_only"]) == ("/srv", True)
    assert "mem_limit" not in made
    assert made["cpu_shares"] == docker_patches.LEAST_SHARES
    assert "healthcheck" not in made


def test_a_health_check_of_a_definition_is_dockers_to_make() -> None:
    given = definition(healthCheck={"command": ["CMD", "true"], "interval": 5})
    made = docker_patches.build_run_arguments(given, "web", None)
    assert made["healthcheck"]["test"] == ["CMD", "true"]
    assert made["healthcheck"]["interval"] == 1_000_000_000
