"""Ports of the machine that lead into containers: those that are bound, and those asked for."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checker.checks.core.failure import CheckFailed, join_names


@dataclass(frozen=True)
class PublishedPort:
    """One address of the machine that leads to a port of the container.

    `address` is "" where the engine was asked for none; `port` is 0 where it may choose one.
    """

    address: str
    port: int
    container_port: int = 0
    protocol: str = "tcp"

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine reach it."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        where = self.address or "every address"
        if self.address and ipaddress.ip_address(self.address).is_unspecified:
            where = "every address"
        port = f"port {self.port}" if self.port else "a free port"
        kind = "" if self.protocol == "tcp" else f" ({self.protocol})"
        return f"{port}{kind} of {where}"


def list_bound_ports(attrs: Mapping[str, Any]) -> list[PublishedPort]:
    """List what is bound now for a container; nothing while it does not run.

    Args:
        attrs: What the engine says of the container.
    """
    return _read_port_map(attrs["NetworkSettings"].get("Ports"))


def list_requested_ports(attrs: Mapping[str, Any]) -> list[PublishedPort]:
    """List what starting a container would bind, with what `-P` adds for exposed ports.

    Args:
        attrs: What the engine says of the container.
    """
    host = attrs["HostConfig"]
    requested = dict(host.get("PortBindings") or {})
    if host.get("PublishAllPorts"):
        anywhere = [{"HostIp": "", "HostPort": ""}]
        for name in attrs["Config"].get("ExposedPorts") or {}:
            requested.setdefault(name, anywhere)
    return _read_port_map(requested)


def expect_only_published(
    name: str,
    found: Sequence[PublishedPort],
    attrs: Mapping[str, Any],
    as_port: int,
    port: int | None,
    next_step: str,
) -> None:
    """Expect the TCP port `as_port` of 127.0.0.1 to lead into a container, and no other machine.

    Raises:
        CheckFailed: It does not, or the container can be reached from the network.
    """
    is_there = any(
        (each.address, each.port, each.protocol) == ("127.0.0.1", as_port, "tcp")
        and port in (None, each.container_port)
        for each in found
    )
    is_open = any(not each.is_local for each in found)
    if is_there and not is_open:
        return
    option = f"-p 127.0.0.1:{as_port}:{port or 'PORT'}"
    step = f"A container keeps its ports: remove {name}, and run it again with {option}."
    if attrs["HostConfig"].get("PublishAllPorts"):
        step = f"-P publishes every exposed port on every address. {step[:-1]}, and without -P."
    elif is_open:
        step = f"Without 127.0.0.1: in front of it, a port is open to the whole network. {step}"
    elif not found:
        step = f"Neither EXPOSE nor --expose publishes a port. {step}"
    where = f"port {port} of {name}" if port else name
    # IPv4 and IPv6 are bound one by one, and are the same to people
    ways = join_names(dict.fromkeys(f"{x} to its port {x.container_port}" for x in found), "")
    raise CheckFailed(
        f"{where} published at 127.0.0.1:{as_port}, and at no address that others reach",
        f"published: {ways}" if ways else "no port of it is published",
        next_step or step,
    )


def _read_port_map(found: Mapping[str, Any] | None) -> list[PublishedPort]:
    """Read the engine's form: {"80/tcp": [{"HostIp": ..., "HostPort": ...}], "443/tcp": None}."""
    ports = []
    for name, addresses in (found or {}).items():
        port, _, protocol = name.partition("/")
        for each in addresses or ():
            number = int(each["HostPort"] or 0)
            ports.append(PublishedPort(each["HostIp"], number, int(port), protocol or "tcp"))
    return ports
