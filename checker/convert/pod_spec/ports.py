"""The ports that a container listens on."""

from __future__ import annotations

import re

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Given, Object, written

RANGE = re.compile(r"(\d{1,5})-(\d{1,5})", re.A)
MOST_PORTS = 20
LAST_PORT = 65535
APP_PROTOCOLS = {"http": "http", "http2": "kubernetes.io/h2c", "grpc": "kubernetes.io/h2c"}


def of(given: Given, draft: Draft) -> list[Object]:
    """The ports that the container listens on, with names that are used once in the Pod.

    Raises:
        CourseError: A port is none, or a range that has no end.
    """
    made: list[Object] = []
    for mapping in given.parts("portMappings"):
        protocol = str(mapping.take("protocol", "tcp")).upper()
        wanted = mapping.take("name")
        found = numbers(mapping)
        for number in found:
            port: Object = {"containerPort": number, "protocol": protocol}
            if wanted and len(found) == 1:
                port["name"] = names.label(wanted, names.LONGEST_PORT)
                if port["name"] != wanted:
                    mapping.warn("name", f"is {port['name']} here: a name of a port is short.")
            made.append(port)
            _one_owner(mapping, given.value["name"], number, protocol, draft)
        _host_port(mapping, draft)
    return made


def _one_owner(given: Given, name: str, number: int, protocol: str, draft: Draft) -> None:
    owner = draft.ports.setdefault((number, protocol), name)
    if owner != name:
        given.warn(
            "containerPort",
            f"{owner} has the port {number} as well, and containers of a Pod share one address: "
            "let one of them listen on another port.",
        )


def numbers(mapping: Given) -> list[int]:
    """The ports that a mapping is for: one, or a range.

    Raises:
        CourseError: It is for none.
    """
    span = mapping.take("containerPortRange")
    number = mapping.take("containerPort")
    if span:
        found = RANGE.fullmatch(span)
        first, last = (int(found[1]), int(found[2])) if found else (0, -1)
        if not 1 <= first <= last <= LAST_PORT:
            raise CourseError(
                f"{written(mapping.path)}.containerPortRange is no range.",
                expected="two ports, as in 8000-8010",
                found=ascii(span),
            )
        if last - first >= MOST_PORTS:
            mapping.warn(
                "containerPortRange",
                f"a Service has no ranges; only the first {MOST_PORTS} ports are listed.",
            )
        return list(range(first, min(last, first + MOST_PORTS - 1) + 1))
    if number is None or not 1 <= number <= LAST_PORT:
        raise CourseError(
            f"{written(mapping.path)} has no port.",
            expected=f"containerPort from 1 to {LAST_PORT}, or containerPortRange",
            found="" if number is None else str(number),
        )
    return [number]


def _host_port(mapping: Given, draft: Draft) -> None:
    """A fixed port of the host becomes the Service's; a dynamic one is not needed at all."""
    host, port = mapping.take("hostPort"), mapping.value.get("containerPort")
    if host is not None and not 0 <= host <= LAST_PORT:
        raise CourseError("A hostPort is none.", expected=f"0 to {LAST_PORT}", found=str(host))
    if draft.network in ("awsvpc", "host") and host not in (None, 0, port):
        raise CourseError(
            f"hostPort {host} differs from containerPort {port}.",
            expected=f"the same number, since networkMode is {draft.network}",
            next_step="ECS refuses this as well.",
        )
    if draft.network == "bridge" and host:
        mapping.warn(
            "hostPort",
            f"no port of a node is taken, so that two Pods can share a node; the Service listens "
            f"on {host}, and passes on to {port}.",
        )
