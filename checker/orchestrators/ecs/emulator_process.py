"""The emulator's process: its port, environment, log and process id."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psutil

from checker.base import console, loopback, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_engine
from checker.orchestrators.ecs import aws_settings

MODULE = "checker.orchestrators.ecs.emulator"
FORMER_MODULES = ("checker.engines.emulator",)
"""What the process was called in versions of the course that may have started it."""

STOP_SECONDS = 30.0
PORTS = range(aws_settings.FIRST_PORT, aws_settings.FIRST_PORT + 50)


def choose_port() -> None:
    """Keep the port that was used before, so that open shells go on; else the next free one.

    Raises:
        CouldNotFindOut: None is free.
    """
    wanted = aws_settings.port()
    chosen = next((each for each in (wanted, *PORTS) if loopback.is_free(each)), None)
    if chosen is None:
        raise CouldNotFindOut(
            "No port is free for the ECS emulator.",
            expected=f"a free port from {PORTS.start} to {PORTS.stop - 1} on 127.0.0.1",
            next_step="See what listens: ss -ltnp   and end what you do not need.",
        )
    if chosen != wanted:
        console.err.print(
            f"Port {wanted} is taken by another program; the ECS emulator uses {chosen}. "
            "Shells that were open before need to be opened again."
        )
    paths.write_atomically(aws_settings.port_file(), f"{chosen}\n")


def launch() -> None:
    """Start it; it is not ready yet."""
    folder = state_folder()
    folder.mkdir(parents=True, exist_ok=True)
    log().parent.mkdir(exist_ok=True)
    with log().open("ab") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    paths.write_atomically(_pid_file(), f"{started.pid}\n")


def end() -> None:
    """Have it write its state and end; kill it where it does not."""
    number = pid()
    if number is None:
        return
    process = psutil.Process(number)
    for way in (process.terminate, process.kill):
        with contextlib.suppress(psutil.NoSuchProcess):
            way()
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(STOP_SECONDS)
            break
    _pid_file().unlink(missing_ok=True)


def pid() -> int | None:
    """Its process id, if it lives; a process that merely got the same number does not count."""
    try:
        number = int(_pid_file().read_text())
        process = psutil.Process(number)
        ours = not {MODULE, *FORMER_MODULES}.isdisjoint(process.cmdline())
        lives = process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, psutil.Error):
        return None
    return number if ours and lives else None


def log() -> Path:
    """What it has to say."""
    return paths.cache() / "engines" / "ecs.log"


def last_words() -> str:
    """The end of its log."""
    try:
        return "\n".join(log().read_text(errors="replace").splitlines()[-8:])
    except OSError:
        return "no log"


def keeps_state() -> bool:
    """Whether the learner wants clusters and services back after a stop."""
    return os.environ.get("COURSE_ECS_STATE", "") == "keep"


def state_folder() -> Path:
    """Where the emulator writes what it knows, when it is ended."""
    return aws_settings.folder() / "emulator"


def host() -> str:
    """What MiniStack calls this machine, also in labels: no other course's emulator has it."""
    return f"course-{paths.runtime().name}"


def _pid_file() -> Path:
    return paths.runtime() / "ecs.pid"


def _environment(folder: Path) -> dict[str, str]:
    """What MiniStack reads; its own name for a setting where it has one."""
    return {
        **docker_engine.environment(),
        "PYTHONPATH": str(paths.IMPORT_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(aws_settings.port()),
        "MINISTACK_REGION": aws_settings.REGION,
        "MINISTACK_HOSTNAME": host(),
        "PERSIST_STATE": "1" if keeps_state() else "0",
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "MINISTACK_DOCKER_TIMEOUT": "60",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
