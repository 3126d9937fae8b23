"""Images, and what can be expected of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, listed, shown
from checker.checks.core.settings import environment_of, expect_entry
from checker.checks.docker.archive import has_file, list_files, read_file

if TYPE_CHECKING:
    from docker import DockerClient

    from checker.checks.docker.temporary import Own

MB = 1_000_000


class Image:
    """An image. `attrs` is all of `docker image inspect`, for what has no name here."""

    def __init__(self, client: DockerClient, own: Own, name: str, attrs: Mapping[str, Any]) -> None:
        self._client = client
        self._api: Any = client.api
        self._own = own
        self.name = name
        self.attrs = attrs

    # --- what is so

    @property
    def id(self) -> str:
        return str(self.attrs["Id"])

    @property
    def tags(self) -> list[str]:
        """All its names."""
        return sorted(self.attrs.get("RepoTags") or [])

    @property
    def digests(self) -> list[str]:
        """Its names by digest, which it has once it was pushed or pulled."""
        return sorted(self.attrs.get("RepoDigests") or [])

    @property
    def labels(self) -> dict[str, str]:
        return dict(self._config.get("Labels") or {})

    @property
    def env(self) -> dict[str, str]:
        return environment_of(self._config.get("Env"))

    @property
    def user(self) -> str:
        """Whom its containers run as; "" means root."""
        return str(self._config.get("User") or "")

    @property
    def cmd(self) -> list[str]:
        return list(self._config.get("Cmd") or [])

    @property
    def entrypoint(self) -> list[str]:
        return list(self._config.get("Entrypoint") or [])

    @property
    def workdir(self) -> str:
        return str(self._config.get("WorkingDir") or "/")

    @property
    def exposed(self) -> list[int]:
        """Ports named by EXPOSE, which publishes nothing."""
        ports = self._config.get("ExposedPorts") or {}
        return sorted(int(name.partition("/")[0]) for name in ports)

    @property
    def size(self) -> int:
        """Bytes of all its layers."""
        return int(self.attrs["Size"])

    @property
    def architecture(self) -> str:
        return str(self.attrs["Architecture"])

    @property
    def layers(self) -> list[str]:
        """The digests of its layers, the lowest first."""
        return list(self.attrs["RootFS"].get("Layers") or [])

    @cached_property
    def history(self) -> list[str]:
        """What made it, step by step, the first step first."""
        steps = self._api.history(self.id)
        return [str(step["CreatedBy"]) for step in reversed(steps)]

    def files(self, folder: str) -> list[str]:
        """Absolute paths of all below a folder; folders end in a slash. Nothing is run for it.

        Raises:
            CheckFailed: There is no such folder.
        """
        with self._container() as identity:
            return list_files(self._client, identity, self.name, folder)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Nothing is run for it.

        Raises:
            CheckFailed: There is no such file.
        """
        with self._container() as identity:
            return read_file(self._client, identity, self.name, path)

    def file(self, path: str) -> Content:
        """A file as something of which text, bytes or JSON can be expected."""
        where = f"Look: docker run --rm --entrypoint cat {self.name} {path}"
        return Content(f"{path} of {self.name}", self.read(path), where)

    # --- what is expected of it

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Image:
        """The label is set, and is `value` where one is given."""
        step = next_step or "LABEL in the Dockerfile sets labels; build it again."
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_env(self, key: str, value: str | None = None, *, next_step: str = "") -> Image:
        """The variable is set, and is `value` where one is given."""
        step = next_step or "ENV in the Dockerfile sets variables; build it again."
        expect_entry(f"{self.name}: variable", self.env, key, value, step)
        return self

    def expect_user(self, expected: str, *, next_step: str = "") -> Image:
        """Its containers run as this user, whatever the group."""
        if self.user.partition(":")[0] != expected:
            raise CheckFailed(
                f"containers of {self.name} run as {expected}",
                f"they run as {self.user or 'root'}",
                next_step or "USER in the Dockerfile says as whom containers run.",
            )
        return self

    def expect_not_root(self, *, next_step: str = "") -> Image:
        """Its containers do not run as root."""
        if self.user.partition(":")[0] in ("", "0", "root"):
            raise CheckFailed(
                f"containers of {self.name} do not run as root",
                "they run as root",
                next_step or "Name another user with USER in the Dockerfile.",
            )
        return self

    def expect_cmd(self, expected: list[str], *, next_step: str = "") -> Image:
        """CMD is exactly these words."""
        return self._same("CMD", expected, self.cmd, next_step)

    def expect_entrypoint(self, expected: list[str], *, next_step: str = "") -> Image:
        """ENTRYPOINT is exactly these words."""
        return self._same("ENTRYPOINT", expected, self.entrypoint, next_step)

    def expect_workdir(self, expected: str, *, next_step: str = "") -> Image:
        """WORKDIR is this folder."""
        return self._same("WORKDIR", expected, self.workdir, next_step)

    def expect_exposed(self, port: int, *, next_step: str = "") -> Image:
        """EXPOSE names the port."""
        if port not in self.exposed:
            raise CheckFailed(
                f"{self.name} says EXPOSE {port}",
                f"it exposes {listed(map(str, self.exposed), 'no port')}",
                next_step or f"Write EXPOSE {port} into the Dockerfile.",
            )
        return self

    def expect_tag(self, expected: str, *, next_step: str = "") -> Image:
        """The image also bears this name."""
        if expected not in self.tags:
            raise CheckFailed(
                f"{self.name} also named {expected}",
                listed(self.tags, "no name"),
                next_step or f"Name it: docker tag {self.name} {expected}",
            )
        return self

    def expect_file(self, path: str, *, next_step: str = "") -> Image:
        """There is something at that path."""
        with self._container() as identity:
            if has_file(self._client, identity, path):
                return self
        raise CheckFailed(
            f"{path} in {self.name}", "no such file", next_step or "COPY puts files into an image."
        )

    def expect_no_file(self, path: str, *, next_step: str = "") -> Image:
        """There is nothing at that path."""
        with self._container() as identity:
            if not has_file(self._client, identity, path):
                return self
        raise CheckFailed(
            f"no {path} in {self.name}",
            "it is there",
            next_step or ".dockerignore keeps files out of the build.",
        )

    def expect_smaller_than(self, megabytes: float, *, next_step: str = "") -> Image:
        """All its layers together have fewer megabytes (of 1,000,000 bytes) than this."""
        if self.size >= megabytes * MB:
            raise CheckFailed(
                f"{self.name} is smaller than {megabytes:g} MB",
                f"{self.size / MB:.0f} MB",
                next_step or f"See what each step added: docker history {self.name}",
            )
        return self

    def expect_built_on(self, reference: str, *, next_step: str = "") -> Image:
        """Its lowest layers are those of another image, which must be there."""
        base = self._api.inspect_image(reference)["RootFS"].get("Layers") or []
        if self.layers[: len(base)] != base:
            raise CheckFailed(
                f"{self.name} is built on {reference}",
                "its lowest layers are others",
                next_step or f"The last FROM in the Dockerfile should be {reference}.",
            )
        return self

    @property
    def _config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.attrs.get("Config") or {}
        return config

    def _same(self, what: str, expected: object, found: object, next_step: str) -> Image:
        if found != expected:
            raise CheckFailed(
                f"{what} {shown(expected)} in {self.name}",
                shown(found),
                next_step or f"{what} in the Dockerfile sets it; build it again.",
            )
        return self

    @contextlib.contextmanager
    def _container(self) -> Iterator[str]:
        """A container that is never started, since only those have an archive to read."""
        identity = self._own.create(self.id)
        try:
            yield identity
        finally:
            self._own.remove_container(identity)
