"""What this machine has, found out once and then only read."""

from __future__ import annotations

import contextlib
import platform
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from checker import __version__
from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.docker import apt, connection, docker_client, endpoint
from checker.images import catalogue, provider, registry, store
from checker.machine import ports
from checker.orchestrators.registry import all_orchestrators

if TYPE_CHECKING:
    from docker import DockerClient

REGISTRY_SECONDS = 10


@dataclass(frozen=True)
class Facts:
    """One look at the machine; sizes are in bytes."""

    answer: endpoint.Answer
    orchestrators: dict[str, connection.EngineStatus] = field(default_factory=dict)
    engine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    disk: dict[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    ports: list[ports.Port] = field(default_factory=list)
    image_sources: dict[str, Any] = field(default_factory=dict)


def gather_facts() -> Facts:
    """Look at everything; what cannot be found out is left out."""
    connection.write_configuration()  # it says where the client's plugins are
    answer = endpoint.find_engine()
    engine, sources = ask_engine() if answer.state == "running" else ({}, {})
    return Facts(
        answer,
        orchestrators={each.title: each.status() for each in all_orchestrators()} if engine else {},
        engine=engine,
        versions=collect_versions(answer, engine),
        disk=measure_disk(engine),
        memory=measure_memory(engine),
        ports=ports.inspect_ports(ports.list_course_ports()),
        image_sources=sources or {"registry": _describe_registry("no engine to ask"), "images": {}},
    )


def ask_engine() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the engine says of itself, and of images; both are empty if it is away."""
    from docker.errors import DockerException

    with contextlib.suppress(CouldNotFindOut, DockerException, OSError):
        with contextlib.closing(connection.open_client(timeout=REGISTRY_SECONDS)) as client:
            every = catalogue.load_catalogue()
            images = {each.reference: store.inspect_image(client, each).source for each in every}
            return dict(client.info()), {"registry": ask_registry(client), "images": images}
    return {}, {}


def ask_registry(client: DockerClient) -> dict[str, Any]:
    """Find out whether images can be pulled: by the engine, since it has mirrors and proxies."""
    from docker.errors import DockerException

    try:
        client.images.get_registry_data(registry.resolve_reference(provider.PROBED))
    except (DockerException, OSError) as error:
        return _describe_registry(str(getattr(error, "explanation", None) or error))
    return _describe_registry()


def _describe_registry(trouble: str = "") -> dict[str, Any]:
    return {"reachable": not trouble, "detail": trouble, "mirror": registry.read_mirror()}


def collect_versions(answer: endpoint.Answer, engine: dict[str, Any]) -> dict[str, str]:
    """Return versions of all that the course stands on, by name."""
    system = apt.read_release().get("PRETTY_NAME", platform.system())
    found = {
        "course": __version__,
        "python": platform.python_version(),
        "system": f"{system}, kernel {platform.release()}, {platform.machine()}",
        "engine": answer.version,
        "storage": str(engine.get("Driver", "")),
        "cgroup": str(engine.get("CgroupVersion", "")),
    }
    return {name: value for name, value in found.items() if value} | {
        "client" if name == "docker" else name: version
        for name, version in docker_client.find_versions(connection.cli_environment()).items()
    }


def measure_disk(engine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the free bytes where the caches are, and where an engine here keeps its images."""
    places = {"cache": paths.cache(), "engine": Path(engine.get("DockerRootDir") or "/nonexistent")}
    found = {}
    for name, path in places.items():
        with contextlib.suppress(OSError):
            there = paths.find_existing_part(path) if name == "cache" else path
            usage = psutil.disk_usage(str(there))
            found[name] = {"path": str(path), "free": usage.free, "total": usage.total}
    return found


def measure_memory(engine: dict[str, Any]) -> dict[str, int]:
    """Return bytes of memory; Docker Desktop's engine has less, in a virtual machine of its own."""
    own = psutil.virtual_memory()
    return {
        "total": min(own.total, int(engine.get("MemTotal") or own.total)),
        "available": own.available,
    }
