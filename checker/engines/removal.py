"""Removing what was recorded: exactly that, in the order in which the engine allows it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from checker.engines.journal import Entry
from checker.errors import CouldNotFindOut

if TYPE_CHECKING:
    from docker import DockerClient

ORDER = ("container", "network", "volume", "tag", "image")


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
            refused[entry] = f"{entry.kind} {entry.identity}: {error.explanation or error}"
        except (DockerException, OSError) as error:
            raise CouldNotFindOut("The Docker Engine went away.", found=str(error)) from error
    return refused


def _container(client: DockerClient, entry: Entry) -> None:
    client.api.remove_container(entry.identity, v=True, force=True)


def _network(client: DockerClient, entry: Entry) -> None:
    client.api.remove_network(entry.identity)


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
    "container": _container,
    "network": _network,
    "volume": _volume,
    "tag": _tag,
    "image": _image,
}
