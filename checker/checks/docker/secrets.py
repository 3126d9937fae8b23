"""Where a secret is kept, found by its value: as it is, in Base64, or encoded for a URL."""

from __future__ import annotations

import base64
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from checker.checks.docker.containers import Container

LARGEST = 4 * 1024 * 1024
"""Bytes of a file that is searched: secrets are typed or copied, and never that long."""


class Secret:
    """A secret by its value."""

    def __init__(self, value: str) -> None:
        plain = value.encode()
        self.forms = {plain, quote(value, safe="").encode()}
        # what stands before it decides where its bits begin: there are three ways
        for before in range(3):
            whole = base64.b64encode(b"\0" * before + plain)
            core = whole[(0, 2, 3)[before] : (before + len(plain)) * 8 // 6]
            if len(core) >= 8:
                self.forms |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}

    def is_in(self, data: bytes | str) -> bool:
        """Say whether it stands somewhere in there."""
        searched = data.encode() if isinstance(data, str) else data
        return any(form in searched for form in self.forms)

    def find_in_folder(self, folder: Path) -> list[str]:
        """Return the files below a folder that hold it, hidden ones included; no link is followed.

        The paths begin at the folder.
        """
        found = []
        for parent, _, names in os.walk(folder):
            for path in (Path(parent, name) for name in names):
                if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
                    continue
                if self.is_in(path.read_bytes()):
                    found.append(str(path.relative_to(folder)))
        return sorted(found)

    def find_in_container(self, container: Container) -> list[str]:
        """Return which settings of a container hold it: variables, labels, the command."""
        found = _list_entries(self, "variable", container.env)
        found += _list_entries(self, "label", container.labels)
        if self.is_in(" ".join(container.command)):
            found.append("the command")
        return [f"{each} of {container.name}" for each in found]

    def find_in_image(self, config: Any, history: Iterable[str], archive: IO[bytes]) -> list[str]:
        """Return where an image holds it.

        Args:
            config: Its `Config`, as the engine tells it.
            history: Its steps, as text.
            archive: What `docker save` writes of it.
        """
        pairs = dict(each.partition("=")[::2] for each in config.get("Env") or ())
        found = _list_entries(self, "variable", pairs)
        found += _list_entries(self, "label", config.get("Labels") or {})
        found += [f"history: {step.strip()[:80]}" for step in history if self.is_in(step)]
        return list(dict.fromkeys([*found, *self._list_files(archive)]))

    def _list_files(self, archive: IO[bytes]) -> list[str]:
        found = []
        with tarfile.open(fileobj=archive, mode="r|") as blobs:
            for blob in blobs:
                stream = blobs.extractfile(blob) if blob.isfile() else None
                if stream is None:
                    continue
                try:
                    # layers are packed or not, as the engine keeps them; the rest is JSON
                    with tarfile.open(fileobj=stream, mode="r|*") as layer:
                        found += self._list_members(layer)
                except tarfile.ReadError:
                    continue
        return found

    def _list_members(self, layer: tarfile.TarFile) -> list[str]:
        found = []
        for member in layer:
            if member.isfile() and member.size <= LARGEST:
                file = layer.extractfile(member)
                if file is not None and self.is_in(file.read()):
                    found.append(f"/{member.name.removeprefix('./')}")
        return found


def _list_entries(secret: Secret, kind: str, entries: dict[str, str]) -> list[str]:
    return [f"{kind} {key}" for key, value in entries.items() if secret.is_in(f"{key}={value}")]
