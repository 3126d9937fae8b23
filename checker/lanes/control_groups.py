"""The control groups of a lane: the kernel counts by them what it works (cgroups(7))."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from checker.base.polling import wait_until

GROUPS = Path("/sys/fs/cgroup")
GONE_SECONDS = 5.0
POLL_SECONDS = 0.05
JOIN = '{ mkdir -p "${0%/*}" && echo $$ > "$0"; } 2> /dev/null; exec "$@"'
"""Joins a group and becomes the program; where it cannot join, its time is not counted."""


@dataclass(frozen=True)
class LaneGroup:
    """The group of the lane with this number; its engine makes one inside for each container."""

    number: int

    @property
    def name(self) -> str:
        """As the engine names it."""
        return f"/course-lane{self.number}"

    def build_command(self, argv: Sequence[str | Path]) -> list[str | Path]:
        """Return the command that runs a program, and all that it starts, in this group."""
        counter = self._counter
        # version 2 allows no processes in a group that has others inside
        folder = counter / "own" if _is_unified() else counter
        return ["sh", "-c", JOIN, folder / "cgroup.procs", *argv]

    def read_seconds(self) -> float:
        """Return the processor seconds of all that ever ran in it; 0 where nobody counts them."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            if _is_unified():
                stat = (self._counter / "cpu.stat").read_text().split()
                return int(stat[stat.index("usage_usec") + 1]) / 1e6
            return int((self._counter / "cpuacct.usage").read_text()) / 1e9
        return 0.0

    def remove(self) -> None:
        """Remove it once its processes have ended; one may linger."""
        wait_until(self._remove_now, GONE_SECONDS, POLL_SECONDS)

    @property
    def _counter(self) -> Path:
        folder = GROUPS if _is_unified() else GROUPS / "cpuacct"
        return folder / self.name.lstrip("/")

    def _remove_now(self) -> bool:
        left = self._list_folders()
        for folder in left:
            with contextlib.suppress(OSError):
                folder.rmdir()
        return not any(folder.exists() for folder in left)

    def _list_folders(self) -> list[Path]:
        """Return its folders in all hierarchies, the innermost first."""
        found: list[Path] = []
        for hierarchy in [GROUPS, *GROUPS.glob("*/")]:
            top = hierarchy / self.name.lstrip("/")
            found += [Path(folder) for folder, _, _ in os.walk(top, topdown=False)]
        return found


def _is_unified() -> bool:
    """Tell whether this machine has version 2."""
    return (GROUPS / "cgroup.controllers").exists()
