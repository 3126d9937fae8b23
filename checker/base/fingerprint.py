"""Tells a process that runs the code of now from one that was started before an update."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CODE = (".py", ".ini", ".toml")


def fingerprint_package(package: Path = PACKAGE) -> str:
    """Return a digest that changes with every source file of the package, in whatever subfolder.

    It looks at names, sizes and times of change, since reading the files would cost a check of
    a lab a tenth of its time.
    """
    digest = hashlib.sha256(f"{sys.executable} {package}".encode())
    for path, size, changed in sorted(_list_sources(str(package))):
        digest.update(f"{path} {size} {changed}\n".encode())
    return digest.hexdigest()


def _list_sources(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _list_sources(entry.path)
            elif entry.name.endswith(CODE):
                with contextlib.suppress(FileNotFoundError):  # an editor's lock leads nowhere
                    status = entry.stat()
                    yield entry.path, status.st_size, status.st_mtime_ns
