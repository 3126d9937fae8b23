"""Files of containers and images, read through the engine's archives; nothing of them is run."""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from checker.checks.core.failure import CheckFailed, find_similar_names, join_names

if TYPE_CHECKING:
    from docker import DockerClient

LARGEST = 16 * 1024 * 1024
"""Bytes of one file; no task asks for more, and a check must not fill the memory."""

LINKS = 8


def read_file(client: DockerClient, container_id: str, name: str, path: str) -> bytes:
    """Return the bytes of a file in a container, running or not; links are followed inside it.

    `name` is how messages call the container or image.

    Raises:
        CheckFailed: There is no such file, or it is bigger than LARGEST.
    """
    for _ in range(LINKS):
        with open_archive(client, container_id, name, path) as archive:
            entry = archive.next()
            assert entry is not None, "the engine sends at least the entry that was asked for"
            if entry.size > LARGEST:
                expected = f"a small file {path} in {name}"
                step = "It holds far more than it should; write it again."
                raise CheckFailed(expected, f"{entry.size // 1024 // 1024} MiB", step)
            file = archive.extractfile(entry) if entry.isfile() else None
            if file is not None:
                return file.read()
        if not entry.issym():
            break
        path = posixpath.join(posixpath.dirname(path), entry.linkname)
    is_folder = entry is not None and entry.isdir()
    found = "a folder of that name" if is_folder else "something that is no ordinary file"
    step = f"Remove what is at {path}, and make a file there."
    raise CheckFailed(f"a file {path} in {name}", found, step)


def has_file(client: DockerClient, container_id: str, path: str) -> bool:
    """Say whether there is something at that path."""
    from docker.errors import NotFound

    try:
        client.api.get_archive(container_id, path)
    except NotFound:
        return False
    return True


def list_files(client: DockerClient, container_id: str, name: str, folder: str) -> list[str]:
    """Return absolute paths of all files below a folder; folders themselves end in a slash.

    Raises:
        CheckFailed: There is no such folder.
    """
    root = posixpath.normpath(folder)
    parent = posixpath.dirname(root)
    with open_archive(client, container_id, name, folder) as archive:
        paths = [
            posixpath.join(parent, entry.name) + ("/" if entry.isdir() else "") for entry in archive
        ]
    return sorted(path for path in paths if path.rstrip("/") != root)


def read_named_files(
    client: DockerClient, container_id: str, name: str, folder: str, wanted: str
) -> dict[str, bytes]:
    """Return all files of one name below a folder, by absolute path; links are left out.

    Raises:
        CheckFailed: There is no such folder.
    """
    parent = posixpath.dirname(posixpath.normpath(folder))
    found = {}
    with open_archive(client, container_id, name, folder) as archive:
        for entry in archive:
            if posixpath.basename(entry.name) == wanted and entry.size <= LARGEST:
                file = archive.extractfile(entry) if entry.isfile() else None
                if file is not None:
                    found[posixpath.join(parent, entry.name)] = file.read()
    return found


def open_archive(client: DockerClient, container_id: str, name: str, path: str) -> tarfile.TarFile:
    """Open the engine's archive of a file or folder.

    Raises:
        CheckFailed: There is no such path; the message has the nearest names next to it.
    """
    from docker.errors import NotFound

    try:
        chunks, _ = client.api.get_archive(container_id, path)
    except NotFound:
        neighbours = _list_neighbours(client, container_id, path)
        alike = find_similar_names(posixpath.basename(path), neighbours)
        found = f"no such file, but {join_names(alike)}" if alike else "no such file"
        step = f"List what is there: the folder {posixpath.dirname(path)}."
        raise CheckFailed(f"{path} in {name}", found, step) from None
    return tarfile.open(fileobj=io.BufferedReader(StreamReader(chunks)), mode="r|")


def _list_neighbours(client: DockerClient, container_id: str, path: str) -> list[str]:
    """Return names next to a missing file; none where the folder is missing too, or is the root."""
    from docker.errors import NotFound

    folder = posixpath.dirname(path)
    if folder in ("", "/"):
        return []
    try:
        chunks, _ = client.api.get_archive(container_id, folder)
    except NotFound:
        return []
    with tarfile.open(fileobj=io.BufferedReader(StreamReader(chunks)), mode="r|") as archive:
        names = [entry.name.partition("/")[2] for entry in archive]
    return [name for name in names if name and "/" not in name]


class StreamReader(io.RawIOBase):
    """The engine's stream of chunks as a file, so that a big archive is never held as a whole."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size
