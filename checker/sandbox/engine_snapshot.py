"""Which volumes and images were there before a run; these are never removed after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checker.docker.journal import Entry
from checker.images import catalogue

if TYPE_CHECKING:
    from docker import DockerClient


@dataclass(frozen=True)
class Snapshot:
    """Names of volumes, ids of images, and which id each image name (tag) stood for.

    `catalogue_names` are those that no run removes if they come up: the course's images are its
    cache.
    """

    volumes: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    tags: dict[str, str] = field(default_factory=dict)
    catalogue_names: frozenset[str] = frozenset()

    @classmethod
    def take(cls, client: DockerClient) -> Snapshot:
        """Return a snapshot of the engine as it is now."""
        images = client.api.images()
        volumes = client.api.volumes().get("Volumes") or []
        return cls(
            frozenset(volume["Name"] for volume in volumes),
            frozenset(image["Id"] for image in images),
            {name: image["Id"] for image in images for name in _list_names(image)},
            frozenset(name for image in catalogue.load_catalogue() for name in image.names),
        )

    def describe_event(self, identity: str, name: str) -> Iterator[Entry]:
        """Yield what an image event adds: the new id, the new name, or both.

        Its actor is an id, or for a pull a name; its name attribute may repeat the id.
        """
        for each in (identity, name):
            if each.startswith("sha256:"):
                if each not in self.images:
                    yield Entry("image", each)
            elif each:
                yield from self._describe_name(add_default_tag(each))

    def find_new_images(self, client: DockerClient) -> Iterator[Entry]:
        """Yield images and names that are new: a build without a name, for one, makes no event."""
        now = Snapshot.take(client)
        for name, identity in now.tags.items():
            if self.tags.get(name) != identity:
                yield from self._describe_name(name)
        for identity in sorted(now.images - self.images):
            yield Entry("image", identity)

    def _describe_name(self, name: str) -> Iterator[Entry]:
        was = self.tags.get(name, "")
        if was or name not in self.catalogue_names:
            yield Entry("tag", name, was)


def add_default_tag(name: str) -> str:
    """Return the name as the engine lists it: `app` is `app:latest`."""
    last = name.rsplit("/", 1)[-1]
    return name if ":" in last or "@" in last else f"{name}:latest"


def _list_names(image: dict[str, Any]) -> list[str]:
    names = [*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])]
    return [name for name in names if "<none>" not in name]
