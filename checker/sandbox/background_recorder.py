"""Records what a learner makes while a lab is worked on, so that `reset` can remove exactly that.

One process per state folder, for the run begun last; it outlives the command that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
from pathlib import Path

from checker.base import background, paths
from checker.base.polling import wait_until
from checker.base.run import Run
from checker.base.settings import current_settings

START_SECONDS = 20.0
STOP_SECONDS = 15.0
PAUSE = 0.02
LOOK_SECONDS = 30.0
"""How often it looks whether its file is still there, since a folder may go without a word."""


def start_recording(run: Run) -> None:
    """Record for this run from now on; another one's recording ends, and its journal is kept."""
    if find_recorded_name() == run.name:
        return
    stop_recording()
    log = paths.ensure_folder(run.settings.runtime) / "keeper.log"
    log.unlink(missing_ok=True)
    reader, writer = os.pipe()
    with os.fdopen(reader) as ready:
        with os.fdopen(writer) as said:
            background.start_module(
                "checker.sandbox.background_recorder",
                run.name,
                str(said.fileno()),
                log=log,
                env={**os.environ, **run.settings.environment()},
                pass_fds=[said.fileno()],
            )
        select.select([ready], [], [], START_SECONDS)


def stop_recording_others(run: Run) -> None:
    """End the recording for another run: what is made from now on is not that one's."""
    if find_recorded_name() != run.name:
        stop_recording()


def stop_recording() -> None:
    """End the recording; what was recorded stays in its journal."""
    if not find_recorded_name():
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(_process_file().read_text().split()[0]), signal.SIGTERM)
    wait_until(lambda: not find_recorded_name(), STOP_SECONDS, PAUSE)


def find_recorded_name() -> str:
    """Return the name of the run that is being recorded now, or nothing.

    A version of before wrote the lab's name there: no run has that one, so it is ended.
    """
    try:
        with _process_file().open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (_process_file().read_text().split() or ["", ""])[1]
    except FileNotFoundError:
        pass
    return ""


def _process_file() -> Path:
    """Return the file with process id and run, which is locked while the process lives.

    It has the name of earlier versions, so that their process is found, and ended.
    """
    return current_settings().runtime / "keeper"


def record_until_told(run: Run, ready: int) -> None:
    from checker.sandbox.recorder import Recorder

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    paths.ensure_folder(run.settings.runtime)
    with _process_file().open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(f"{os.getpid()} {run.name}")
        file.flush()
        with Recorder(run):
            # a lab is left as it is on purpose, also if this process is killed
            paths.write_atomically(run.ended_mark, "")
            os.write(ready, b"1")
            os.close(ready)
            while not signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, LOOK_SECONDS):
                if not _process_file().exists():
                    break


def main() -> None:
    """Record for the run that the first argument names, and say so on the pipe of the second."""
    record_until_told(Run(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
