"""What Compose said of a learner's file, changed so that it can run next to whatever runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checker.checks.core.failure import CheckFailed
from checker.checks.docker import temporary

STARTS = {"postgres": "postgres", "redis": "redis-server"}
"""What the images of databases start, which is lost when their entrypoint is replaced."""


def rename_project(config: dict[str, Any], name: str, late: Mapping[str, float]) -> dict[str, Any]:
    """Return the same project under another name, that claims nothing which may be somebody else's.

    Args:
        config: As `docker compose config --format json` prints it; it is not changed.
        name: The other name.
        late: Seconds by which these services begin later than they would.

    Raises:
        CheckFailed: It needs what somebody else has to make, or a service that is to be late
            has an entrypoint of its own.
    """
    project: dict[str, Any] = json.loads(json.dumps(config))
    project["name"] = name
    for key, service in (project.get("services") or {}).items():
        isolate_service(service)
        if key in late:
            delay_service(key, service, late[key])
    for kind in ("networks", "volumes"):
        for key, each in (project.get(kind) or {}).items():
            project[kind][key] = isolate_object(kind, key, each or {})
    return project


def isolate_service(service: dict[str, Any]) -> None:
    """Take from a service its name, its ports of the machine, and the name of what it builds."""
    service.pop("container_name", None)
    _add_labels(service)
    for port in service.get("ports") or []:
        port.pop("published", None)
        port["host_ip"] = "127.0.0.1"
    if build := service.get("build"):
        # its own name would take the name of the learner's image away
        service.pop("image", None)
        _add_labels(build)
        build.pop("tags", None)


def isolate_object(kind: str, key: str, attrs: dict[str, Any]) -> dict[str, Any]:
    """Take the name from a network or a volume, and return it.

    Raises:
        CheckFailed: Somebody else has to make it.
    """
    if attrs.get("external"):
        step = f"Remove `external:` from {key}, so that `docker compose up` is all that is needed."
        raise CheckFailed(f"{kind} that the project makes itself", f"{key} is external", step)
    attrs.pop("name", None)
    _add_labels(attrs)
    return attrs


def _add_labels(attrs: dict[str, Any]) -> None:
    attrs["labels"] = {**(attrs.get("labels") or {}), **temporary.make_labels()}


def delay_service(name: str, service: dict[str, Any], seconds: float) -> None:
    """Let a service begin later: a shell waits, then becomes what the image would have started.

    Raises:
        CheckFailed: It has an entrypoint of its own.
    """
    if service.get("entrypoint"):
        expected = f"{name} with the entrypoint of its image"
        raise CheckFailed(expected, "another one in the file", f"Remove `entrypoint:` from {name}.")
    program = str(service.get("image", "")).partition(":")[0].rpartition("/")[2]
    service["command"] = service.get("command") or [STARTS[program]]
    wait = f'sleep {seconds:g}; exec docker-entrypoint.sh "$$@"'
    service["entrypoint"] = ["sh", "-c", wait, "late"]
