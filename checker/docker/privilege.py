"""What only root may do: as root, or through sudo, which may ask for the password."""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from checker.base import process
from checker.base.errors import CouldNotFindOut


def run_as_root(
    argv: Sequence[str | Path], *, timeout: float, env: dict[str, str] | None = None
) -> None:
    """Run a program as root to its end, within `timeout` seconds.

    The variables of `env` are set for it, beside those that sudo lets through.

    Raises:
        CommandFailed: It failed.
        CouldNotFindOut: This user may not become root; the error says what to type.
    """
    settings = [f"{name}={value}" for name, value in (env or {}).items()]
    command = ["env", *settings, *(str(word) for word in argv)]
    require_root()
    if os.geteuid() == 0:
        process.run(command, timeout=timeout)
    elif can_use_sudo_silently():
        process.run(["sudo", "-n", *command], timeout=timeout)
    else:
        # In the terminal's own session: only there sudo can ask, and remember the answer.
        command = ["sudo", *command]
        try:
            done = subprocess.run(command, timeout=timeout, check=False, stdout=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            raise process.CommandFailed(f"sudo took longer than {timeout:g} s.") from None
        if done.returncode != 0:
            status = done.returncode
            raise process.CommandFailed(f"{shlex.join(command)} ended with status {status}.")


def require_root() -> None:
    """Make sure, before anything is changed, that this user can become root.

    Raises:
        CouldNotFindOut: Not so; the error says what to type.
    """
    if os.geteuid() == 0 or can_use_sudo_silently():
        return
    if sys.stdin.isatty() and shutil.which("sudo"):
        return
    sudo = "" if shutil.which("sudo") else "apt-get install -y sudo && "
    raise CouldNotFindOut(
        "This needs root.",
        found=f"you are {getpass.getuser()}, and sudo does not let you in",
        next_step=f"As root, type: {sudo}usermod -aG sudo {getpass.getuser()}   "
        "Then log out and in, and run this again at a terminal.",
    )


def can_use_sudo_silently() -> bool:
    """Tell whether sudo lets this user in without asking for a password."""
    if not shutil.which("sudo"):
        return False
    return process.run(["sudo", "-n", "true"], timeout=10, check=False).status == 0
