"""A lane's way out: a pair of interfaces, and this machine passes on what comes through it.

Addresses are of 198.18.0.0/15, which RFC 2544 keeps for measurements: no network has them.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from checker.base import process
from checker.base.process import CommandFailed
from checker.docker import install

COMMAND_SECONDS = 20.0
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
PREFIX = "course-lane"


def connect(number: int, first: int) -> None:
    """Connect the namespaces whose first process is `first`, as lane `number`.

    Raises:
        CommandFailed: An interface or a rule could not be made.
    """
    disconnect(number)
    name, (outside, inside) = f"{PREFIX}{number}", addresses(number)
    enter = ["nsenter", "--target", str(first), "--net", "--"]
    for command in (
        ["ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", str(first)],
        ["ip", "addr", "add", f"{outside}/30", "dev", name],
        ["ip", "link", "set", name, "up"],
        [*enter, "ip", "addr", "add", f"{inside}/30", "dev", "eth0"],
        [*enter, "ip", "link", "set", "eth0", "up"],
        [*enter, "ip", "route", "add", "default", "via", outside],
        *(["iptables", "--wait", *table, how, *rule] for table, how, rule in _list_rules(number)),
    ):
        _run(command)
    if FORWARD.read_text().strip() != "1":
        FORWARD.write_text("1")


def disconnect(number: int) -> None:
    """Remove the interface and the rules of a lane, where they are."""
    with contextlib.suppress(CommandFailed):
        _run(["ip", "link", "delete", f"{PREFIX}{number}"])
    for table, _, rule in _list_rules(number):
        with contextlib.suppress(CommandFailed):
            _run(["iptables", "--wait", *table, "--delete", *rule])


def find_left() -> set[int]:
    """Return the numbers of lanes of which an interface or a rule is there."""
    said = _run(["ip", "-oneline", "link"], check=False)
    for table in ("nat", "filter"):
        said += _run(["iptables", "--wait", "--table", table, "--list-rules"], check=False)
    return {int(number) for number in re.findall(rf"\b{PREFIX}(\d+)\b", said)}


def _run(command: list[str], check: bool = True) -> str:
    # both programs are where only root's own PATH leads
    env = {**os.environ, "PATH": install.build_engine_path()}
    return process.run(command, timeout=COMMAND_SECONDS, env=env, check=check).output


def addresses(number: int) -> tuple[str, str]:
    """Return the addresses of a lane's two ends: on this machine, and inside."""
    base = 4 * number
    first, second = (f"198.18.{each // 256}.{each % 256}" for each in (base + 1, base + 2))
    return first, second


def _list_rules(number: int) -> Iterator[tuple[list[str], str, list[str]]]:
    """Yield each rule, which bears the lane's name: its table, how it is added, and itself."""
    name, (_, inside) = f"{PREFIX}{number}", addresses(number)
    mark = ["--match", "comment", "--comment", name]
    nat = ["POSTROUTING", "--source", inside, *mark, "--jump", "MASQUERADE"]
    yield ["--table", "nat"], "--append", nat
    # before those of an engine here, which passes on nothing but its own
    for way in ("--in-interface", "--out-interface"):
        yield [], "--insert", ["FORWARD", way, name, *mark, "--jump", "ACCEPT"]
