"""kubectl and kind for this machine, in a folder that course shells have on their PATH."""

from __future__ import annotations

import contextlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from checker.base import process
from checker.docker import docker_client, docker_engine
from checker.images import catalogue, golang, store
from checker.orchestrators.kind.cluster_nodes import IMAGE

RECIPE = golang.RECIPES / "kindest-node"
NAMES = {"kind": "kind", "kubernetes": "kubectl"}
"""Each program of the recipe that people call, and by which name."""

INSIDE = {"kind": "/usr/local/bin/kind", "kubernetes": "/usr/local/lib/kubernetes/kubernetes"}
"""Where a node image that the course built holds the same programs."""

COPY_SECONDS = 120.0


def ensure(progress: golang.Progress) -> None:
    """Take what is missing out of the node image, or compile it, and give it its names.

    Raises:
        CouldNotFindOut: It cannot be compiled here.
    """
    system = "darwin" if sys.platform == "darwin" else "linux"
    wanted = {golang.find(RECIPE, name): link for name, link in NAMES.items()}
    own = {replace(program, system=system): link for program, link in wanted.items()}
    if system == "linux":
        _copy_from_node([program for program in own if not program.file.exists()])
    golang.compile_all(list(own), progress)
    folder = docker_client.cluster_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for program, name in own.items():
        _point(folder / name, program.file)


def _copy_from_node(missing: list[golang.Program]) -> None:
    """An image from an offline kit brings them; one from a registry does not, nor from a kit of
    another version of the course.
    """
    if not missing or not _has_current_image():
        return
    with contextlib.suppress(process.CommandFailed):
        container = _docker("create", "--label", "course.owner=images", IMAGE)
        try:
            for program in missing:
                _copy(container, program)
        finally:
            _docker("rm", container)


def _has_current_image() -> bool:
    with contextlib.closing(docker_engine.client()) as client:
        return store.look(client, catalogue.find(IMAGE)).source == "rebuilt"


def _copy(container: str, program: golang.Program) -> None:
    new = program.folder.with_name(f"{program.folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    _docker("cp", f"{container}:{INSIDE[program.name]}", str(new / program.name))
    new.replace(program.folder)


def _docker(*words: str) -> str:
    command = ["docker", *words]
    return process.run(
        command, timeout=COPY_SECONDS, env=docker_engine.environment()
    ).output.strip()


def _point(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
