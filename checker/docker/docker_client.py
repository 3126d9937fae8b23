"""The docker client with Compose and buildx: which is there, and whether it is good enough."""

from __future__ import annotations

import contextlib
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


def find_versions(env: Mapping[str, str]) -> dict[str, str]:
    """Return the version of each client tool; without those that are missing."""
    found = {name: probe_version(argv, env) for name, argv in PROBES.items()}
    return {name: version for name, version in found.items() if version}


def list_troubles(env: Mapping[str, str]) -> list[str]:
    """Return what is missing or too old, a line each."""
    found = find_versions(env)
    lines = []
    for name, least in MINIMUM.items():
        wanted = ".".join(map(str, least))
        if name not in found:
            lines.append(f"{name} is missing (at least {wanted} is needed)")
        elif parse_version(found[name]) < least:
            lines.append(f"{name} {found[name]} is too old (at least {wanted} is needed)")
    return lines


def is_client_good(env: Mapping[str, str]) -> bool:
    """Tell whether nothing is missing.

    That is remembered until the programs change, since probes cost 0.2 s.
    """
    stamp = paths.cache() / "engines" / "client-is-good.json"
    key = identify_client(env)
    with contextlib.suppress(OSError, ValueError):
        if key and json.loads(stamp.read_text()) == key:
            return True
    if list_troubles(env):
        return False
    paths.write_atomically(stamp, json.dumps(identify_client(env)))
    return True


def client_root() -> Path:
    """Return where the docker client is that the course fetched, if it did."""
    return paths.cache() / "engines" / "docker-client"


def programs_folder() -> Path:
    """Return where `docker` is in what the course fetched; it need not be there."""
    return client_root() / "usr/bin"


def parse_version(version: str) -> tuple[int, int]:
    """Return the first two numbers of a version; (0, 0) where there are none."""
    found = re.search(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def find_program(program: str, *folders: Path) -> str | None:
    """Return where a program is: in `folders`, on PATH, or where only root's PATH leads."""
    path = [*map(str, folders), os.environ.get("PATH", os.defpath), *ROOT_FOLDERS]
    return shutil.which(program, path=os.pathsep.join(path))


def list_missing_packages(programs: tuple[str, ...]) -> list[str]:
    """Return the packages of those programs that are not there."""
    return [PACKAGES[each] for each in programs if not find_program(each)]


def probe_version(argv: tuple[str, ...], env: Mapping[str, str]) -> str:
    """Return the version that a client tool tells; empty where it is missing."""
    try:
        done = process.run(argv, timeout=PROBE_SECONDS, env=env, check=False)
    except process.CommandFailed:
        return ""
    found = re.search(r"\d+\.\d+\S*", done.output) if done.status == 0 else None
    return found[0].rstrip(",") if found else ""


def identify_client(env: Mapping[str, str]) -> list[object]:
    """Return what changes when another docker is found, or when plugins come or go."""
    docker = shutil.which("docker", path=env.get("PATH"))
    if not docker:
        return []
    seen = [Path(docker), Path.home() / ".docker/cli-plugins", *map(Path, PLUGIN_FOLDERS)]
    return [[str(each), each.stat().st_mtime_ns if each.exists() else 0] for each in seen]


PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where the client looks for plugins on its own: docker/cli, cli-plugins/manager."""
