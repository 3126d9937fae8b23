"""What a registry of this machine has: tags, digests, and files of images, without pulling them."""

from __future__ import annotations

import functools
import io
import platform
import posixpath
import tarfile
from dataclasses import dataclass
from typing import Any

import httpx

from checker.base.errors import CouldNotFindOut
from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.docker.secrets import Secret

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
SECONDS = 5


class Registry:
    """A registry.

    Args:
        address: Host and port, as they stand in front of an image's name.
        auth: User and password, where it wants them.
    """

    def __init__(self, address: str, auth: tuple[str, str] | None = None) -> None:
        self.address = address
        self._auth = auth

    def list_tags(self, repository: str) -> list[str]:
        """Return the tags of a repository; none where there is no such repository."""
        answer = self.ask(f"{repository}/tags/list")
        return sorted(answer.json().get("tags") or []) if answer.status_code == 200 else []

    def image(self, repository: str, reference: str) -> RegistryImage:
        """Return the image that a tag or a digest leads to.

        Raises:
            CheckFailed: The registry has none.
        """
        answer = self.ask(f"{repository}/manifests/{reference}", (*INDEXES, *MANIFESTS))
        mark = "@" if reference.startswith("sha256:") else ":"
        name = f"{repository}{mark}{reference}"
        if answer.status_code != 200:
            found = f"its tags of {repository}: {join_names(self.list_tags(repository))}"
            step = f"Push it: docker push {self.address}/{name}"
            if mark == "@":
                found = f"no such digest; {found}"
                step = "docker pull prints the digest under which the registry has a version."
            raise CheckFailed(f"{name} in the registry {self.address}", found, step)
        manifest = answer.json()
        digest = answer.headers.get("Docker-Content-Digest", reference)
        if manifest.get("mediaType", answer.headers.get("Content-Type")) in INDEXES:
            # one build is several manifests: one for each platform, and what is said about them
            chosen = pick_platform(manifest["manifests"])
            manifest = self.ask(f"{repository}/manifests/{chosen}", MANIFESTS).json()
        return RegistryImage(self, repository, name, digest, manifest)

    def ask(self, path: str, accept: tuple[str, ...] = ()) -> httpx.Response:
        """Return what the registry answers for a path below /v2/.

        Raises:
            CheckFailed: Nothing answers there.
        """
        try:
            return httpx.get(
                f"http://{self.address}/v2/{path}",
                auth=self._auth,
                headers={"Accept": ", ".join(accept)} if accept else {},
                timeout=SECONDS,
                trust_env=False,
            )
        except httpx.ConnectError:
            step = "Is its container running? docker container ls -a shows it."
            expected = f"a registry that answers at {self.address}"
            raise CheckFailed(expected, "no answer", step) from None


@dataclass(frozen=True)
class RegistryImage:
    """An image in a registry: `digest` is what its tag leads to, an index or a manifest."""

    registry: Registry
    repository: str
    name: str
    digest: str
    manifest: dict[str, Any]

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a file as a container would find it; None if it has none."""
        wanted = path.strip("/")
        for layer in reversed(self.manifest["layers"]):
            entries = self._read_layer(layer["digest"])
            if wanted in entries:
                return entries[wanted]
            if is_hidden(wanted, entries):
                return None
        return None

    def find_secret(self, secret: Secret) -> list[str]:
        """Return where a secret is: in settings, history, or a file of any layer."""
        found = []
        config = self.registry.ask(f"{self.repository}/blobs/{self.manifest['config']['digest']}")
        if secret.is_in(config.content):
            found.append("its settings or its history")
        for layer in self.manifest["layers"]:
            files = self._read_layer(layer["digest"])
            found += [f"/{path}" for path, data in files.items() if secret.is_in(data)]
        return found

    def _read_layer(self, digest: str) -> dict[str, bytes]:
        """Return the files of a layer, and its marks of what it removes."""
        return _read_layer(self.registry, self.repository, digest)


@functools.cache
def _read_layer(registry: Registry, repository: str, digest: str) -> dict[str, bytes]:
    blob = registry.ask(f"{repository}/blobs/{digest}").content
    try:
        with tarfile.open(fileobj=io.BytesIO(blob)) as files:
            return {
                posixpath.normpath(each.name).lstrip("/"): (files.extractfile(each) or io.BytesIO())
                .read()
                for each in files
                if each.isfile() or each.islnk()
            }  # fmt: skip
    except tarfile.ReadError:
        message = "A layer is packed in a way that this check cannot read."
        raise CouldNotFindOut(message, found=digest) from None


def is_hidden(path: str, entries: dict[str, bytes]) -> bool:
    """Say whether a layer removes what lower layers have at a path (OCI image spec, whiteouts)."""
    folder, name = posixpath.split(path)
    while name:
        if posixpath.join(folder, f".wh.{name}") in entries:
            return True
        if posixpath.join(folder, ".wh..wh..opq") in entries:
            return True
        folder, name = posixpath.split(folder)
    return False


def pick_platform(manifests: list[dict[str, Any]]) -> str:
    """Return the digest of the manifest for this machine; the first one if none says so."""
    here = ARCHITECTURES.get(platform.machine(), platform.machine())
    for each in manifests:
        asked = each.get("platform") or {}
        if (asked.get("os"), asked.get("architecture")) == ("linux", here):
            return str(each["digest"])
    return str(manifests[0]["digest"])
