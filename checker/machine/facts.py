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
from checker.docker import apt, docker_client, docker_engine, endpoint
from checker.images import catalogue, provider, registry, store
from checker.machine import ports
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.swarm import swarm_mode

if TYPE_CHECKING:
    from docker import DockerClient

REGISTRY_SECONDS = 10


@dataclass(frozen=True)
class Facts:
    """One look at the machine; sizes are in bytes."""

    answer: endpoint.Answer
    cluster: docker_engine.EngineStatus | None = None
    swarm: docker_engine.EngineStatus | None = None
    ecs: docker_engine.EngineStatus | None = None
    engine: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    disk: dict[str, dict[str, Any]] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    ports: list[ports.Port] = field(default_factory=list)
    image_sources: dict[str, Any] = field(default_factory=dict)


def gather() -> Facts:
    """Look at everything; what cannot be found out is left out."""
    answer = endpoint.find()
    engine, sources = _ask_engine() if answer.state == "running" else ({}, {})
    return Facts(
        answer,
        cluster=kind_cluster.status() if engine else None,
        swarm=swarm_mode.status() if engine else None,
        ecs=local_ecs.status() if engine else None,
        engine=engine,
        versions=_versions(answer, engine),
        disk=_disk(engine),
        memory=_memory(engine),
        ports=ports.look(ports.used_by_course()),
        image_sources=sources or {"registry": _unreachable("no engine to ask"), "images": {}},
    )


def _ask_engine() -> tuple[dict[str, Any], dict[str, Any]]:
    from docker.errors import DockerException

    with contextlib.suppress(CouldNotFindOut, DockerException, OSError):
        with contextlib.closing(docker_engine.client(timeout=REGISTRY_SECONDS)) as client:
            images = {each.reference: store.look(client, each).source for each in catalogue.load()}
            sources = {"registry": _registry(client), "images": images}
            return dict(client.info()), sources
    return {}, {}


def _registry(client: DockerClient) -> dict[str, Any]:
    """Whether images can be pulled: the engine is asked, since it has mirrors and proxies."""
    from docker.errors import DockerException

    try:
        client.images.get_registry_data(registry.upstream(provider.PROBED))
    except (DockerException, OSError) as error:
        return _unreachable(str(getattr(error, "explanation", None) or error))
    return {"reachable": True, "detail": "", "mirror": registry.mirror()}


def _unreachable(why: str) -> dict[str, Any]:
    return {"reachable": False, "detail": why, "mirror": registry.mirror()}


def _versions(answer: endpoint.Answer, engine: dict[str, Any]) -> dict[str, str]:
    system = apt.release().get("PRETTY_NAME", platform.system())
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
        for name, version in docker_client.versions(docker_engine.environment()).items()
    }


def _disk(engine: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Free space where the caches are, and where the engine keeps its images on this machine."""
    places = {"cache": paths.cache(), "engine": Path(engine.get("DockerRootDir") or "/nonexistent")}
    found = {}
    for name, path in places.items():
        with contextlib.suppress(OSError):
            usage = psutil.disk_usage(str(path))
            found[name] = {"path": str(path), "free": usage.free, "total": usage.total}
    return found


def _memory(engine: dict[str, Any]) -> dict[str, int]:
    """This machine's; Docker Desktop's engine has less, in a virtual machine of its own."""
    own = psutil.virtual_memory()
    return {
        "total": min(own.total, int(engine.get("MemTotal") or own.total)),
        "available": own.available,
    }
