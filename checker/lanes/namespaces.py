"""A lane's processes: in namespaces of their own for processes, mounts and the network.

The first of them is a shell that holds a pipe to its owner. When the owner ends, however it ends,
the shell does, and with the first process of a namespace the kernel ends all others: engine,
containers, shells, browsers. Nothing of them has to be found again.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.docker import docker_client

PROGRAMS = ("bash", "unshare", "nsenter", "ip", "iptables", "mount", "env")
END_SECONDS = 20.0
STOP_SECONDS = 60.0
KINDS = ("--net", "--pid", "--mount")
RESOLVER = Path("/run/systemd/resolve/resolv.conf")
FIRST = """\
set -eu
ip link set lo up
echo begun
read -r _
if [ -n "$RESOLVER" ]; then mount --bind "$RESOLVER" /etc/resolv.conf; fi
printf %s "$HIDDEN" | while read -r socket; do mount --bind /dev/null "$socket"; done
"$@" </dev/null >>"$LOG" 2>&1 &
engine=$!
if read -r _; then kill "$engine"; wait "$engine"; fi
"""
"""The first process: a first line says that its network is there, a second that it should stop
its engine in good order. The end of the pipe ends all at once.

It is Bash: while it reads, it also waits for processes whose parents have ended, which Debian's
smaller shell does not. They would gather as zombies until the lane ends."""


@dataclass(frozen=True)
class Namespaces:
    """Namespaces under way; `first` is the number of their first process, seen from here."""

    process: subprocess.Popen[str]
    first: int

    def build_command(
        self, argv: Sequence[str | Path], folder: Path | None = None
    ) -> list[str | Path]:
        """Return the command that runs a program inside, in a folder."""
        enter: list[str | Path] = ["nsenter", "--target", str(self.first), *KINDS, "--"]
        # nsenter begins in /; a folder that was opened outside would have no path inside
        return [*enter, "env", "-C", folder or "/", *argv]

    def begin(self) -> None:
        """Start the engine: the network is there."""
        self._say("begin")

    def stop(self) -> None:
        """End the engine in good order, so that its data can be used again, then all else.

        Raises:
            CouldNotFindOut: It had ended before, or did not end in time.
        """
        self._say("stop")
        self._wait(STOP_SECONDS)
        if self.process.returncode:
            raise CouldNotFindOut("A lane's engine did not end in good order.")

    def end(self) -> None:
        """End all at once."""
        if self.process.stdin:
            with contextlib.suppress(OSError):  # what could not be said is of no interest any more
                self.process.stdin.close()
        self._wait(END_SECONDS)

    def _say(self, word: str) -> None:
        assert self.process.stdin
        try:
            self.process.stdin.write(f"{word}\n")
            self.process.stdin.flush()
        except OSError as error:
            raise CouldNotFindOut("A lane has ended too early.", found=str(error)) from error

    def _wait(self, timeout: float) -> None:
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill(self.process)


def open_namespaces(
    engine: Sequence[str],
    log: Path,
    env: dict[str, str],
    hidden: Sequence[Path] = (),
    join: Callable[[list[str]], Sequence[str | Path]] = list,
) -> Namespaces:
    """Make namespaces whose engine starts with `begin`.

    Args:
        engine: The command that starts it.
        log: Where it writes what it has to say.
        env: The whole environment of the command.
        hidden: Sockets of other engines, on which nobody answers inside.
        join: Returns the command that runs a command in the control group of the lane.

    Raises:
        CouldNotFindOut: This system does not allow them.
    """
    kinds = [*KINDS, "--fork", "--kill-child", "--mount-proc"]
    sockets = "".join(f"{each}\n" for each in hidden)
    resolver = str(RESOLVER) if asks_itself() and RESOLVER.is_file() else ""
    started = subprocess.Popen(
        join(["unshare", *kinds, "bash", "-c", FIRST, "bash", *engine]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**env, "LOG": str(log), "RESOLVER": resolver, "HIDDEN": sockets},
        start_new_session=True,  # Ctrl-C is for the owner, which ends lanes when it is done
    )
    assert started.stdout
    assert started.stderr
    if started.stdout.readline().strip() != "begun":
        found = started.stderr.read().strip()
        process.kill(started)
        raise CouldNotFindOut("No lane can be had here.", found=found)
    return Namespaces(started, psutil.Process(started.pid).children()[0].pid)


def asks_itself() -> bool:
    """Tell whether this machine asks itself for names, which nobody answers in a lane."""
    try:
        lines = [line.split() for line in Path("/etc/resolv.conf").read_text().splitlines()]
    except OSError:
        return False
    servers = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    return bool(servers) and all(each.startswith("127.") or each == "::1" for each in servers)


def list_missing_programs() -> list[str]:
    """Return which programs are missing here that lanes need."""
    return [each for each in PROGRAMS if not docker_client.find_program(each)]
