"""A health check becomes probes.

On ECS one check does three things. While it has not passed, deployments and dependants wait;
during startPeriod its failures do not count; afterwards a task that fails is replaced. These are
the readiness, the startup and the liveness probe.
"""

from __future__ import annotations

import math

from checker.convert.tracked_input import Given, Object

INTERVAL, TIMEOUT, RETRIES = 30, 5, 3
"""Seconds, seconds and failures in a row: the defaults of ECS (HealthCheck of its API)."""
OFTEN = 5
"""Seconds between two looks at a container that starts."""
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def of(given: Given, ends: bool) -> Object:
    """The probes of a container; none where it has no health check.

    Args:
        ends: Whether it runs once, before others: then it has none either.
    """
    check = given.part("healthCheck")
    command = check.take("command", [])
    period = max(1, check.take("interval", INTERVAL))
    timeout = max(1, check.take("timeout", TIMEOUT))
    retries = max(1, check.take("retries", RETRIES))
    grace = check.take("startPeriod", 0)
    if not command or command[0] == "NONE" or not _exec(command):
        check.leave("command", "holds no command; there is no probe.")
        return {}
    probe: Object = {
        "exec": {"command": _exec(command)},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": retries,
    }
    if ends:
        check.warn("command", "left out: a container that runs once, before others, has no probes.")
        return {}
    _explain(check, command)
    made = {"readinessProbe": probe, "livenessProbe": dict(probe)}
    if grace > 0:
        made["startupProbe"] = startup(probe, grace + retries * period)
    return made


def startup(probe: Object, seconds: int) -> Object:
    """The same probe for the start: asked more often, patient for so many seconds."""
    period = min(OFTEN, probe["periodSeconds"])
    return {**probe, "periodSeconds": period, "failureThreshold": math.ceil(seconds / period)}


def _exec(command: list[str]) -> list[str]:
    if command[0] == "CMD-SHELL":
        return ["/bin/sh", "-c", *command[1:2]] if command[1:] else []
    return command[1:] if command[0] == "CMD" else command


def _explain(check: Given, command: list[str]) -> None:
    check.warn(
        "command",
        "runs as readiness and as liveness probe. A check that needs a database must not be a "
        "liveness probe: Pods would restart for the database's fault. Part them where it does.",
    )
    if command[0] not in ("CMD", "CMD-SHELL"):
        check.warn("command", "begins with neither CMD nor CMD-SHELL; taken as CMD.")


def slower_start(container: Object, seconds: int, port: int | None) -> None:
    """Let a container behind a load balancer fail for so long when it starts.

    Args:
        seconds: The grace period of the service.
        port: Where to knock if the container has no probe yet.
    """
    probe = container.get("readinessProbe")
    if probe is None or "exec" not in probe:
        probe = {"tcpSocket": {"port": port}, "periodSeconds": OFTEN, "failureThreshold": 1}
    known = container.get("startupProbe", {"periodSeconds": 0, "failureThreshold": 0})
    enough = max(
        seconds + probe["periodSeconds"] * probe["failureThreshold"],
        known["periodSeconds"] * known["failureThreshold"],
    )
    container["startupProbe"] = startup(probe, enough)


def knock(container: Object, port: int) -> bool:
    """Give a container without probes one that opens a connection; tells whether it did."""
    if "readinessProbe" in container:
        return False
    container["readinessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": OFTEN}
    return True
