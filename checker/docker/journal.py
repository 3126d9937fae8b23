"""A list on disk of what a run made, written entry by entry and locked while the run lives."""

from __future__ import annotations

import contextlib
import fcntl
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from checker.base import paths
from checker.base.errors import CourseError


@dataclass(frozen=True)
class Entry:
    """A thing that was made: a container, network, volume, image id, or an image's name (tag);
    in a Swarm also a service, secret or config.

    `was` is the id of the image that bore the name before, which gets it back.
    """

    kind: str
    identity: str
    was: str = ""


class Journal:
    """One file a run; each entry is one line, so that a kill loses at most the line under way."""

    def __init__(self, name: str) -> None:
        if not re.fullmatch(r"[\w.-]+", name):
            raise ValueError(f"not a journal's name: {name!r}")
        self.name = name
        self.path = folder() / f"{name}.jsonl"
        self.entries: list[Entry] = _read(self.path)
        self._guard = threading.Lock()
        self._file: TextIO | None = None

    def open(self) -> None:
        """Lock the file for this run.

        Raises:
            CourseError: Another run of this name is under way.
        """
        file = self.path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise CourseError(
                f"{self.name} is under way already, in another process.",
                next_step="Wait until it has ended, then run it again.",
            ) from None
        self._file = file
        self.path.with_suffix(".done").unlink(missing_ok=True)

    def add(self, entry: Entry) -> None:
        """Write an entry down, once."""
        with self._guard:
            if entry in self.entries:
                return
            self.entries.append(entry)
            if self._file:
                self._file.write(json.dumps(asdict(entry)) + "\n")
                self._file.flush()

    def replace(self, entries: list[Entry]) -> None:
        """Keep only these entries; without any, the file goes when the run ends."""
        with self._guard:
            self.entries = entries
            if self._file:
                self._file.truncate(0)
                self._file.writelines(json.dumps(asdict(entry)) + "\n" for entry in entries)
                self._file.flush()
            elif entries:
                lines = [json.dumps(asdict(entry)) + "\n" for entry in entries]
                paths.write_atomically(self.path, "".join(lines))
            else:
                self._forget()

    def close(self) -> None:
        """End the run in good order: what it leaves is left on purpose."""
        if self._file:
            self._forget() if not self.entries else self.path.with_suffix(".done").touch()
            self._file.close()
            self._file = None

    def _forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".done").unlink(missing_ok=True)


def folder() -> Path:
    """Where the journals are."""
    made = paths.state() / "made"
    made.mkdir(parents=True, exist_ok=True)
    return made


def names() -> list[str]:
    """Every journal there is."""
    return sorted(path.stem for path in folder().glob("*.jsonl"))


def killed() -> list[str]:
    """Journals whose run neither lives nor ended in good order."""
    return [
        name
        for name in names()
        if not (folder() / f"{name}.done").exists() and not _is_held(folder() / f"{name}.jsonl")
    ]


def _is_held(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _read(path: Path) -> list[Entry]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    return list(_entries(lines))


def _entries(lines: list[str]) -> Iterator[Entry]:
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            yield Entry(**json.loads(line))
