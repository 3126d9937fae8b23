"""A list on disk of what a run made, written entry by entry and locked while the run lives."""

from __future__ import annotations

import contextlib
import fcntl
import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from checker.base import paths
from checker.base.errors import CourseError
from checker.base.run import Run, journals_folder


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

    def __init__(self, run: Run) -> None:
        self.run = run
        self.entries: list[Entry] = _read_entries(run.journal)
        self._guard = threading.Lock()
        self._file: TextIO | None = None

    def open(self) -> None:
        """Lock the file for this run.

        Raises:
            CourseError: Another run of this name is under way.
        """
        paths.ensure_folder(self.run.folder)
        file = self.run.journal.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise CourseError(
                f"{self.run.name} is under way already, in another process.",
                next_step="Wait until it has ended, then run it again.",
            ) from None
        self._file = file
        self.run.ended_mark.unlink(missing_ok=True)

    def add_entry(self, entry: Entry) -> None:
        """Write an entry down, once."""
        with self._guard:
            if entry in self.entries:
                return
            self.entries.append(entry)
            if self._file:
                self._file.write(json.dumps(asdict(entry)) + "\n")
                self._file.flush()

    def replace_entries(self, entries: list[Entry]) -> None:
        """Keep only these entries; without any, the file goes when the run ends."""
        text = "".join(json.dumps(asdict(entry)) + "\n" for entry in entries)
        with self._guard:
            self.entries = entries
            if self._file:
                self._file.truncate(0)
                self._file.write(text)
                self._file.flush()
            elif entries:
                paths.write_atomically(self.run.journal, text)
            else:
                self._remove_files()

    def close(self) -> None:
        """End the run in good order: what it leaves is left on purpose."""
        if self._file:
            self._remove_files() if not self.entries else self.run.ended_mark.touch()
            self._file.close()
            self._file = None

    def _remove_files(self) -> None:
        self.run.journal.unlink(missing_ok=True)
        self.run.ended_mark.unlink(missing_ok=True)


def list_runs() -> list[Run]:
    """Return every run that has a journal."""
    return [Run(path.stem) for path in sorted(journals_folder().glob("*.jsonl"))]


def list_killed_runs() -> list[Run]:
    """Return the runs with a journal that neither live nor ended in good order."""
    return [run for run in list_runs() if not run.ended_mark.exists() and not _is_held(run.journal)]


def _is_held(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _read_entries(path: Path) -> list[Entry]:
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return []
    entries = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError):
            entries.append(Entry(**json.loads(line)))
    return entries
