"""The processes of a container, and how it ends when it is asked to.

The engine lists processes from outside, so that an image needs no program for it.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from checker.checks.core.failure import CheckFailed
from checker.checks.docker.containers import Container


@dataclass(frozen=True)
class Process:
    """A process: `pid` is its number on the machine, `uid` the user that the kernel sees."""

    pid: int
    parent: int
    uid: int
    command: str

    @property
    def program(self) -> str:
        """The name of what runs, without its folder."""
        return posixpath.basename(self.command.partition(" ")[0])


def list_processes(container: Container) -> list[Process]:
    """Return the container's first process, and those that it started; what `exec` runs is none.

    Raises:
        CheckFailed: The container does not run.
    """
    container.expect_running()
    api = container._client.api
    rows = api.top(container.id, ps_args="-eo pid,ppid,uid,args")["Processes"]
    every = [Process(int(row[0]), int(row[1]), int(row[2]), " ".join(row[3:])) for row in rows]
    family = [each for each in every if each.pid == container.attrs["State"]["Pid"]]
    for process in family:  # it grows while children are found
        family += [each for each in every if each.parent == process.pid]
    return family


def inspect_again(container: Container) -> Container:
    """Return the same container as it is by now."""
    attrs = container._client.api.inspect_container(container.id)
    return Container(container._client, container.name, attrs)


def stop_container(container: Container, seconds: int) -> Container:
    """Stop a container as `docker stop` does, and return what became of it.

    Args:
        container: One that a check has started.
        seconds: How long it may take to end by itself; then it is killed.
    """
    container._client.api.stop(container.id, timeout=seconds)
    return inspect_again(container)


def expect_clean_stop(container: Container, seconds: int, *, next_step: str = "") -> None:
    """Stop a container, and expect it to end by itself, with status 0.

    Raises:
        CheckFailed: It had to be killed, or ended with another status.
    """
    family = list_processes(container)
    first = family[0].command if family else "unknown"
    status = stop_container(container, seconds).exit_status
    if status != 0:
        found = f"it ended with status {status}"
        if status == 137:
            found = f"it did not end within {seconds} s, and was killed"
        step = next_step or "The signal goes to process 1 alone: let that be the server itself."
        raise CheckFailed(
            "docker stop ends it with status 0", f"{found}; process 1 is: {first}", step
        )
