"""Which Docker Engine a lane runs: the one of this machine's packages, or a newer one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass

from checker.base import console
from checker.base.errors import CourseError
from checker.base.settings import current_settings
from checker.docker import apt, docker_engine, install
from checker.images import golang

NEWER = "29"
"""With the containerd image store, which fresh installations of Docker have today."""

PROGRAMS = ("gcc", "pkg-config")
LIBRARIES = ("libc6-dev", "libseccomp-dev")
"""What runc is compiled with."""


@dataclass(frozen=True)
class LaneEngine:
    """An engine for lanes.

    Args:
        dockerd: Its program.
        path: The PATH on which it finds its helpers.
        suffix: What stores add to their names, since it cannot read the data of another.
    """

    dockerd: str
    path: str
    suffix: str = ""


def ensure_lane_engine() -> LaneEngine:
    """Have the engine for lanes that the settings name, and the client's programs.

    Raises:
        CourseError: There is no such version.
        CouldNotFindOut: It cannot be installed or compiled.
    """
    version = current_settings().test_engine
    if version not in ("", NEWER):
        raise CourseError(f"There is no engine {version!r} to prove on.", expected=NEWER)
    docker_engine.ensure_programs()
    own = LaneEngine(install.find_dockerd() or "dockerd", install.build_engine_path())
    return compile_newer_engine(own) if version else own


def compile_newer_engine(own: LaneEngine) -> LaneEngine:
    """Compile the newer engine where that was not done before; it takes containerd from `own`."""
    programs = golang.load_programs(golang.RECIPES / f"docker-{NEWER}")
    if not all(each.file.exists() for each in programs):
        missing = [each for each in PROGRAMS if not shutil.which(each)]
        with console.step(f"Compiling Docker Engine {NEWER}") as step:
            apt.install_packages([*missing, *LIBRARIES])
            golang.compile_programs(programs, step.update)
    dockerd = next(each for each in programs if each.name == "dockerd")
    path = os.pathsep.join([*(str(each.folder) for each in programs), own.path])
    return LaneEngine(str(dockerd.file), path, f"-{NEWER}")
