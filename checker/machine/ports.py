"""The ports that the course uses on 127.0.0.1, and who has them now."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

import psutil

from checker.base import paths
from checker.base.loopback import is_port_free
from checker.orchestrators.ecs import emulator_process

SERVER = 8888


@dataclass(frozen=True)
class Port:
    """A port, and in words who has it; `ours` if that is the course itself."""

    number: int
    holder: str = ""
    ours: bool = False


def list_course_ports() -> list[int]:
    """Return the server's port, and every port of 127.0.0.1 that a page or lab names."""
    found = {SERVER}
    for file in [*paths.docs().rglob("*.md"), *paths.labs().glob("*/*/lab.md")]:
        named = re.findall(r"127\.0\.0\.1:(\d{4,5})\b", file.read_text(errors="replace"))
        found |= {int(number) for number in named if int(number) < 65536}
    return sorted(found)


def inspect_ports(numbers: list[int]) -> list[Port]:
    """Tell who has each of these ports now; the holder is empty where it is free."""
    taken = [number for number in numbers if not is_port_free(number)]
    holders = find_listeners() if taken else {}
    return [
        _describe_port(number, holders.get(number)) if number in taken else Port(number)
        for number in numbers
    ]


def _describe_port(number: int, process: psutil.Process | None) -> Port:
    if process is None:
        return Port(number, "a program of another user")
    with contextlib.suppress(psutil.Error):
        line = process.cmdline()
        ours = {"checker", "up"} <= set(line) or process.pid == emulator_process.find_pid()
        return Port(number, f"{process.name()} (process {process.pid})", ours)
    return Port(number, f"process {process.pid}")


def find_listeners() -> dict[int, psutil.Process]:
    """Return the processes that listen, by port, as far as this user may know them."""
    found: dict[int, psutil.Process] = {}
    with contextlib.suppress(psutil.Error):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.pid:
                with contextlib.suppress(psutil.Error):
                    found[each.laddr.port] = psutil.Process(each.pid)
    return found
