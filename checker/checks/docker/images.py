"""Images, and what can be expected of them."""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, describe_value, join_names
from checker.checks.core.settings import expect_entry, parse_environment
from checker.checks.docker.archive import (
    StreamReader,
    has_file,
    list_files,
    read_file,
    read_named_files,
)
from checker.checks.docker.build_steps import BuildStep, read_build_steps
from checker.checks.docker.secrets import Secret

if TYPE_CHECKING:
    from docker import DockerClient

    from checker.checks.docker.temporary import TemporaryObjects

MB = 1_000_000


class DockerImage:
    """An image. `attrs` is all of `docker image inspect`, for what has no name here."""

    def __init__(
        self, client: DockerClient, temporary: TemporaryObjects, name: str, attrs: Mapping[str, Any]
    ) -> None:
        self._client = client
        self._api: Any = client.api
        self._temporary = temporary
        self.name = name
        self.attrs = attrs
        self.build_steps: list[BuildStep] = []
        """What its build did, where a check has built it."""

    def add_build_steps(self, progress: str) -> Self:
        """Add what its build wrote, from which its steps are read."""
        self.build_steps = read_build_steps(progress)
        return self

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
        return parse_environment(self._config.get("Env"))

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
        """Return absolute paths below a folder; folders end in a slash. Nothing is run for it.

        Raises:
            CheckFailed: There is no such folder.
        """
        with self._temporary.create_container(self.id) as container_id:
            return list_files(self._client, container_id, self.name, folder)

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Nothing is run for it.

        Raises:
            CheckFailed: There is no such file.
        """
        with self._temporary.create_container(self.id) as container_id:
            return read_file(self._client, container_id, self.name, path)

    def read_all(self, folder: str, name: str) -> dict[str, bytes]:
        """Return all files of that name below a folder, by path. Nothing is run for it.

        Raises:
            CheckFailed: There is no such folder.
        """
        with self._temporary.create_container(self.id) as container_id:
            return read_named_files(self._client, container_id, self.name, folder, name)

    def find_secret(self, value: str) -> list[str]:
        """Return where a secret is: in settings, history, or a file of any layer."""
        chunks = self._api.get_image(self.id)
        archive = io.BufferedReader(StreamReader(chunks))
        return Secret(value).find_in_image(self._config, self.history, archive)

    def file(self, path: str) -> Content:
        """Return a file as something of which text, bytes or JSON can be expected."""
        step = f"Look: docker run --rm --entrypoint cat {self.name} {path}"
        return Content(f"{path} of {self.name}", self.read(path), step)

    # --- what is expected of it

    def expect_label(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that the label is set, and is `value` where one is given."""
        step = next_step or "LABEL in the Dockerfile sets labels; build it again."
        expect_entry(f"{self.name}: label", self.labels, key, value, step)
        return self

    def expect_env(self, key: str, value: str | None = None, *, next_step: str = "") -> Self:
        """Expect that the variable is set, and is `value` where one is given."""
        step = next_step or "ENV in the Dockerfile sets variables; build it again."
        expect_entry(f"{self.name}: variable", self.env, key, value, step)
        return self

    def expect_user(self, expected: str, *, next_step: str = "") -> Self:
        """Expect its containers to run as this user, whatever the group."""
        if self.user.partition(":")[0] != expected:
            what = f"containers of {self.name} run as {expected}"
            step = next_step or "USER in the Dockerfile says as whom containers run."
            raise CheckFailed(what, f"they run as {self.user or 'root'}", step)
        return self

    def expect_not_root(self, *, next_step: str = "") -> Self:
        """Expect its containers not to run as root, under whatever name."""
        if self._find_user_id() == 0:
            expected = f"containers of {self.name} do not run as root"
            step = next_step or "Name another user with USER in the Dockerfile."
            named = self.user.partition(":")[0]
            alias = f"; {named} is another name of it" if named not in ("", "0", "root") else ""
            raise CheckFailed(expected, f"they run as root{alias}", step)
        return self

    def expect_cmd(self, expected: list[str], *, next_step: str = "") -> Self:
        """Expect exactly these words of CMD."""
        return self._expect_setting("CMD", expected, self.cmd, next_step)

    def expect_entrypoint(self, expected: list[str], *, next_step: str = "") -> Self:
        """Expect exactly these words of ENTRYPOINT."""
        return self._expect_setting("ENTRYPOINT", expected, self.entrypoint, next_step)

    def expect_workdir(self, expected: str, *, next_step: str = "") -> Self:
        """Expect this folder as WORKDIR."""
        return self._expect_setting("WORKDIR", expected, self.workdir, next_step)

    def expect_exposed(self, port: int, *, next_step: str = "") -> Self:
        """Expect that EXPOSE names the port."""
        if port not in self.exposed:
            found = f"it exposes {join_names(map(str, self.exposed), 'no port')}"
            step = next_step or f"Write EXPOSE {port} into the Dockerfile."
            raise CheckFailed(f"{self.name} says EXPOSE {port}", found, step)
        return self

    def expect_tag(self, expected: str, *, next_step: str = "") -> Self:
        """Expect that the image also has this name."""
        if expected not in self.tags:
            what = f"{self.name} also named {expected}"
            step = next_step or f"Name it: docker tag {self.name} {expected}"
            raise CheckFailed(what, join_names(self.tags, "no name"), step)
        return self

    def expect_file(self, path: str, *, next_step: str = "") -> Self:
        """Expect something at that path."""
        if not self._has_file(path):
            step = next_step or "COPY puts files into an image."
            raise CheckFailed(f"{path} in {self.name}", "no such file", step)
        return self

    def expect_no_file(self, path: str, *, next_step: str = "") -> Self:
        """Expect nothing at that path."""
        if self._has_file(path):
            step = next_step or ".dockerignore keeps files out of the build."
            raise CheckFailed(f"no {path} in {self.name}", "it is there", step)
        return self

    def expect_no_secret(self, value: str, *, next_step: str = "") -> Self:
        """Expect the secret to be in no setting, no step of the history, and no layer."""
        found = self.find_secret(value)
        if found:
            step = next_step or "Whoever gets the image can read it. Keep it out of the build."
            raise CheckFailed(f"{value} nowhere in {self.name}", join_names(found), step)
        return self

    def expect_smaller_than(self, megabytes: float, *, next_step: str = "") -> Self:
        """Expect all its layers together to have fewer megabytes (of 1,000,000 bytes) than this."""
        if self.size >= megabytes * MB:
            expected = f"{self.name} is smaller than {megabytes:g} MB"
            step = next_step or f"See what each step added: docker history {self.name}"
            raise CheckFailed(expected, f"{self.size / MB:.0f} MB", step)
        return self

    def expect_built_on(self, reference: str, *, next_step: str = "") -> Self:
        """Expect its lowest layers to be those of another image, which must be there."""
        base = self._api.inspect_image(reference)["RootFS"].get("Layers") or []
        if self.layers[: len(base)] != base:
            expected = f"{self.name} is built on {reference}"
            step = next_step or f"The last FROM in the Dockerfile should be {reference}."
            raise CheckFailed(expected, "its lowest layers are others", step)
        return self

    @property
    def _config(self) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self.attrs.get("Config") or {}
        return config

    def _expect_setting(
        self, instruction: str, expected: object, found: object, next_step: str
    ) -> Self:
        if found != expected:
            what = f"{instruction} {describe_value(expected)} in {self.name}"
            step = next_step or f"{instruction} in the Dockerfile sets it; build it again."
            raise CheckFailed(what, describe_value(found), step)
        return self

    def _find_user_id(self) -> int | None:
        """Return the number of the user its containers run as; None if the image knows no such."""
        named = self.user.partition(":")[0]
        if named in ("", "root"):
            return 0
        if named.isdecimal():
            return int(named)
        # passwd(5): name, password, number of the user, ...
        lines = self.read("/etc/passwd").decode(errors="replace").splitlines()
        fields = [line.split(":") for line in lines]
        found = [each[2] for each in fields if each[0] == named and len(each) > 2]
        return int(found[0]) if found else None

    def _has_file(self, path: str) -> bool:
        # only containers have an archive to read; this one is never started
        with self._temporary.create_container(self.id) as container_id:
            return has_file(self._client, container_id, path)
