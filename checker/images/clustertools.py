"""kubectl and kind for this machine, in a folder that course shells have on their PATH."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from checker.engines import tools
from checker.images import golang

RECIPE = Path(__file__).parent / "recipes" / "kindest-node"
NAMES = {"kind": "kind", "kubernetes": "kubectl"}
"""Each program of the recipe that people call, and by which name."""


def ensure(progress: golang.Progress) -> None:
    """Compile what is missing, and give it its names.

    Raises:
        CouldNotFindOut: It cannot be compiled here.
    """
    system = "darwin" if sys.platform == "darwin" else "linux"
    wanted = {golang.find(RECIPE, name): link for name, link in NAMES.items()}
    own = {replace(program, system=system): link for program, link in wanted.items()}
    golang.compile_all(list(own), progress)
    folder = tools.cluster_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for program, name in own.items():
        _point(folder / name, program.file)


def _point(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() == target:
        return
    fresh = link.with_name(f".{link.name}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
