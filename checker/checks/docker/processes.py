"""A container's first process as the kernel sees it: as whom it runs, and for how long."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from checker.checks.docker.facts import ContainerFacts

RESET_SECONDS = 10.0
"""After a run of this length, the engine counts a restarted container as one that works.

https://docs.docker.com/engine/containers/start-containers-automatically/
"""


def read_user_id(container: ContainerFacts) -> int:
    """Return the number of the user of a container's first process, as the container counts users.

    Raises:
        CheckFailed: The container does not run.
    """
    seen_inside = container.exec(["cat", "/proc/1/status"], user="0")
    if found := re.search(r"^Uid:\s+\d+\s+(\d+)", seen_inside.text, re.M):
        return int(found[1])
    # an image without `cat`: the engine's machine counts users in the same way, unless it maps them
    table = container._client.api.top(container.id, ps_args="-eo pid,uid")
    column = table["Titles"].index("UID")
    return int(table["Processes"][0][column])


def find_user_id(container: ContainerFacts, user: str) -> int | None:
    """Return the number of a user, given by number or by a name of the container's /etc/passwd."""
    if user.isdecimal():
        return int(user)
    if user == "root":
        return 0
    if not container.has_file("/etc/passwd"):
        return None
    for line in container.file("/etc/passwd").text.splitlines():
        name, _, rest = line.partition(":")
        if name == user and rest.count(":") >= 1:
            return int(rest.split(":")[1])
    return None


def measure_run(container: ContainerFacts) -> float:
    """Return for how many seconds a running container runs, by the engine's own clock."""
    now = container._client.api.info()["SystemTime"]
    return (_parse_time(now) - _parse_time(container.started_at)).total_seconds()


def _parse_time(text: str) -> datetime:
    # the engine writes nanoseconds; Python reads microseconds and drops the rest
    return datetime.fromisoformat(text)
