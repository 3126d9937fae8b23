"""A lane: an engine of its own with its folders, ports and processes, for one thing at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.base.settings import HANDED_OUT, Settings, current_settings, use_settings
from checker.docker import daemon, endpoint
from checker.lanes import network
from checker.lanes.control_groups import LaneGroup
from checker.lanes.engine import LaneEngine
from checker.lanes.namespaces import Namespaces, list_missing_programs, open_namespaces

MOST_LANES = 64
START_SECONDS = 30.0
POLL_SECONDS = 0.05
NUMBERS = Path("/run/course-lanes")
"""A file for each lane of this machine, locked as long as its owner lives."""

SHARED = ("programs", "engines/docker-client", "engines/docker-engine")
"""What lanes take from the cache of this user, where it is there: nothing in it ever changes."""


@dataclass(frozen=True)
class Lane:
    """A lane under way."""

    number: int
    settings: Settings
    namespaces: Namespaces

    def build_command(
        self, argv: Sequence[str | Path], folder: Path | None = None
    ) -> list[str | Path]:
        """Return the command that runs a program in this lane; it wants `environment`."""
        return self.group.build_command(self.namespaces.build_command(argv, folder))

    @property
    def group(self) -> LaneGroup:
        """By which the kernel counts what this lane works."""
        return LaneGroup(self.number)

    def environment(self) -> dict[str, str]:
        """Return the environment of the lane's programs: the course there finds its own engine."""
        others = {key: value for key, value in os.environ.items() if key not in HOST_VARIABLES}
        return {**others, **self.settings.environment()}

    @property
    def host(self) -> str:
        """The DOCKER_HOST of its engine."""
        with use_settings(self.settings):
            return endpoint.daemon_host()

    @property
    def answers(self) -> bool:
        """Whether its engine does."""
        return endpoint.ask_host(self.host).state == "running"


HOST_VARIABLES = ("DOCKER_HOST", "DOCKER_CONFIG", HANDED_OUT, "KUBECONFIG", "COURSE_TEST_ENGINE")
"""What leads out of a lane."""


def explain_absence() -> str:
    """Return why no lanes can be had on this machine; empty if they can."""
    if sys.platform != "linux":
        return "lanes need Linux"
    if os.geteuid() != 0:
        return "lanes need root"
    if endpoint.chosen_host():
        return "DOCKER_HOST names an engine"
    if missing := list_missing_programs():
        return f"{', '.join(missing)} missing"
    return ""


@contextlib.contextmanager
def open_lane(
    engine: LaneEngine, prepare: Callable[[Path], None] | None = None, data: Path | None = None
) -> Iterator[Lane]:
    """Have a lane; nothing of it is left afterwards.

    Args:
        engine: The engine that it runs.
        prepare: Called with the folder of the engine's data, before that starts.
        data: Such a folder, to be kept; the engine is then stopped in good order. The lane has one
            of its own if not given.

    Raises:
        CouldNotFindOut: None can be had; the error says why.
    """
    with _take_number() as (number, note):
        folder = paths.ensure_folder(paths.cache() / "lanes" / str(number))
        note.write(f"{own_network()} {folder}")
        note.flush()
        hidden = [Path(each.removeprefix("unix://")) for each in endpoint.list_candidates()]
        settings = _make_folders(folder, data)
        try:
            if prepare:
                with use_settings(settings):
                    target = daemon.data_root()
                prepare(target)
            sockets = [each for each in hidden if each.is_socket()]
            yield from _run_lane(number, settings, engine, sockets, keep=data is not None)
        finally:
            remove_traces(number, folder)


