"""What was made in the engine while a lab was worked on: its journal, in words and removed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from checker.orchestrators.engine_names import needs
from checker.sandbox.background_recorder import journal_name

if TYPE_CHECKING:
    from checker.docker.journal import Entry
    from checker.labs.lab import Lab


def entries(lab_id: str) -> list[Entry]:
    """What the journal names; some of it may be gone."""
    from checker.docker.journal import Journal

    return Journal(journal_name(lab_id)).entries


def describe(lab_id: str) -> list[str]:
    """A line for each thing of the journal that still is there.

    Raises:
        CouldNotFindOut: The engine is away.
    """
    found = entries(lab_id)
    in_cluster = [*_in_cluster(lab_id), *_in_emulator(lab_id)]
    if not found:
        return in_cluster
    from checker.docker.docker_engine import client

    with contextlib.closing(client()) as engine:
        return [*in_cluster, *(line for entry in found if (line := _line(engine, entry)))]


def is_kept(lab: Lab) -> bool:
    """Whether the cluster and the emulator, where a lab needs them, still know of its beginning."""
    from checker.orchestrators.ecs import local_ecs
    from checker.orchestrators.kind import cluster_snapshot

    known = {"kind": cluster_snapshot.is_kept, "ecs": local_ecs.is_begun}
    name = journal_name(lab.id)
    return all(knows(name) for engine, knows in known.items() if needs(lab.engine, engine))


def remove(lab_id: str) -> list[str]:
    """Remove all that the journal names.

    Returns:
        A line for each thing that the engine refused to remove.

    Raises:
        CouldNotFindOut: The engine is away.
    """
    from checker.sandbox import engine_session
    from checker.sandbox.recorder import Recorder

    left = engine_session.remove(journal_name(lab_id))
    return [*left, *Recorder.adopt(journal_name(lab_id)).remove()]


def _in_cluster(lab_id: str) -> list[str]:
    """What is new in the cluster, such as namespaces/bakery."""
    from checker.orchestrators.kind import cluster_snapshot, kind_cluster

    if not cluster_snapshot.is_kept(journal_name(lab_id)):
        return []
    from checker.orchestrators.kind.kube_api import Api

    with contextlib.closing(Api(kind_cluster.kubeconfig())) as api:
        things = cluster_snapshot.made(journal_name(lab_id), api)
    return [f"{thing.kind}/{thing.name}" for thing in things]


def _in_emulator(lab_id: str) -> list[str]:
    """What is in the ECS emulator, such as service bakery/web."""
    from checker.orchestrators.ecs import local_ecs

    return local_ecs.contents() if local_ecs.is_begun(journal_name(lab_id)) else []


def _line(engine: object, entry: Entry) -> str:
    """One thing in words; nothing if it is gone."""
    from docker.errors import NotFound

    api = engine.api  # type: ignore[attr-defined]
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
