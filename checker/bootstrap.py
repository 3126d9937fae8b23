"""Makes .venv from the pinned requirements; the `course` script calls it before anything else.

It runs before any package is there, so it uses the standard library alone. A new environment
is built beside the old one and takes its place by renaming a link, so that a kill leaves the
old one or none, and a course that runs keeps its files.
"""

from __future__ import annotations

import fcntl
import filecmp
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALL_SECONDS = 1800
APT_SECONDS = 600
VENV_PACKAGE = "python3-venv"


class Failed(Exception):
    """Preparing did not work; the text says what to do."""


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Make the environment that these arguments of `course` need.

    Returns:
        0, or 3 if it could not be made; the reason is on standard error.
    """
    files = ["requirements", "requirements-dev"] if arguments[:1] == ["test"] else ["requirements"]
    try:
        with (root / ".venv.lock").open("w") as lock:
            os.set_inheritable(lock.fileno(), True)
            _wait_for(lock.fileno())
            prepare(root, files, assume_yes="--yes" in arguments)
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        say(f"course: {error}")
        return 3
    except KeyboardInterrupt:
        say("course: stopped; run the same command again to go on.")
        return 130
    return 0


def prepare(root: Path, files: list[str], assume_yes: bool) -> None:
    """Build the environment anew if its requirements changed; then add what else is wanted."""
    if not is_installed(root, "requirements"):
        _need_venv(assume_yes)
        _replace(root)
    for name in files[1:]:
        if not is_installed(root, name):
            _add(root, name)


def is_installed(root: Path, name: str) -> bool:
    """Whether .venv holds exactly what NAME.txt pins."""
    stamp = _stamp(root / ".venv", name)
    runs = os.access(root / ".venv/bin/python", os.X_OK)
    return runs and stamp.exists() and filecmp.cmp(root / f"{name}.txt", stamp, shallow=False)


def _replace(root: Path) -> None:
    started = time.monotonic()
    say("Preparing the course: installing its Python packages (once, a minute or two) ...")
    link = root / ".venv"
    old = link.resolve()
    new = root / f".venv-{zlib.crc32((root / 'requirements.txt').read_bytes()):08x}"
    shutil.rmtree(new, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(new)])
    _install(root, new, "requirements")
    _point(link, new)
    for other in root.glob(".venv-*"):
        if other not in (new, old):
            shutil.rmtree(other, ignore_errors=True)
    say(f"Prepared in {time.monotonic() - started:.0f} s.")


def _point(link: Path, new: Path) -> None:
    """Make the link in one step; an environment that is a folder of its own gives way first."""
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)
    fresh = link.with_name(".venv-link")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(new.name)
    fresh.replace(link)


def _add(root: Path, name: str) -> None:
    """More packages in place; until they are complete the environment counts as broken."""
    say("Preparing the tests: installing their Python packages (once) ...")
    venv = root / ".venv"
    stamp = _stamp(venv, "requirements")
    stamp.unlink()
    _install(root, venv, name)
    shutil.copyfile(root / "requirements.txt", stamp)


def _install(root: Path, venv: Path, name: str) -> None:
    pip = [
        str(venv / "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    _run([*pip, "--require-hashes", "--no-deps", "-r", str(root / f"{name}.txt")])
    shutil.copyfile(root / f"{name}.txt", _stamp(venv, name))


def _stamp(venv: Path, name: str) -> Path:
    return venv / f"{name}-installed.txt"


def _need_venv(assume_yes: bool) -> None:
    """Debian and Ubuntu ship Python without the part that makes environments."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    default = Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve()
    package = VENV_PACKAGE if default else f"python3.{sys.version_info.minor}-venv"
    command = ["apt-get", "install", "-y", "--no-install-recommends", package]
    typed = f"apt-get update && {shlex.join(command)}"
    if os.geteuid() != 0:
        typed = f"sudo {typed.replace('&& ', '&& sudo ')}"
    if not shutil.which("apt-get") or (os.geteuid() != 0 and not shutil.which("sudo")):
        raise Failed(f"Python's venv module is missing.\n  next: as root, type: {typed}")
    if sys.stdin.isatty() and not assume_yes and not _agrees(typed):
        raise Failed(f"Python's venv module is missing.\n  next: type: {typed}")
    say(f"Installing {package}, which Python needs to make an environment ...")
    for step in (["apt-get", "update"], command):
        _run_as_root(step, typed)


def _agrees(typed: str) -> bool:
    say(f"Python's venv module is missing. The course will type: {typed}")
    sys.stderr.write("Go on? [Y/n] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("", "y", "yes")


def _run_as_root(command: list[str], typed: str) -> None:
    sudo = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    settings = ["env", "DEBIAN_FRONTEND=noninteractive"]
    prefix = settings if os.geteuid() == 0 else [*sudo, *settings]
    done = subprocess.run(
        [*prefix, *command], capture_output=True, text=True, timeout=APT_SECONDS, check=False
    )
    if done.returncode != 0:
        raise Failed(
            f"{shlex.join(command)} did not work: {done.stderr.strip()[-400:]}\n"
            f"  next: as root, type: {typed}"
        )


def _run(command: list[str]) -> None:
    """Children inherit the lock: where this process is killed, they still hold it to their end."""
    done = subprocess.run(command, timeout=INSTALL_SECONDS, check=False, close_fds=False)
    if done.returncode != 0:
        raise Failed(
            f"{shlex.join(command[:5])} ... did not work; see above.\n"
            "  next: check the network and the free disk space, then run it again."
        )


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another course command is preparing .venv; waiting for it ...")
        fcntl.flock(lock, fcntl.LOCK_EX)


def say(line: str) -> None:
    """Progress and errors, on standard error."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
