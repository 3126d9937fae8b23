"""Records what a learner makes while a lab is worked on, so that `reset` can remove exactly that.

One process per state folder, for the lab begun last; it outlives the command that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from checker.base import paths

START_SECONDS = 20.0
STOP_SECONDS = 15.0
PAUSE = 0.02
LOOK_SECONDS = 30.0
"""How often it looks whether its file is still there, since a folder may go without a word."""


def journal_name(lab_id: str) -> str:
    """The journal of what was made for a lab."""
    return f"lab-{lab_id.replace('/', '-')}"


def start(lab_id: str) -> None:
    """Record for this lab from now on; another lab's recording ends, and its journal is kept."""
    if _recorded() == lab_id:
        return
    stop()
    reader, writer = os.pipe()
    with os.fdopen(reader) as ready, (paths.runtime() / "keeper.log").open("w") as log:
        with os.fdopen(writer) as said:
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "checker.sandbox.background_recorder",
                    lab_id,
                    str(said.fileno()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[said.fileno()],
                env={**os.environ, "PYTHONPATH": str(paths.IMPORT_ROOT)},
                start_new_session=True,
            )
        select.select([ready], [], [], START_SECONDS)


def stop_others(lab_id: str) -> None:
    """End the recording for another lab: what is made from now on is not that lab's."""
    if _recorded() != lab_id:
        stop()


def stop() -> None:
    """End the recording; what was recorded stays in its journal."""
    if not _recorded():
        return
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(_file().read_text().split()[0]), signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _recorded() and time.monotonic() < deadline:
        time.sleep(PAUSE)


def _file() -> Path:
    """Holds process id and lab; locked while the process lives."""
    return paths.runtime() / "keeper"


def _recorded() -> str:
    """The lab that is being recorded now, or nothing."""
    try:
        with _file().open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (_file().read_text().split() or ["", ""])[1]
    except FileNotFoundError:
        pass
    return ""


def _record(lab_id: str, ready: int) -> None:
    from checker.docker import journal
    from checker.sandbox.recorder import Recorder

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    with _file().open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(f"{os.getpid()} {lab_id}")
        file.flush()
        with Recorder(journal_name(lab_id)):
            # a lab is left as it is on purpose, also if this process is killed
            (journal.folder() / f"{journal_name(lab_id)}.done").touch()
            os.write(ready, b"1")
            os.close(ready)
            while not signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, LOOK_SECONDS):
                if not _file().exists():
                    break


def main() -> None:
    """Record for the lab that the first argument names, and say so on the pipe of the second."""
    _record(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
