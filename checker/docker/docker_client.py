"""The docker client with Compose and buildx: which is there, and whether it is good enough."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from checker.base import paths, process

PROBE_SECONDS = 20.0
ENGINE_MINIMUM = (24, 0)
MINIMUM = {"docker": (24, 0), "compose": (2, 20), "buildx": (0, 11)}
PROBES = {
    "docker": ("docker", "--version"),
    "compose": ("docker", "compose", "version", "--short"),
    "buildx": ("docker", "buildx", "version"),
}
ROOT_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
PACKAGES = {"runc": "runc", "iptables": "iptables", "ps": "procps", "curl": "curl"}
"""Programs that the engine or the pages call, and Debian's and Ubuntu's package of each.

`ps` is what `docker top` runs; whoever has an engine from elsewhere needs only the last two.
"""


def versions(env: Mapping[str, str]) -> dict[str, str]:
    """The version of each client tool; without those that are missing."""
    found = {name: _version(argv, env) for name, argv in PROBES.items()}
    return {name: version for name, version in found.items() if version}


def troubles(env: Mapping[str, str]) -> list[str]:
    """What is missing or too old, a line each."""
    found = versions(env)
    lines = []
    for name, least in MINIMUM.items():
        wanted = ".".join(map(str, least))
        if name not in found:
            lines.append(f"{name} is missing (at least {wanted} is needed)")
        elif number(found[name]) < least:
            lines.append(f"{name} {found[name]} is too old (at least {wanted} is needed)")
    return lines


def are_good(env: Mapping[str, str]) -> bool:
    """Whether nothing is missing; remembered until the programs change, since probes cost 0.2 s."""
    stamp = paths.cache() / "engines" / "client-is-good.json"
    key = _identity(env)
    try:
        if key and json.loads(stamp.read_text()) == key:
            return True
    except (OSError, ValueError):
        pass
    if troubles(env):
        return False
    paths.write_atomically(stamp, json.dumps(_identity(env)))
    return True


def cluster_folder() -> Path:
    """Where kubectl and kind are, once a page or lab needed a cluster."""
    return paths.cache() / "engines" / "kubernetes"


def number(version: str) -> tuple[int, int]:
    """The first two numbers of a version; (0, 0) where there are none."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find(program: str, *folders: Path) -> str | None:
    """Where a program is: in `folders`, on PATH, or where only root's PATH leads."""
    path = [*map(str, folders), os.environ.get("PATH", os.defpath), *ROOT_FOLDERS]
    return shutil.which(program, path=os.pathsep.join(path))


def missing_packages(programs: tuple[str, ...]) -> list[str]:
    """The packages of those programs that are not there."""
    return [PACKAGES[each] for each in programs if not find(each)]


def _version(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    try:
        done = process.run(argv, timeout=PROBE_SECONDS, env=env, check=False)
    except process.CommandFailed:
        return ""
    found = re.search(r"\d+\.\d+\S*", done.output) if done.status == 0 else None
    return found[0].rstrip(",") if found else ""


def _identity(env: Mapping[str, str]) -> list[object]:
    """What changes when another docker is found, or when plugins come or go."""
    docker = shutil.which("docker", path=env.get("PATH"))
    folders = [Path.home() / ".docker/cli-plugins", *(Path(each) for each in PLUGIN_FOLDERS)]
    seen = [docker, *map(str, folders)] if docker else []
    return [[each, _changed(Path(str(each)))] for each in seen]


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where the client looks for plugins on its own: docker/cli, cli-plugins/manager."""
