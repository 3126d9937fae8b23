"""Files of containers and images, read through the engine's archives; nothing of them is run."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.checks.core.failure import CheckFailed, listed, near

if TYPE_CHECKING:
    from docker import DockerClient

LARGEST = 16 * 1024 * 1024
"""Bytes of one file; no task asks for more, and a check must not fill the memory."""

LINKS = 8


def read_file(client: DockerClient, container_id: str, name: str, path: str) -> bytes:
    """The bytes of a file in a container, running or not; symbolic links are followed inside it.

    Args:
        name: How messages call the container or image.

    Raises:
        CheckFailed: There is no such file, or it is bigger than LARGEST.
    """
    for _ in range(LINKS):
        entry, data = _first_entry(client, container_id, name, path)
        if entry.isfile():
            return data
        if not entry.issym():
            break
        path = posixpath.join(posixpath.dirname(path), entry.linkname)
    raise CheckFailed(
        f"a file {path} in {name}", "a folder, or no ordinary file", "Name a file, not a folder."
    )


def has_file(client: DockerClient, container_id: str, path: str) -> bool:
    """Whether there is something at that path."""
    from docker.errors import NotFound

    try:
        client.api.get_archive(container_id, path)
    except NotFound:
        return False
    return True


def list_files(client: DockerClient, container_id: str, name: str, folder: str) -> list[str]:
    """Absolute paths of all files below a folder; folders themselves end in a slash.

    Raises:
        CheckFailed: There is no such folder.
    """
    root = posixpath.normpath(folder)
    parent = posixpath.dirname(root)
    with _archive(client, container_id, name, folder) as archive:
        paths = [
            posixpath.join(parent, entry.name) + ("/" if entry.isdir() else "") for entry in archive
        ]
    return sorted(path for path in paths if path.rstrip("/") != root)


def _first_entry(
    client: DockerClient, container_id: str, name: str, path: str
) -> tuple[tarfile.TarInfo, bytes]:
    with _archive(client, container_id, name, path) as archive:
        entry = archive.next()
        assert entry is not None, "the engine sends at least the entry that was asked for"
        if entry.size > LARGEST:
            raise CheckFailed(
                f"a small file {path} in {name}",
                f"{entry.size // 1024 // 1024} MiB",
                "It holds far more than it should; write it again.",
            )
        file = archive.extractfile(entry) if entry.isfile() else None
        return entry, file.read() if file else b""


def _archive(client: DockerClient, container_id: str, name: str, path: str) -> tarfile.TarFile:
    from docker.errors import NotFound

    try:
        pieces, _ = client.api.get_archive(container_id, path)
    except NotFound:
        raise _missing(client, container_id, name, path) from None
    return tarfile.open(fileobj=io.BufferedReader(_Pieces(pieces)), mode="r|")


def _missing(client: DockerClient, container_id: str, name: str, path: str) -> CheckFailed:
    alike = near(posixpath.basename(path), _neighbours(client, container_id, path))
    found = f"no such file, but {listed(alike)}" if alike else "no such file"
    return CheckFailed(
        f"{path} in {name}", found, f"List what is there: the folder {posixpath.dirname(path)}."
    )


def _neighbours(client: DockerClient, container_id: str, path: str) -> list[str]:
    """Names beside a missing file; none where the folder is missing too, or is the root."""
    from docker.errors import NotFound

    folder = posixpath.dirname(path)
    if folder in ("", "/"):
        return []
    try:
        pieces, _ = client.api.get_archive(container_id, folder)
    except NotFound:
        return []
    with tarfile.open(fileobj=io.BufferedReader(_Pieces(pieces)), mode="r|") as archive:
        names = [entry.name.partition("/")[2] for entry in archive]
    return [name for name in names if name and "/" not in name]


class _Pieces(io.RawIOBase):
    """The engine's stream of pieces as a file, so that a big archive is never held as a whole."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._pieces, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
