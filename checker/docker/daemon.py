"""The Docker Engine that the course starts itself, where no service manager does it.

Its data is in the cache; socket and process id are in a short folder of its own. It goes on
when the course ends, and ends by its process id.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
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
    """Its images, containers and volumes."""
    return paths.cache() / "engines" / "docker-data"


def log() -> Path:
    """What it has to say."""
    return paths.cache() / "engines" / "dockerd.log"


def pid() -> int | None:
    """Its process id, if it lives; a process that merely got the same number does not count."""
    try:
        number = int((endpoint.own_folder() / "docker.pid").read_text())
        command = psutil.Process(number).cmdline()
    except (OSError, ValueError, psutil.Error):
        return None
    return number if str(data_root()) in command else None


def start(dockerd: str, path: str) -> None:
    """Start it, or wait for one that is starting; returns when its API answers.

    Args:
        dockerd: The program.
        path: The PATH on which it finds containerd, runc, iptables and its helpers.

    Raises:
        CouldNotFindOut: It ended, or did not answer in time; the error quotes its log.
    """
    with console.step("Starting the Docker Engine"):
        if pid() is None:
            _launch(dockerd, path)
        _wait_until_it_answers()


def stop() -> None:
    """End it and its containers, politely first.

    Raises:
        CouldNotFindOut: It did not end.
    """
    if number := pid():
        with console.step("Stopping the Docker Engine"):
            _end(number)
    if containerd := _containerd():
        _end(containerd)


def _launch(dockerd: str, path: str) -> None:
    own = endpoint.own_folder()
    data_root().mkdir(parents=True, exist_ok=True)
    run_as_root(["mkdir", "-p", "-m", "755", own], timeout=30)
    run_as_root(["rm", "-f", own / "ended"], timeout=30)
    command = [dockerd, "--host", endpoint.own_host(), "--group", str(os.getgid())]
    command += ["--data-root", str(data_root()), "--exec-root", str(own / "exec")]
    command += ["--pidfile", str(own / "docker.pid")]
    run_as_root(
        ["setsid", "--fork", "sh", "-c", LAUNCH, "sh", *command],
        timeout=60,
        env={"PATH": path, "LOG": str(log()), "RUN": str(own)},
    )


def _wait_until_it_answers() -> None:
    deadline = time.monotonic() + START_SECONDS
    while endpoint.ask(endpoint.own_host()).state != "running":
        ended = (endpoint.own_folder() / "ended").exists()
        if ended or time.monotonic() > deadline:
            raise CouldNotFindOut(
                f"The Docker Engine {'ended at once' if ended else 'does not answer'}.",
                found=_last_words(),
                next_step=f"The whole log is in {log()}; ./course doctor may know more.",
            )
        time.sleep(POLL_SECONDS)


def _end(number: int) -> None:
    for signal in ("TERM", "KILL"):
        run_as_root(["sh", "-c", f"kill -{signal} {number} 2>/dev/null || true"], timeout=10)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _lives(number):
                return
            time.sleep(POLL_SECONDS)
    raise CouldNotFindOut(f"Process {number} does not end.", next_step="Restart the machine.")


def _lives(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _containerd() -> int | None:
    """Its containerd, which outlives a Docker Engine that was killed."""
    wanted = str(endpoint.own_folder() / "exec" / "containerd" / "containerd.toml")
    for process in psutil.process_iter(["pid", "cmdline"]):
        if wanted in (process.info["cmdline"] or []):
            return int(process.info["pid"])
    return None


def _last_words() -> str:
    try:
        lines = log().read_text(errors="replace").splitlines()
    except OSError:
        return "no log"
    telling = [line for line in lines[-200:] if "level=error" in line or "failed" in line]
    return "\n".join((telling or lines)[-5:])
