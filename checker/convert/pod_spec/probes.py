"""A health check becomes probes.

On ECS one check does three things. While it has not passed, deployments and dependants wait;
during startPeriod its failures do not count; afterwards a task that fails is replaced. These are
the readiness, the startup and the liveness probe.
"""

from __future__ import annotations

import math

from checker.convert.tracked_input import Object, TrackedInput

INTERVAL, TIMEOUT, RETRIES = 30, 5, 3
"""Seconds, seconds and failures in a row: the defaults of ECS (HealthCheck of its API)."""
OFTEN = 5
"""Seconds between two looks at a container that starts."""
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def convert_health_check(container: TrackedInput, runs_once: bool) -> Object:
    """Convert a health check into probes; a container that runs once has none."""
    check = container.get_part("healthCheck")
    command = check.take("command", [])
    period = max(1, check.take("interval", INTERVAL))
    timeout = max(1, check.take("timeout", TIMEOUT))
    retries = max(1, check.take("retries", RETRIES))
    grace = check.take("startPeriod", 0)
    if not command or command[0] == "NONE" or not _find_exec_command(command):
        check.omit("command", "holds no command; there is no probe.")
        return {}
    probe: Object = {
        "exec": {"command": _find_exec_command(command)},
        "periodSeconds": period,
        "timeoutSeconds": timeout,
        "failureThreshold": retries,
    }
    if runs_once:
        check.warn("command", "left out: a container that runs once, before others, has no probes.")
        return {}
    check.warn(
        "command",
        "runs as readiness and as liveness probe. A check that needs a database must not be a "
        "liveness probe: Pods would restart for the database's fault. Separate them where it does.",
    )
    if command[0] not in ("CMD", "CMD-SHELL"):
        check.warn("command", "begins with neither CMD nor CMD-SHELL; taken as CMD.")
    probes = {"readinessProbe": probe, "livenessProbe": dict(probe)}
    if grace > 0:
        probes["startupProbe"] = make_startup_probe(probe, grace + retries * period)
    return probes


def make_startup_probe(probe: Object, seconds: int) -> Object:
    """Make the same probe for the start: asked more often, patient for a number of seconds."""
    period = min(OFTEN, probe["periodSeconds"])
    return {**probe, "periodSeconds": period, "failureThreshold": math.ceil(seconds / period)}


def _find_exec_command(command: list[str]) -> list[str]:
    if command[0] == "CMD-SHELL":
        return ["/bin/sh", "-c", *command[1:2]] if command[1:] else []
    return command[1:] if command[0] == "CMD" else command


def extend_startup_probe(container: Object, seconds: int, port: int) -> None:
    """Let a container behind a load balancer fail when it starts, for the service's grace period.

    The port is for one without a probe that says what to ask.
    """
    probe = container.get("readinessProbe")
    if probe is None or "exec" not in probe:
        probe = {"tcpSocket": {"port": port}, "periodSeconds": OFTEN, "failureThreshold": 1}
    known = container.get("startupProbe", {"periodSeconds": 0, "failureThreshold": 0})
    enough = max(
        seconds + probe["periodSeconds"] * probe["failureThreshold"],
        known["periodSeconds"] * known["failureThreshold"],
    )
    container["startupProbe"] = make_startup_probe(probe, enough)


def add_tcp_probe(container: Object, port: int) -> bool:
    """Give a container without probes one that opens a connection; tell whether it did."""
    if "readinessProbe" in container:
        return False
    container["readinessProbe"] = {"tcpSocket": {"port": port}, "periodSeconds": OFTEN}
    return True
