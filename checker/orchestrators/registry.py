"""The orchestrators that there are, by the names that front matter gives them.

A new one is a folder, whose module `orchestrator` has an ORCHESTRATOR, and a line here.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

from checker.base import paths
from checker.base.settings import current_settings

if TYPE_CHECKING:
    from checker.orchestrators.interface import Orchestrator

MODULES = {
    "ecs": "checker.orchestrators.ecs.orchestrator",
    "kind": "checker.orchestrators.kind.orchestrator",
    "swarm": "checker.orchestrators.swarm.orchestrator",
}
"""In the order in which they are made ready, cleaned and stopped: a cluster goes before a Swarm,
whose end would give its nodes their names again. Imported when first asked for, since a check that
needs none must answer in a fraction of a second."""


def all_orchestrators() -> list[Orchestrator]:
    """Return every orchestrator, in the order of MODULES."""
    return [load_orchestrator(name) for name in MODULES]


def orchestrators_of(engine: str) -> list[Orchestrator]:
    """Return those that a front matter's `engine` names, such as "ecs, kind"."""
    names = engine_names(engine)
    return [load_orchestrator(name) for name in MODULES if name in names]


def engine_names(engine: str) -> tuple[str, ...]:
    """Return the names in a front matter's `engine`, in its order."""
    return tuple(each.strip() for each in engine.split(","))


def is_valid_engine(engine: object) -> bool:
    """Tell whether it is one of the engines, or several different ones to be used together."""
    if not isinstance(engine, str):
        return False
    names = engine_names(engine)
    together = {"docker", *MODULES}
    return names == ("none",) or (len(set(names)) == len(names) and set(names) <= together)


def describe_engines() -> str:
    """Return in words what `engine` may be."""
    names = ("docker", "kind", "ecs", "swarm", "none")
    others = [name for name in MODULES if name not in names]
    known = ", ".join([*names, *others])
    return f"one of {known}, or several of them with a comma, such as ecs, kind"


def shell_environment() -> dict[str, str]:
    """Return the whole environment of every course shell, notebook and check.

    `COURSE_ROOT` lets pages and labs copy the sample application from the checkout, and `course`
    in it goes by the folders of this run, which in grading are not the grader's. kubectl knows the
    course's cluster alone, and AWS tools reach the emulator and no real account.
    """
    from checker.docker import connection, docker_client

    every = all_orchestrators()
    found = {
        name: value
        for name, value in connection.cli_environment().items()
        if not any(each.is_misleading(name) for each in every)
    }
    for each in every:
        found |= each.environment()
    programs = [folder for each in every for folder in each.programs()]
    fetched = connection.prefix_path([docker_client.programs_folder(), *programs])
    path = [*fetched.split(os.pathsep), str(paths.root())]
    found["PATH"] = os.pathsep.join(dict.fromkeys(path))
    return {**found, **current_settings().environment()}


def write_settings() -> None:
    """Write the files that `shell_environment` names."""
    from checker.docker import connection

    connection.write_configuration()
    for each in all_orchestrators():
        each.write_settings()


def load_orchestrator(name: str) -> Orchestrator:
    found: Orchestrator = import_module(MODULES[name]).ORCHESTRATOR
    return found
