"""The Docker Engine that the course starts itself, where no service manager does it.

Its data is in the cache; socket and process id are in a short folder of its own. It goes on
when the course ends, and ends by its process id.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from checker.base import console, paths
from checker.base.background import ProcessRecord
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.docker import endpoint
from checker.docker.privilege import run_as_root

START_SECONDS = 90.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.1
LAUNCH = """\
exec >>"$LOG" 2>&1 </dev/null 9>"$RUN/launch.lock"
flock --nonblock 9 || exit 0
rm -f "$RUN/docker.pid" "$RUN/docker.sock"
"$@" 9>&-
echo $? >"$RUN/ended"
"""
"""Holds a lock as long as the engine lives: a second launch, after a kill, finds it held."""


def data_root() -> Path:
    """Return where its images, containers and volumes are."""
    return paths.cache() / "engines" / "docker-data"


def log_file() -> Path:
    """Return the file of what it has to say."""
    return paths.cache() / "engines" / "dockerd.log"


def find_pid() -> int | None:
    """Return its process id, if it lives; a process that merely got the number does not count.

    dockerd writes the bare number itself; its command line tells it from another process.
    """
    try:
        number = int((endpoint.daemon_folder() / "docker.pid").read_text())
        command = psutil.Process(number).cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return number if str(data_root()) in command else None


def start_daemon(dockerd: str, path: str) -> None:
    """Start it, or wait for one that is starting; return when its API answers.

    On the PATH given it finds containerd, runc, iptables and its helpers.

    Raises:
        CouldNotFindOut: It ended, or did not answer in time; the error quotes its log.
    """
    host, ended = endpoint.daemon_host(), endpoint.daemon_folder() / "ended"
    with console.step("Starting the Docker Engine"):
        if find_pid() is None:
            launch_daemon(dockerd, path)

        def is_settled() -> bool:
            return endpoint.ask_host(host).state == "running" or ended.exists()

        wait_until(is_settled, START_SECONDS, POLL_SECONDS)
        if endpoint.ask_host(host).state != "running":
            raise CouldNotFindOut(
                f"The Docker Engine {'ended at once' if ended.exists() else 'does not answer'}.",
                found=read_log_end(),
                next_step=f"The whole log is in {log_file()}; ./course doctor may know more.",
            )


def stop_daemon() -> None:
    """End it and its containers, politely first.

    Raises:
        CouldNotFindOut: It did not end.
    """
    if number := find_pid():
        with console.step("Stopping the Docker Engine"):
            end_as_root(number)
    if containerd := find_containerd():
        end_as_root(containerd)


def launch_daemon(dockerd: str, path: str) -> None:
    """Start it as root; it does not answer yet."""
    folder = endpoint.daemon_folder()
    paths.ensure_folder(data_root())
    run_as_root(["mkdir", "-p", "-m", "755", folder], timeout=30)
    run_as_root(["rm", "-f", folder / "ended"], timeout=30)
    run_as_root(
        ["setsid", "--fork", "sh", "-c", LAUNCH, "sh", *build_command(dockerd)],
        timeout=60,
        env={"PATH": path, "LOG": str(log_file()), "RUN": str(folder)},
    )


def build_command(dockerd: str) -> list[str]:
    """Return the command of the engine whose folders are those of the settings of now."""
    folder = endpoint.daemon_folder()
    command = [dockerd, "--host", endpoint.daemon_host(), "--group", str(os.getgid())]
    command += ["--data-root", str(data_root()), "--exec-root", str(folder / "exec")]
    return [*command, "--pidfile", str(folder / "docker.pid")]


def end_as_root(number: int) -> None:
    """End a process politely, and where that does not help within STOP_SECONDS, at once.

    Raises:
        CouldNotFindOut: It did not end.
    """
    try:
        process = ProcessRecord.of(number)
    except psutil.NoSuchProcess:
        return
    for signal in ("TERM", "KILL"):
        run_as_root(["sh", "-c", f"kill -{signal} {number} 2>/dev/null || true"], timeout=10)
        if wait_until(lambda: process.find_process() is None, STOP_SECONDS, POLL_SECONDS):
            return
    raise CouldNotFindOut(f"Process {number} does not end.", next_step="Restart the machine.")


def find_containerd() -> int | None:
    """Return the process id of its containerd, which outlives a Docker Engine that was killed."""
    wanted = str(endpoint.daemon_folder() / "exec" / "containerd" / "containerd.toml")
    for process in psutil.process_iter(["pid", "cmdline"]):
        if wanted in (process.info["cmdline"] or []):
            return int(process.info["pid"])
    return None


def read_log_end() -> str:
    """Return what the log says of errors, or its last lines where it speaks of none."""
    try:
        lines = log_file().read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    telling = [line for line in lines[-200:] if "level=error" in line or "failed" in line]
    return "\n".join((telling or lines)[-5:])