def _run_lane(
    number: int, settings: Settings, engine: LaneEngine, hidden: list[Path], keep: bool
) -> Iterator[Lane]:
    with use_settings(settings):
        paths.ensure_folder(daemon.data_root())
        endpoint.daemon_folder().mkdir(mode=0o755, exist_ok=True)
        command = [*daemon.build_command(engine.dockerd), *OPTIONS]
        command += ["--cgroup-parent", LaneGroup(number).name]
        env = {**os.environ, "PATH": engine.path}
        join = LaneGroup(number).build_command
        namespaces = open_namespaces(command, daemon.log_file(), env, hidden, join)
    lane = Lane(number, settings, namespaces)
    try:
        network.connect(number, namespaces.first)
        namespaces.begin()
        if not wait_until(lambda: lane.answers, START_SECONDS, POLL_SECONDS):
            with use_settings(settings):
                found = daemon.read_log_end()
                raise CouldNotFindOut("A lane's engine does not answer.", found=found)
        yield lane
        if keep:
            namespaces.stop()
    finally:
        namespaces.end()


OPTIONS = ("--exec-opt", "native.cgroupdriver=cgroupfs")
"""systemd would be asked about processes by numbers that only the lane knows."""


@contextlib.contextmanager
def _take_number() -> Iterator[tuple[int, TextIO]]:
    """Take a number that no lane of this machine has, and what its killed owner left of it."""
    NUMBERS.mkdir(mode=0o700, exist_ok=True)
    for number in range(MOST_LANES):
        with (NUMBERS / str(number)).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            file.seek(0)
            if not _remove_noted(number, file.read()):
                continue
            file.truncate(0)
            try:
                yield number, file
            finally:
                file.truncate(0)
            return
    raise CouldNotFindOut(f"There are {MOST_LANES} lanes already.")


def remove_left_over() -> None:
    """Remove what killed owners left of their lanes: their processes have ended with them."""
    if os.geteuid() != 0 or not NUMBERS.is_dir():
        return
    for file in sorted(NUMBERS.iterdir(), key=lambda each: int(each.name)):
        with file.open("r+") as note, contextlib.suppress(BlockingIOError):
            fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _remove_noted(int(file.name), note.read()):
                note.truncate(0)


def _remove_noted(number: int, note: str) -> bool:
    """Remove what a killed owner left; return False if only another network can remove it.

    In a lane, lanes have the numbers that are free on the machine, but interfaces and rules inside.
    """
    network, _, folder = note.partition(" ")
    if network and network != own_network():
        return False
    if folder:
        remove_traces(number, Path(folder))
    return True


def own_network() -> str:
    """Return the name of the network namespace of this process."""
    return str(Path("/proc/self/ns/net").readlink())


def remove_traces(number: int, folder: Path) -> None:
    """Remove what a lane whose processes have ended has left on this machine."""
    network.disconnect(number)
    settings = _locate_folders(folder)
    with use_settings(settings):
        for each in (endpoint.daemon_folder(), paths.runtime()):
            shutil.rmtree(each, ignore_errors=True)
    discard_folder(folder)
    LaneGroup(number).remove()


def discard_folder(folder: Path) -> None:
    """Have a folder gone at once: a process of its own removes its thousands of files."""
    gone = folder.with_name(f".gone-{uuid.uuid4().hex}")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
    left = [
        str(each) for each in folder.parent.glob(".gone-*")
    ]  # also of a removal that was killed
    if left:
        subprocess.Popen(
            ["rm", "-rf", *left],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def _locate_folders(folder: Path) -> Settings:
    host = current_settings()
    return Settings(
        root=host.root,
        work=folder / "work",
        cache=folder / "cache",
        state=folder / "state",
        language=host.language,
    )


def _make_folders(folder: Path, data: Path | None) -> Settings:
    """Make a lane's folders, with links to what lanes share."""
    settings = _locate_folders(folder)
    paths.ensure_folder(settings.cache / "engines")
    for name in SHARED:
        if (paths.cache() / name).exists():
            (settings.cache / name).symlink_to(paths.cache() / name)
    if data:
        with use_settings(settings):
            daemon.data_root().symlink_to(paths.ensure_folder(data))
    return settings
