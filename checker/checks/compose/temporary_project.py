"""What Compose said of a learner's file, changed so that it can run next to whatever runs."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from checker.checks.core.failure import CheckFailed
from checker.checks.docker import temporary

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - of a container that is the check's own
START_GATE = f"{SHARED_MEMORY}/course-start"
"""A held program begins once this file is there; /dev/shm can be written in every container."""

FIRST_START = f"{SHARED_MEMORY}/course-first-start"
"""Postgres makes it when its first start has come to the server that serves itself alone."""

SERVED_GATE = f"{SHARED_MEMORY}/course-served"
"""Postgres ends that server once this file is there."""

# The image starts Postgres for itself, runs its scripts, and stops it with pg_ctl: a function of
# that name, which Bash takes from the environment, stretches the moment for as long as a check
# wants. Another image's program never asks for it.
HOLD = f"""until [ -e {START_GATE} ]; do sleep 0.1; done
exec env 'BASH_FUNC_pg_ctl%%=() {{ case " $* " in *" stop "*)
: > {FIRST_START}; until [ -e {SERVED_GATE} ]; do sleep 0.1; done;; esac
command pg_ctl "$@"
}}' "$@"
"""

DATA_FOLDERS = {
    "postgres": ("/var/lib/postgresql", "/var/lib/postgresql/data"),
    "redis": ("/data",),
}
"""Where the images of databases keep their data."""

PROBE_SECONDS = 1.0
"""How often a database that is held is asked for its health; a learner may ask more seldom."""

DURATION = re.compile(r"([\d.]+)(h|ms|us|µs|ns|m|s)")
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def rename_project(config: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the same project under another name, that claims nothing which may be somebody else's.

    Args:
        config: As `docker compose config --format json` prints it; it is not changed.
        name: The other name.

    Raises:
        CheckFailed: It needs what somebody else has to make.
    """
    project: dict[str, Any] = json.loads(json.dumps(config))
    project["name"] = name
    for service in (project.get("services") or {}).values():
        isolate_service(service)
    for kind in ("networks", "volumes"):
        for key, each in (project.get(kind) or {}).items():
            project[kind][key] = isolate_object(kind, key, each or {})
    return project


def isolate_service(service: dict[str, Any]) -> None:
    """Take from a service its name, its ports of the machine, and the name of what it builds."""
    service.pop("container_name", None)
    # Compose has chosen already; without COMPOSE_PROFILES it would choose again, and otherwise
    service.pop("profiles", None)
    _add_labels(service)
    for port in service.get("ports") or []:
        port.pop("published", None)
        port["host_ip"] = "127.0.0.1"
    # two servers on one folder would destroy the learner's data
    program = get_program(service)
    for mount in service.get("volumes") or []:
        if mount.get("type") == "bind" and mount.get("target") in DATA_FOLDERS.get(program, ()):
            target = mount["target"]
            mount.clear()
            mount.update(type="volume", target=target)
    if build := service.get("build"):
        # its own name would take the name of the learner's image away
        service.pop("image", None)
        _add_labels(build)
        build.pop("tags", None)


def get_program(service: dict[str, Any]) -> str:
    """Return the last part of an image's name, such as "postgres"."""
    name = str(service.get("image") or "").partition("@")[0]
    return name.rpartition("/")[2].partition(":")[0]


def isolate_object(kind: str, key: str, attrs: dict[str, Any]) -> dict[str, Any]:
    """Take the name from a network or a volume, and return it.

    Raises:
        CheckFailed: Somebody else has to make it.
    """
    if attrs.get("external"):
        step = f"Remove `external:` from {key}, so that `docker compose up` is all that is needed."
        raise CheckFailed(f"{kind} that the project makes itself", f"{key} is external", step)
    attrs.pop("name", None)
    # a volume that is a folder of the learner's in disguise
    if "device" in (attrs.get("driver_opts") or {}):
        attrs.pop("driver_opts")
    _add_labels(attrs)
    return attrs


def _add_labels(attrs: dict[str, Any]) -> None:
    attrs["labels"] = {**(attrs.get("labels") or {}), **temporary.make_labels()}


def hold_service(service: dict[str, Any], image: dict[str, Any]) -> None:
    """Let the program of a service begin only when the check says so.

    Args:
        service: Is changed.
        image: The `Config` of its image, as `docker image inspect` prints it.
    """

    def escape(words: list[str] | None) -> list[str]:
        return [word.replace("$", "$$") for word in words or []]

    entrypoint, command = service.get("entrypoint"), service.get("command")
    if entrypoint is None:
        entrypoint = escape(image.get("Entrypoint"))
        command = escape(image.get("Cmd")) if command is None else command
    hold = ["sh", "-c", *escape([HOLD]), "held"]
    service["entrypoint"] = [*hold, *entrypoint, *(command or [])]
    service["command"] = []
    if check := service.get("healthcheck"):
        quicken_health_check(check)


def quicken_health_check(check: dict[str, Any]) -> None:
    """Ask each second, and as often as it takes to be patient for as long as before."""
    interval = parse_duration(check.get("interval") or "30s")
    patience = parse_duration(check.pop("start_period", None) or "0s")
    patience += interval * int(check.get("retries") or 3)
    check.pop("start_interval", None)
    quick = min(interval, PROBE_SECONDS) or PROBE_SECONDS
    check["interval"] = f"{quick * 1000:.0f}ms"
    check["retries"] = max(math.ceil(patience / quick), 1)


def parse_duration(text: str) -> float:
    """Return the seconds of a duration as Compose prints it, such as 1m30s."""
    return sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(str(text)))
