"""What Compose said of a learner's file, changed so that it can run beside whatever is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checker.checks.core.failure import CheckFailed
from checker.checks.docker import temporary


def renamed(config: dict[str, Any], name: str, late: Mapping[str, float]) -> dict[str, Any]:
    """The same project under another name, that claims nothing which may be somebody else's.

    Args:
        config: As `docker compose config --format json` prints it; it is not changed.
        late: Seconds by which these services begin later than they would.

    Raises:
        CheckFailed: It needs what somebody else has to make, or a service that is to be late
            has an entrypoint of its own.
    """
    made: dict[str, Any] = json.loads(json.dumps(config))
    made["name"] = name
    for key, service in (made.get("services") or {}).items():
        _own_service(service)
        if key in late:
            _delay(key, service, late[key])
    for kind in ("networks", "volumes"):
        for key, each in (made.get(kind) or {}).items():
            made[kind][key] = _own_thing(kind, key, each or {})
    return made


def _own_service(service: dict[str, Any]) -> None:
    service.pop("container_name", None)
    _mark(service)
    for port in service.get("ports") or []:
        port.pop("published", None)
        port["host_ip"] = "127.0.0.1"
    if build := service.get("build"):
        # its own name would take the name of the learner's image away
        service.pop("image", None)
        _mark(build)
        build.pop("tags", None)


def _own_thing(kind: str, key: str, thing: dict[str, Any]) -> dict[str, Any]:
    if thing.get("external"):
        raise CheckFailed(
            f"{kind} that the project makes itself",
            f"{key} is external",
            f"Remove `external:` from {key}, so that `docker compose up` is all that is needed.",
        )
    thing.pop("name", None)
    _mark(thing)
    return thing


def _mark(thing: dict[str, Any]) -> None:
    thing["labels"] = {**(thing.get("labels") or {}), **temporary.labels()}


def _delay(name: str, service: dict[str, Any], seconds: float) -> None:
    """Begin later: a shell waits, then becomes what the image would have started."""
    if service.get("entrypoint"):
        raise CheckFailed(
            f"{name} with the entrypoint of its image",
            "another one in the file",
            f"Remove `entrypoint:` from {name}.",
        )
    service["command"] = service.get("command") or [STARTS[_program(service)]]
    wait = f'sleep {seconds:g}; exec docker-entrypoint.sh "$$@"'
    service["entrypoint"] = ["sh", "-c", wait, "late"]


STARTS = {"postgres": "postgres", "redis": "redis-server"}
"""What the images of databases start, which is lost when their entrypoint is replaced."""


def _program(service: dict[str, Any]) -> str:
    return str(service.get("image", "")).partition(":")[0].rpartition("/")[2]
