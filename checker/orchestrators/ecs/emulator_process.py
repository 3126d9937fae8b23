"""The emulator's process: its port, environment, log and process id."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from checker.base import background, console, loopback, paths
from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_settings
from checker.orchestrators.registry import shell_environment

MODULE = "checker.orchestrators.ecs.emulator"
FORMER_MODULES = ("checker.engines.emulator",)
"""What the process was called in versions of the course that may have started it."""

STOP_SECONDS = 30.0
PORTS = range(aws_settings.FIRST_PORT, aws_settings.FIRST_PORT + 50)


def choose_port() -> None:
    """Choose the port that was used before, so that open shells go on; else the next free one.

    Raises:
        CouldNotFindOut: None is free.
    """
    wanted = aws_settings.chosen_port()
    chosen = next((each for each in (wanted, *PORTS) if loopback.is_port_free(each)), None)
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


def launch_emulator() -> None:
    """Start it; it is not ready yet."""
    folder = paths.ensure_folder(state_folder())
    paths.ensure_folder(log_file().parent)
    environment = emulator_environment(folder)
    started = background.start_module(MODULE, log=log_file(), cwd=folder, env=environment)
    background.write_record(_pid_file(), started.pid)


def end_emulator() -> None:
    """Have it write its state and end; kill it where it does not."""
    if process := _find_process():
        background.end_process(process, STOP_SECONDS)
        _pid_file().unlink(missing_ok=True)


def find_pid() -> int | None:
    """Return its process id, if it lives; one that merely got the same number does not count."""
    process = _find_process()
    return process.pid if process else None


def _find_process() -> psutil.Process | None:
    return background.read_record(
        _pid_file(), lambda each: not {MODULE, *FORMER_MODULES}.isdisjoint(each.cmdline())
    )


def log_file() -> Path:
    """Return the file that gets what it prints."""
    return paths.cache() / "engines" / "ecs.log"


def read_log_end() -> str:
    """Return the end of its log."""
    try:
        return "\n".join(log_file().read_text(errors="replace").splitlines()[-8:])
    except OSError:
        return "no log"


def persists_state() -> bool:
    """Tell whether the learner wants clusters and services back after a stop."""
    return os.environ.get("COURSE_ECS_STATE", "") == "keep"


def state_folder() -> Path:
    """Return where the emulator writes its state when it is ended."""
    return aws_settings.aws_folder() / "emulator"


def host_name() -> str:
    """Return MiniStack's name of this machine, also in labels: no other emulator has it."""
    return f"course-{paths.runtime().name}"


def _pid_file() -> Path:
    return paths.runtime() / "ecs.pid"


def emulator_environment(folder: Path) -> dict[str, str]:
    """Return the variables that MiniStack reads; its own name for a setting where it has one."""
    return {
        **shell_environment(),
        "PYTHONDONTWRITEBYTECODE": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(aws_settings.chosen_port()),
        "MINISTACK_REGION": aws_settings.REGION,
        "MINISTACK_HOSTNAME": host_name(),
        "PERSIST_STATE": "1" if persists_state() else "0",
        "STATE_DIR": str(folder),
        "S3_DATA_DIR": str(folder / "s3"),
        "MINISTACK_DOCKER_TIMEOUT": "60",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
