"""The ports that a container listens on."""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Object, TrackedInput, format_path

RANGE = re.compile(r"(\d{1,5})-(\d{1,5})", re.A)
MOST_PORTS = 20
LAST_PORT = 65535
APP_PROTOCOLS = {"http": "http", "http2": "kubernetes.io/h2c", "grpc": "kubernetes.io/h2c"}


def convert_ports(container: TrackedInput, draft: Draft) -> list[Object]:
    """Convert the ports that a container listens on, with names that Kubernetes takes.

    Raises:
        CourseError: A port is none, or a range that has no end.
    """
    ports: list[Object] = []
    for mapping in container.get_parts("portMappings"):
        protocol = str(mapping.take("protocol", "tcp")).upper()
        wanted = mapping.take("name")
        found = list_port_numbers(mapping)
        for number in found:
            port: Object = {"containerPort": number, "protocol": protocol}
            if wanted and len(found) == 1:
                port["name"] = names.make_label(wanted, names.LONGEST_PORT)
                if port["name"] != wanted:
                    mapping.warn("name", f"is {port['name']} here: a name of a port is short.")
            ports.append(port)
            name = container.value["name"]
            owner = draft.ports.setdefault((number, protocol), name)
            if owner != name:
                mapping.warn(
                    "containerPort",
                    f"{owner} has the port {number} as well, and containers of a Pod share one "
                    "address: let one of them listen on another port.",
                )
        convert_host_port(mapping, draft)
    return ports


def list_port_numbers(mapping: TrackedInput) -> list[int]:
    """List the ports that a mapping is for: one, or a range.

    Raises:
        CourseError: It is for none.
    """
    span = mapping.take("containerPortRange")
    number = mapping.take("containerPort")
    if span:
        found = RANGE.fullmatch(span)
        first, last = (int(found[1]), int(found[2])) if found else (0, -1)
        if not 1 <= first <= last <= LAST_PORT:
            message = f"{format_path(mapping.path)}.containerPortRange is not a range."
            raise CourseError(message, expected="two ports, as in 8000-8010", found=ascii(span))
        if last - first >= MOST_PORTS:
            mapping.warn(
                "containerPortRange",
                f"a Service has no ranges; only the first {MOST_PORTS} ports are listed.",
            )
        return list(range(first, min(last, first + MOST_PORTS - 1) + 1))
    if number is None or not 1 <= number <= LAST_PORT:
        message = f"{format_path(mapping.path)} has no port."
        expected = f"containerPort from 1 to {LAST_PORT}, or containerPortRange"
        raise CourseError(message, expected=expected, found="" if number is None else str(number))
    return [number]


def convert_host_port(mapping: TrackedInput, draft: Draft) -> None:
    """Warn of a fixed port of the host, which becomes the Service's; none needs a dynamic one."""
    host, port = mapping.take("hostPort"), mapping.value.get("containerPort")
    if host is not None and not 0 <= host <= LAST_PORT:
        raise CourseError("A hostPort is none.", expected=f"0 to {LAST_PORT}", found=str(host))
    if draft.network_mode in ("awsvpc", "host") and host not in (None, 0, port):
        message = f"hostPort {host} differs from containerPort {port}."
        expected = f"the same number, since networkMode is {draft.network_mode}"
        raise CourseError(message, expected=expected, next_step="ECS refuses this as well.")
    if draft.network_mode == "bridge" and host:
        mapping.warn(
            "hostPort",
            f"no port of a node is taken, so that two Pods can share a node; the Service listens "
            f"on {host}, and passes on to {port}.",
        )
