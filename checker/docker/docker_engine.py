"""The Docker Engine: found, or installed and started."""

from __future__ import annotations

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import current_settings
from checker.docker import connection, daemon, docker_client, endpoint, install

WAITING = "Another course command is preparing Docker; waiting for it ..."


def ensure_engine() -> None:
    """Find a good engine, or install and start one; idempotent, safe when two call at once.

    It asks before it installs where there is a terminal and the settings do not say yes.

    Raises:
        CouldNotFindOut: There is none, and none could be had.
    """
    connection.write_configuration()
    if is_ready():
        return
    with paths.lock("docker", WAITING, paths.cache() / "engines"):
        if not is_ready():
            found = require_usable(endpoint.find_engine())
            client_is_good = docker_client.is_client_good(connection.cli_environment())
            steps = install.plan_steps(found.state != "running", client_is_good)
            install.carry_out_steps(steps, current_settings().may_install)
            found = require_usable(endpoint.find_engine())
            if found.state != "running":
                raise connection.explain_absence(found)
            if lines := docker_client.list_troubles(connection.cli_environment()):
                raise CouldNotFindOut(
                    "The docker client is not good enough.",
                    found="; ".join(lines),
                    next_step="Install Docker's own packages docker-compose-plugin and "
                    "docker-buildx-plugin, or see ./course doctor.",
                )


def ensure_programs() -> None:
    """Have all that engines need which are started by hand, without starting one.

    Raises:
        CouldNotFindOut: Something cannot be installed.
    """
    connection.write_configuration()
    with paths.lock("docker", WAITING, paths.cache() / "engines"):
        client_is_good = docker_client.is_client_good(connection.cli_environment())
        if steps := install.plan_programs(client_is_good):
            install.carry_out_steps(steps, current_settings().may_install)


def stop_engine() -> None:
    """End the engine that the course started; one from elsewhere is left alone."""
    daemon.stop_daemon()


def require_usable(found: endpoint.Answer) -> endpoint.Answer:
    """Return the same answer, where the course can work with it or put its own engine there.

    Raises:
        CouldNotFindOut: It is too old, not Docker, closed to this user, or chosen and away.
    """
    if found.state == "forbidden":
        raise connection.explain_absence(found)
    if found.state == "away" and (chosen := endpoint.chosen_host()):
        raise CouldNotFindOut(
            "DOCKER_HOST names an engine that does not answer.",
            found=f"{chosen}: {found.detail}",
            next_step="Start that engine, or type: unset DOCKER_HOST",
        )
    if found.state == "running" and not is_supported(found):
        raise CouldNotFindOut(
            "The engine is not one that the course can use.",
            expected=f"Docker Engine {'.'.join(map(str, docker_client.ENGINE_MINIMUM))} or newer",
            found=f"{found.name} {found.version} at {found.host}",
            next_step="Update it, or stop it and run this again: the course then brings its own.",
        )
    return found


def is_supported(found: endpoint.Answer) -> bool:
    """Tell whether an engine that answers is Docker's and new enough."""
    minimum = docker_client.ENGINE_MINIMUM
    return found.name == "docker" and docker_client.parse_version(found.version) >= minimum


def is_ready() -> bool:
    """Tell whether a good engine answers, and this machine has a client that is good enough."""
    found = endpoint.find_engine()
    return (
        found.state == "running"
        and is_supported(found)
        and not docker_client.list_missing_packages(install.HOST_PROGRAMS)
        and docker_client.is_client_good(connection.cli_environment())
    )
