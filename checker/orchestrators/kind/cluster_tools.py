"""kubectl and kind for this machine, in a folder that course shells have on their PATH."""

from __future__ import annotations

import contextlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from checker.base import paths, process
from checker.docker import connection
from checker.docker.labels import OWNER
from checker.images import catalogue, golang, store
from checker.orchestrators.kind import cluster_files
from checker.orchestrators.kind.cluster_nodes import IMAGE

RECIPE = golang.RECIPES / "kindest-node"
NAMES = {"kind": "kind", "kubernetes": "kubectl"}
"""Each program of the recipe that people call, and by which name."""

INSIDE = {"kind": "/usr/local/bin/kind", "kubernetes": "/usr/local/lib/kubernetes/kubernetes"}
"""Where a node image that the course built holds the same programs."""

COPY_SECONDS = 120.0


def ensure_tools(progress: golang.Progress) -> None:
    """Take what is missing out of the node image, or compile it, and give it its names.

    Raises:
        CouldNotFindOut: It cannot be compiled here.
    """
    system = "darwin" if sys.platform == "darwin" else "linux"
    wanted = {golang.find_program(RECIPE, name): link for name, link in NAMES.items()}
    own = {replace(program, system=system): link for program, link in wanted.items()}
    missing = [program for program in own if not program.file.exists()]
    if system == "linux" and missing and has_current_image():
        _copy_from_image(missing)
    golang.compile_programs(list(own), progress)
    folder = paths.ensure_folder(cluster_files.programs_folder())
    for program, name in own.items():
        link = folder / name
        if not (link.is_symlink() and link.readlink() == program.file):
            fresh = link.with_name(f".{link.name}")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(program.file)
            fresh.replace(link)


def has_current_image() -> bool:
    """Tell whether the engine has a node image of this version that holds the programs.

    An image from an offline kit does; one from a registry does not, nor one of another version.
    """
    with contextlib.closing(connection.open_client()) as client:
        return store.inspect_image(client, catalogue.find_image(IMAGE)).source == "rebuilt"


def _copy_from_image(programs: list[golang.Program]) -> None:
    with contextlib.suppress(process.CommandFailed):
        container = _run_docker("create", "--label", f"{OWNER}=images", IMAGE)
        try:
            for program in programs:
                new = program.folder.with_name(f"{program.folder.name}.new")
                shutil.rmtree(new, ignore_errors=True)
                new.mkdir(parents=True)
                _run_docker("cp", f"{container}:{INSIDE[program.name]}", new / program.name)
                new.replace(program.folder)
        finally:
            _run_docker("rm", container)


def _run_docker(*words: str | Path) -> str:
    return connection.run_docker(*words, timeout=COPY_SECONDS).output.strip()
