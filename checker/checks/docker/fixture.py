"""The fixture `docker`: facts of the engine, looked up when they are asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.checks.core.failure import (
    CheckFailed,
    add_article,
    find_similar_names,
    join_names,
)
from checker.checks.docker.container_list import Containers
from checker.checks.docker.containers import Container
from checker.checks.docker.images import DockerImage
from checker.checks.docker.storage import Network, Volume
from checker.checks.docker.temporary import TemporaryObjects
from checker.docker.labels import OWNER

if TYPE_CHECKING:
    from docker import DockerClient


class Docker:
    """The engine that the learner works with. What checks themselves make is never listed."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._api: Any = client.api
        self._temporary = TemporaryObjects(client)

    def close(self) -> None:
        """Remove what was built and run through this object."""
        self._temporary.remove_all()

    # --- facts

    def container(self, name: str) -> Container:
        """Return the container NAME, running or not.

        Raises:
            CheckFailed: There is none; the message names containers that may be meant.
        """
        from docker.errors import NotFound

        try:
            attrs = self._api.inspect_container(name)
            if attrs["Name"] != f"/{name}":
                # the engine also takes the beginning of an id, and "cafe" may be one
                raise NotFound(name)
        except NotFound:
            similar = self._find_similar(name)
            described = join_names(f"{each} ({state})" for each, state in similar.items())
            found = f", but {described}" if similar else ", running or stopped"
            step = "See what there is: docker container ls -a"
            expected = f"a container named {name}"
            raise CheckFailed(expected, f"no such container{found}", step) from None
        return Container(self._client, name, attrs)

    def containers(
        self,
        *,
        image: str = "",
        name: str = "",
        label: str = "",
        network: str = "",
        volume: str = "",
        running: bool = False,
    ) -> Containers:
        """Return the containers that match all filters, stopped ones included.

        Args:
            image: Made from this image, or from one built on it.
            name: With this in their names.
            label: With this label, KEY or KEY=VALUE.
            network: Connected to this network.
            volume: That mount this volume.
            running: Only those that run.
        """
        given = {"image": image, "name": name, "label": label, "network": network, "volume": volume}
        filters = {key: value for key, value in given.items() if value}
        what = "running containers" if running else "containers"
        details = join_names((f"{key} {value}" for key, value in filters.items()), "")
        if image:
            filters["ancestor"] = filters.pop("image")
        found = self._list_containers(filters, running)
        if running:
            # the engine's list of running containers has paused and restarting ones, too
            found = [each for each in found if each.running]
        return Containers(f"{what} ({details})" if details else what, found)

    def image(self, reference: str) -> DockerImage:
        """Return the image that REFERENCE names.

        Raises:
            CheckFailed: There is none; the message names images that may be meant.
        """
        from docker.errors import ImageNotFound, NotFound

        try:
            attrs = self._api.inspect_image(reference)
        except (ImageNotFound, NotFound):
            tags = [tag for image in self._api.images() for tag in image.get("RepoTags") or []]
            others = [tag for tag in tags if not tag.startswith("course-check/")]
            raise _explain_missing("image", reference, others, "docker images") from None
        return DockerImage(self._client, self._temporary, reference, attrs)

    def images(self, *, label: str) -> list[DockerImage]:
        """Return the images that have a label, KEY or KEY=VALUE, whether or not they have a name.

        A mark that a setup gave to an image finds it again under whatever name.
        """
        found = []
        for each in self._api.images(filters={"label": label}):
            if (each.get("Labels") or {}).get(OWNER) != "check":
                name = (each.get("RepoTags") or [each["Id"]])[0]
                attrs = self._api.inspect_image(each["Id"])
                found.append(DockerImage(self._client, self._temporary, name, attrs))
        return found

    def volume(self, name: str) -> Volume:
        """Return the volume NAME.

        Raises:
            CheckFailed: There is none.
        """
        from docker.errors import NotFound

        try:
            attrs = self._api.inspect_volume(name)
        except NotFound:
            others = [each["Name"] for each in self._api.volumes().get("Volumes") or []]
            raise _explain_missing("volume", name, others, "docker volume ls") from None
        return Volume(name, attrs, self.containers(volume=name).names)

    def network(self, name: str) -> Network:
        """Return the network NAME.

        Raises:
            CheckFailed: There is none.
        """
        from docker.errors import NotFound

        try:
            attrs = self._api.inspect_network(name)
        except NotFound:
            others = [each["Name"] for each in self._api.networks()]
            raise _explain_missing("network", name, others, "docker network ls") from None
        return Network(name, attrs)

    # --- what must not be there

    def expect_no_container(self, name: str, *, next_step: str = "") -> None:
        """Expect no container of that name, not even a stopped one."""
        found = [each for each in self.containers(name=name) if each.name == name]
        if found:
            step = next_step or f"Remove it: docker rm -f {name}"
            raise CheckFailed(f"no container {name}", f"it is {found[0].state}", step)

    def expect_no_image(self, reference: str, *, next_step: str = "") -> None:
        """Expect no image of that name."""
        _expect_missing("image", reference, self.image, next_step)

    def expect_no_volume(self, name: str, *, next_step: str = "") -> None:
        """Expect no volume of that name."""
        _expect_missing("volume", name, self.volume, next_step)

    def expect_no_network(self, name: str, *, next_step: str = "") -> None:
        """Expect no network of that name."""
        _expect_missing("network", name, self.network, next_step)

    # --- what a check makes itself; removed when it ends

    def build(
        self,
        context: Path,
        *,
        dockerfile: str = "Dockerfile",
        target: str = "",
        args: Mapping[str, str] | None = None,
        cache: bool = True,
    ) -> DockerImage:
        """Build the learner's Dockerfile under a temporary name.

        Args:
            context: `workspace.folder()` or a folder below it.
            dockerfile: Its path in there.
            target: The stage to build; the last if not given.
            args: Build arguments.
            cache: Whether layers of earlier builds may be used.

        Raises:
            CheckFailed: It does not build.
            CouldNotFindOut: It could not be built for a reason outside the Dockerfile.
        """
        build = self._temporary.build_image
        tag, progress = build(context, dockerfile, target, args or {}, cache)
        return self.image(tag).add_build_steps(progress)

    def run(
        self,
        image: str | DockerImage,
        command: str | Sequence[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] = (),
        **options: Any,
    ) -> Container:
        """Start a temporary container, with testcontainers.

        It publishes the container's `ports`; `container.ports[3000][0].port` is the machine's.
        `options` are more of what `docker.containers.run` of the SDK takes, such as `network`.
        """
        name = image.name if isinstance(image, DockerImage) else image
        container_id = self._temporary.start_container(name, command, env or {}, ports, options)
        attrs = self._api.inspect_container(container_id)
        return Container(self._client, f"a container of {name}", attrs)

    def own_network(self) -> str:
        """Create a temporary network, for `run(..., network=...)`; return its name."""
        return self._temporary.create_network()

    def _find_similar(self, name: str) -> dict[str, str]:
        """Return containers of similar names, with their states: one call, and one for each."""
        from docker.errors import NotFound

        ids = {
            each["Names"][0].lstrip("/"): each["Id"]
            for each in self._api.containers(all=True, filters={})
            if (each.get("Labels") or {}).get(OWNER) != "check"
        }
        found = {}
        for each in find_similar_names(name, ids):
            with contextlib.suppress(NotFound):  # it was removed since it was listed
                attrs = self._api.inspect_container(ids[each])
                found[each] = Container(self._client, each, attrs).state
        return found

    def _list_containers(self, filters: Mapping[str, str], running: bool) -> Iterable[Container]:
        from docker.errors import ImageNotFound, NotFound

        try:
            found = self._api.containers(all=not running, filters=dict(filters))
        except ImageNotFound:
            return
        for each in found:
            if (each.get("Labels") or {}).get(OWNER) == "check":
                continue
            try:
                attrs = self._api.inspect_container(each["Id"])
            except NotFound:
                # it was removed since it was listed
                continue
            yield Container(self._client, attrs["Name"].lstrip("/"), attrs)


def _expect_missing(kind: str, name: str, find: Callable[[str], object], next_step: str) -> None:
    try:
        find(name)
    except CheckFailed:
        return
    step = next_step or f"Remove it: docker {kind} rm {name}"
    raise CheckFailed(f"no {kind} {name}", "it is there", step)


def _explain_missing(kind: str, name: str, others: list[str], command: str) -> CheckFailed:
    alike = find_similar_names(name, others)
    found = f"no such {kind}, but {join_names(alike)}" if alike else f"no such {kind}"
    return CheckFailed(f"{add_article(kind)} named {name}", found, f"See what there is: {command}")
