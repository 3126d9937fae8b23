"""Removing what was recorded: exactly that, in the order in which the engine allows it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker.journal import Entry

if TYPE_CHECKING:
    from docker import DockerClient

ORDER = ("service", "container", "network", "secret", "config", "volume", "tag", "image")
SWARM_KINDS = ("service", "secret", "config")
GONE_SECONDS = 20.0
POLL_SECONDS = 0.1


def remove_entries(client: DockerClient, entries: Iterable[Entry]) -> dict[Entry, str]:
    """Remove every entry; what is gone already is fine.

    Returns:
        What the engine refused to remove, each with the reason.

    Raises:
        CouldNotFindOut: The engine went away.
    """
    from docker.errors import APIError, DockerException, NotFound

    refused: dict[Entry, str] = {}
    for entry in sorted(entries, key=lambda each: ORDER.index(each.kind)):
        try:
            REMOVE[entry.kind](client, entry)
        except NotFound:
            continue
        except APIError as error:
            # an engine that has left its Swarm answers 503 to all that only a Swarm can have
            if entry.kind in SWARM_KINDS and error.status_code == 503:
                continue
            refused[entry] = f"{entry.kind} {entry.identity}: {error.explanation or error}"
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
    return refused


def remove_service(client: DockerClient, entry: Entry) -> None:
    """Remove a service with its containers, which by itself it would give time to finish."""
    from docker.errors import APIError

    api: Any = client.api
    api.remove_service(entry.identity)
    label = f"com.docker.swarm.service.id={entry.identity}"

    def are_gone() -> bool:
        found = api.containers(all=True, filters={"label": label})
        for each in found:
            with contextlib.suppress(APIError):
                api.remove_container(each["Id"], v=True, force=True)
        return not found

    wait_until(are_gone, GONE_SECONDS, POLL_SECONDS)


def remove_network(client: DockerClient, entry: Entry) -> None:
    """Remove a network; the engine's part of an overlay goes a moment after its last task."""
    from docker.errors import NotFound

    api = client.api
    with contextlib.suppress(NotFound):
        api.remove_network(entry.identity)
    wait_until(lambda: not api.networks(ids=[entry.identity]), GONE_SECONDS, POLL_SECONDS)
    api.remove_network(entry.identity)


def remove_tag(client: DockerClient, entry: Entry) -> None:
    """Remove a name of an image; where another image had it before, that one gets it again."""
    now = client.images.get(entry.identity).id
    if now == entry.was:
        return
    client.api.remove_image(entry.identity)
    if entry.was:
        repository, _, tag = entry.identity.rpartition(":")
        client.api.tag(entry.was, repository, tag)


def remove_image(client: DockerClient, entry: Entry) -> None:
    """Remove an image where no name is left: one that was not recorded is somebody's own."""
    if not client.images.get(entry.identity).tags:
        client.api.remove_image(entry.identity)


REMOVE: dict[str, Callable[[Any, Entry], None]] = {
    "service": remove_service,
    "container": lambda client, it: client.api.remove_container(it.identity, v=True, force=True),
    "network": remove_network,
    "secret": lambda client, it: client.api.remove_secret(it.identity),
    "config": lambda client, it: client.api.remove_config(it.identity),
    "volume": lambda client, it: client.api.remove_volume(it.identity, force=True),
    "tag": remove_tag,
    "image": remove_image,
}
