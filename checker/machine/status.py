"""`./course status`: the facts, for people or as one JSON object."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from checker.base import console
from checker.docker import daemon
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts

GIB = 1024**3


def show_status(as_json: bool) -> int:
    """Print what this machine has.

    Returns:
        0: an engine that is away is a fact as well; `doctor` judges.
    """
    found = machine_facts.gather_facts()
    if as_json:
        print(json.dumps(describe_facts(found), indent=2))
    else:
        print_facts(found)
    return 0


def describe_facts(facts: Facts) -> dict[str, Any]:
    """Return the JSON object of `status --json`; sizes are in bytes."""
    answer = facts.answer
    return {
        "schema": 1,
        "gateway": answer.host,
        "engines": [
            {
                "name": answer.name,
                "running": answer.state == "running",
                "version": answer.version,
                "host": answer.host,
                "detail": answer.detail,
                "started_by_course": daemon.find_pid() is not None,
            },
            *(
                {**asdict(each), "started_by_course": each.running}
                for each in facts.orchestrators.values()
            ),
        ],
        "versions": facts.versions,
        "disk": facts.disk,
        "memory": facts.memory,
        "ports": [{**asdict(port), "free": not port.holder} for port in facts.ports],
        "image_sources": facts.image_sources,
    }


def print_facts(facts: Facts) -> None:
    """Print a line for each fact."""
    answer = facts.answer
    running = f"running, {answer.version}" if answer.state == "running" else answer.detail
    lines = {**facts.versions, "engine": f"{answer.name}: {running}", "gateway": answer.host}
    for name, each in facts.orchestrators.items():
        lines[name] = f"{each.version} {each.detail}".strip()
    for name, disk in facts.disk.items():
        lines[f"disk ({name})"] = f"{format_gib(disk['free'])} free at {disk['path']}"
    total, available = (format_gib(facts.memory[part]) for part in ("total", "available"))
    lines["memory"] = f"{total}, {available} available"
    taken = [f"{port.number}: {port.holder}" for port in facts.ports if port.holder]
    lines["ports taken"] = "; ".join(taken) or f"none of the course's {len(facts.ports)}"
    registry, images = facts.image_sources["registry"], facts.image_sources["images"]
    lines["registry"] = "in reach" if registry["reachable"] else f"away ({registry['detail']})"
    counts = sorted(Counter(images.values()).items())
    lines["images"] = ", ".join(f"{n} {source}" for source, n in counts) or "no engine to ask"
    for name, value in lines.items():
        console.out.print(f"{name:14} {value}", markup=False)


def format_gib(size: int) -> str:
    """Write bytes as GiB, for people."""
    return f"{size / GIB:.1f} GiB"
