"""The fixture `docker`: facts of the engine, looked up when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from checker.checks.core.failure import CheckFailed, listed, near
from checker.checks.docker.containers import Container, Containers
from checker.checks.docker.images import Image
from checker.checks.docker.storage import Network, Volume
from checker.checks.docker.temporary import OWNER, Own

if TYPE_CHECKING:
    from docker import DockerClient


class Docker:
    """The engine that the learner works with. What checks themselves make is never listed."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._api: Any = client.api
        self._own = Own(client)

    def close(self) -> None:
        """Remove what was built and run through this object."""
        self._own.close()

    # --- facts

    def container(self, name: str) -> Container:
        """The container NAME, running or not.

        Raises:
            CheckFailed: There is none; the message names containers that may be meant.
        """
        from docker.errors import NotFound

        try:
            attrs = self._client.api.inspect_container(name)
        except NotFound:
            raise self._missing_container(name) from None
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
        """Containers that fit all that is given, stopped ones included.

        Args:
            image: Made from this image, or from one built on it.
            name: With this in their names.
            label: With this label, KEY or KEY=VALUE.
            running: Only those that run.
        """
        given = {
            "image": image,
            "name": name,
            "label": label,
            "network": network,
            "volume": volume,
        }
        filters = {key: value for key, value in given.items() if value}
        what = "running containers" if running else "containers"
        details = listed((f"{key} {value}" for key, value in filters.items()), "")
        if image:
            filters["ancestor"] = filters.pop("image")
        return Containers(f"{what} ({details})" if details else what, self._list(filters, running))

    def image(self, reference: str) -> Image:
        """The image that REFERENCE names.

        Raises:
            CheckFailed: There is none; the message names images that may be meant.
        """
        from docker.errors import ImageNotFound, NotFound

        try:
            attrs = self._api.inspect_image(reference)
        except (ImageNotFound, NotFound):
            raise self._missing_image(reference) from None
        return Image(self._client, self._own, reference, attrs)

    def volume(self, name: str) -> Volume:
        """The volume NAME.

        Raises:
            CheckFailed: There is none.
        """
        from docker.errors import NotFound

        try:
            attrs = self._client.api.inspect_volume(name)
        except NotFound:
            others = [each["Name"] for each in self._client.api.volumes().get("Volumes") or []]
            raise _missing("volume", name, others, "docker volume ls") from None
        return Volume(name, attrs, self.containers(volume=name).names)

    def network(self, name: str) -> Network:
        """The network NAME.

        Raises:
            CheckFailed: There is none.
        """
        from docker.errors import NotFound

        try:
            attrs = self._client.api.inspect_network(name)
        except NotFound:
            others = [each["Name"] for each in self._client.api.networks()]
            raise _missing("network", name, others, "docker network ls") from None
        return Network(name, attrs)

    # --- what must not be there

    def expect_no_container(self, name: str, *, next_step: str = "") -> None:
        """No container of that name is left, not even a stopped one."""
        found = [each for each in self.containers(name=name) if each.name == name]
        if found:
            raise CheckFailed(
                f"no container {name}",
                f"it is {found[0].state}",
                next_step or f"Remove it: docker rm -f {name}",
            )

    def expect_no_image(self, reference: str, *, next_step: str = "") -> None:
        """No image bears that name."""
        try:
            self.image(reference)
        except CheckFailed:
            return
        raise CheckFailed(
            f"no image {reference}",
            "it is there",
            next_step or f"Remove it: docker image rm {reference}",
        )

    def expect_no_volume(self, name: str, *, next_step: str = "") -> None:
        """No volume bears that name."""
        try:
            self.volume(name)
        except CheckFailed:
            return
        raise CheckFailed(
            f"no volume {name}", "it is there", next_step or f"Remove it: docker volume rm {name}"
        )

    def expect_no_network(self, name: str, *, next_step: str = "") -> None:
        """No network bears that name."""
        try:
            self.network(name)
        except CheckFailed:
            return
        raise CheckFailed(
            f"no network {name}", "it is there", next_step or f"Remove it: docker network rm {name}"
        )

    # --- what a check makes itself; removed when it ends

    def build(
        self,
        context: Path,
        *,
        dockerfile: str = "Dockerfile",
        target: str = "",
        args: Mapping[str, str] | None = None,
        cache: bool = True,
    ) -> Image:
        """Build the learner's Dockerfile under a name of the check's own.

        Args:
            context: `workspace.folder()` or a folder below it.
            target: The stage to build; the last if not given.
            cache: Whether layers of earlier builds may be used.

        Raises:
            CheckFailed: It does not build.
            CouldNotFindOut: It could not be built for a reason outside the Dockerfile.
        """
        return self.image(self._own.build(context, dockerfile, target, args or {}, cache))

    def run(
        self,
        image: str | Image,
        command: str | Sequence[str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] = (),
        **options: Any,
    ) -> Container:
        """Start a container of the check's own, with testcontainers.

        Args:
            ports: Container ports to publish; `container.ports[3000][0].port` is the machine's.
            options: More of what `docker.containers.run` of the SDK takes, such as `network`.
        """
        name = image.name if isinstance(image, Image) else image
        identity = self._own.start(name, command, env or {}, ports, options)
        return Container(self._client, f"a container of {name}", self._inspect(identity))

    def own_network(self) -> str:
        """The name of a network of the check's own, for `run(..., network=...)`."""
        return self._own.network()

    def _inspect(self, identity: str) -> Mapping[str, Any]:
        attrs: Mapping[str, Any] = self._client.api.inspect_container(identity)
        return attrs

    def _list(self, filters: Mapping[str, str], running: bool) -> Iterable[Container]:
        from docker.errors import ImageNotFound, NotFound

        try:
            found = self._client.api.containers(all=not running, filters=dict(filters))
        except ImageNotFound:
            return
        for each in found:
            if (each.get("Labels") or {}).get(OWNER) == "check":
                continue
            try:
                attrs = self._inspect(each["Id"])
            except NotFound:
                continue
            yield Container(self._client, attrs["Name"].lstrip("/"), attrs)

    def _missing_container(self, name: str) -> CheckFailed:
        states = {each.name: each.state for each in self.containers()}
        alike = near(name, states)
        found = (
            f"no such container, but {listed(f'{each} ({states[each]})' for each in alike)}"
            if alike
            else "no such container, running or stopped"
        )
        return CheckFailed(
            f"a container named {name}", found, "See what there is: docker container ls -a"
        )

    def _missing_image(self, reference: str) -> CheckFailed:
        tags = [tag for image in self._client.api.images() for tag in image.get("RepoTags") or []]
        own = [tag for tag in tags if not tag.startswith("course-check/")]
        return _missing("image", reference, own, "docker images")


def _missing(kind: str, name: str, others: list[str], command: str) -> CheckFailed:
    alike = near(name, others)
    found = f"no such {kind}, but {listed(alike)}" if alike else f"no such {kind}"
    return CheckFailed(f"a {kind} named {name}", found, f"See what there is: {command}")
