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
    from docker.errors import APIError

ORDER = ("service", "container", "network", "secret", "config", "volume", "tag", "image")
GONE_SECONDS = 20.0
POLL_SECONDS = 0.1


def remove_all(client: DockerClient, entries: Iterable[Entry]) -> dict[Entry, str]:
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
            if _went_with_its_swarm(entry, error):
                continue
            refused[entry] = f"{entry.kind} {entry.identity}: {error.explanation or error}"
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
    return refused


def _went_with_its_swarm(entry: Entry, error: APIError) -> bool:
    """An engine that has left its Swarm answers 503 to all that only a Swarm can have."""
    return entry.kind in ("service", "secret", "config") and error.status_code == 503


def _service(client: DockerClient, entry: Entry) -> None:
    """With its containers, at once: by itself it would give them their time to finish."""
    from docker.errors import APIError

    api: Any = client.api
    api.remove_service(entry.identity)
    label = f"com.docker.swarm.service.id={entry.identity}"

    def gone() -> bool:
        found = api.containers(all=True, filters={"label": label})
        for each in found:
            with contextlib.suppress(APIError):
                api.remove_container(each["Id"], v=True, force=True)
        return not found

    wait_until(gone, GONE_SECONDS, POLL_SECONDS)


def _secret(client: DockerClient, entry: Entry) -> None:
    client.api.remove_secret(entry.identity)


def _config(client: DockerClient, entry: Entry) -> None:
    api: Any = client.api
    api.remove_config(entry.identity)


def _container(client: DockerClient, entry: Entry) -> None:
    client.api.remove_container(entry.identity, v=True, force=True)


def _network(client: DockerClient, entry: Entry) -> None:
    """The engine's part of an overlay network goes after its last task: a moment later."""
    from docker.errors import NotFound

    api = client.api
    with contextlib.suppress(NotFound):
        api.remove_network(entry.identity)
    wait_until(lambda: not api.networks(ids=[entry.identity]), GONE_SECONDS, POLL_SECONDS)
    api.remove_network(entry.identity)


def _volume(client: DockerClient, entry: Entry) -> None:
    client.api.remove_volume(entry.identity, force=True)


def _tag(client: DockerClient, entry: Entry) -> None:
    """Take the name away; where another image bore it before, give it back."""
    now = client.images.get(entry.identity).id
    if now == entry.was:
        return
    client.api.remove_image(entry.identity)
    if entry.was:
        client.api.tag(entry.was, *_repository_and_tag(entry.identity))


def _image(client: DockerClient, entry: Entry) -> None:
    """Only where no name is left: a name that was not recorded is somebody's own."""
    if not client.images.get(entry.identity).tags:
        client.api.remove_image(entry.identity)


def _repository_and_tag(name: str) -> tuple[str, str]:
    repository, _, tag = name.rpartition(":")
    return repository, tag


REMOVE: dict[str, Callable[[DockerClient, Entry], None]] = {
    "service": _service,
    "container": _container,
    "network": _network,
    "secret": _secret,
    "config": _config,
    "volume": _volume,
    "tag": _tag,
    "image": _image,
}
