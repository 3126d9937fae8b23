"""The ports that the course uses on 127.0.0.1, and who has them now."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from checker.base import paths
from checker.base.loopback import is_free
from checker.orchestrators.ecs import emulator_process

SERVER = 8888


@dataclass(frozen=True)
class Port:
    """A port, and in words who has it; `ours` if that is the course itself."""

    number: int
    holder: str = ""
    ours: bool = False


def used_by_course() -> list[int]:
    """The server's port, and every port of 127.0.0.1 that a page or lab names."""
    files = [*paths.docs().rglob("*.md"), *paths.labs().glob("*/*/lab.md")]
    return sorted({SERVER, *(number for file in files for number in _numbers(file))})


def look(numbers: list[int]) -> list[Port]:
    """Who has each of these ports now; the holder is empty where it is free."""
    taken = [number for number in numbers if not is_free(number)]
    holders = _listeners() if taken else {}
    return [
        _port(number, holders.get(number)) if number in taken else Port(number)
        for number in numbers
    ]


def _port(number: int, process: psutil.Process | None) -> Port:
    if process is None:
        return Port(number, "a program of another user")
    with contextlib.suppress(psutil.Error):
        line = process.cmdline()
        ours = {"checker", "up"} <= set(line) or process.pid == emulator_process.pid()
        return Port(number, f"{process.name()} (process {process.pid})", ours)
    return Port(number, f"process {process.pid}")


def _listeners() -> dict[int, psutil.Process]:
    """The processes that listen, as far as this user may know them."""
    found: dict[int, psutil.Process] = {}
    with contextlib.suppress(psutil.Error):
        for each in psutil.net_connections("tcp"):
            if each.status == psutil.CONN_LISTEN and each.laddr and each.pid:
                with contextlib.suppress(psutil.Error):
                    found[each.laddr.port] = psutil.Process(each.pid)
    return found


def _numbers(file: Path) -> Iterator[int]:
    for match in re.finditer(r"127\.0\.0\.1:(\d{4,5})\b", file.read_text(errors="replace")):
        if int(match[1]) < 65536:
            yield int(match[1])
