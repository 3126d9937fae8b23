"""`./course status`: the facts, for people or as one JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from checker.base import console
from checker.docker import daemon
from checker.docker.docker_engine import EngineStatus
from checker.machine import facts as machine_facts
from checker.machine.facts import Facts

GIB = 1024**3


def show_status(as_json: bool) -> int:
    """Print what this machine has.

    Returns:
        0: an engine that is away is a fact as well; `doctor` judges.
    """
    found = machine_facts.gather()
    if as_json:
        print(json.dumps(as_object(found), indent=2))
    else:
        _print(found)
    return 0


def as_object(facts: Facts) -> dict[str, Any]:
    """The JSON object of `status --json`; sizes are in bytes."""
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
                "started_by_course": daemon.pid() is not None,
            },
            *(
                {**asdict(each), "started_by_course": each.running}
                for each in _others(facts).values()
            ),
        ],
        "versions": facts.versions,
        "disk": facts.disk,
        "memory": facts.memory,
        "ports": [{**asdict(port), "free": not port.holder} for port in facts.ports],
        "image_sources": facts.image_sources,
    }


def _others(facts: Facts) -> dict[str, EngineStatus]:
    """The engines beside Docker, which the course alone starts, by the words of their lines."""
    found = {"cluster": facts.cluster, "swarm": facts.swarm, "ecs": facts.ecs}
    return {name: each for name, each in found.items() if each}


def _print(facts: Facts) -> None:
    answer = facts.answer
    running = f"running, {answer.version}" if answer.state == "running" else answer.detail
    lines = {**facts.versions, "engine": f"{answer.name}: {running}", "gateway": answer.host}
    for name, each in _others(facts).items():
        lines[name] = f"{each.version} {each.detail}".strip()
    for name, disk in facts.disk.items():
        lines[f"disk ({name})"] = f"{gib(disk['free'])} free at {disk['path']}"
    lines["memory"] = f"{gib(facts.memory['total'])}, {gib(facts.memory['available'])} available"
    taken = [f"{port.number}: {port.holder}" for port in facts.ports if port.holder]
    lines["ports taken"] = "; ".join(taken) or f"none of the course's {len(facts.ports)}"
    registry, images = facts.image_sources["registry"], facts.image_sources["images"]
    lines["registry"] = "in reach" if registry["reachable"] else f"away ({registry['detail']})"
    lines["images"] = _count(list(images.values())) or "no engine to ask"
    for name, value in lines.items():
        console.out.print(f"{name:14} {value}", markup=False)


def _count(sources: list[str]) -> str:
    counts = {source: sources.count(source) for source in sorted(set(sources))}
    return ", ".join(f"{number} {source}" for source, number in counts.items())


def gib(size: int) -> str:
    """Bytes as GiB, for people."""
    return f"{size / GIB:.1f} GiB"
