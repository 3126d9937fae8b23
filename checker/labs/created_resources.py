"""What was created while a lab was worked on: by its run's journal, in words and removed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from checker.base.run import Run
from checker.docker.journal import Entry, Journal

if TYPE_CHECKING:
    from docker import DockerClient

    from checker.labs.lab import Lab


def list_entries(lab_id: str) -> list[Entry]:
    """Return what the journal names; some of it may be gone."""
    return Journal(Run.of_lab(lab_id)).entries


def describe_created_resources(lab_id: str) -> list[str]:
    """Return a line for each thing of the lab that is still there.

    Raises:
        CouldNotFindOut: The engine is away.
    """
    from checker.docker.connection import open_client
    from checker.orchestrators import registry

    run = Run.of_lab(lab_id)
    lines = [line for each in registry.all_orchestrators() for line in each.created(run)]
    entries = list_entries(lab_id)
    if not entries:
        return lines
    with contextlib.closing(open_client()) as client:
        return [*lines, *(line for each in entries if (line := describe_entry(client, each)))]


def is_beginning_known(lab: Lab) -> bool:
    """Tell whether the orchestrators that a lab needs still know of its beginning."""
    from checker.orchestrators import registry

    run = Run.of_lab(lab.id)
    return all(each.has_begun(run) for each in registry.orchestrators_of(lab.engine))


def remove_created_resources(lab_id: str) -> list[str]:
    """Remove all that was created for a lab.

    Returns:
        A line for each thing that the engine refused to remove.

    Raises:
        CouldNotFindOut: The engine is away.
    """
    from checker.sandbox.recorder import Recorder
    from checker.sandbox.session import clean_orchestrators

    run = Run.of_lab(lab_id)
    return [*clean_orchestrators(run), *Recorder(run).remove()]


def describe_entry(client: DockerClient, entry: Entry) -> str:
    """Return in words what an entry names; nothing if it is gone."""
    from docker.errors import NotFound

    api: Any = client.api
    try:
        if entry.kind == "container":
            found = api.inspect_container(entry.identity)
            return f"container {found['Name'].lstrip('/')} ({found['State']['Status']})"
        if entry.kind == "network":
            return f"network {api.inspect_network(entry.identity)['Name']}"
        if entry.kind == "volume":
            return f"volume {api.inspect_volume(entry.identity)['Name']}"
        if entry.kind in ("service", "secret", "config"):
            found = getattr(api, f"inspect_{entry.kind}")(entry.identity)
            return f"{entry.kind} {found['Spec']['Name']}"
        if entry.kind == "tag":
            api.inspect_image(entry.identity)
            return f"image {entry.identity}"
        tags = api.inspect_image(entry.identity).get("RepoTags")
        return "" if tags else f"image {entry.identity[7:19]} (without a name)"
    except NotFound:
        return ""
