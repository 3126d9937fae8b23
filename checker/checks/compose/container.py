"""The container of a service, as `docker compose ps` lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ComposeContainer:
    """What a container of a project does."""

    id: str
    service: str
    state: str
    """created, running, paused, restarting, exited, ..."""

    health: str
    """starting, healthy or unhealthy; empty if it has no health check."""

    exit_status: int

    @classmethod
    def from_listing(cls, listed: dict[str, Any]) -> ComposeContainer:
        """Read an object of `docker compose ps --format json`."""
        return cls(
            str(listed.get("ID", "")),
            str(listed["Service"]),
            str(listed["State"]),
            str(listed.get("Health") or ""),
            int(listed.get("ExitCode") or 0),
        )

    @property
    def is_ready(self) -> bool:
        """It runs, and is healthy where that can be told, or it has done what it had to do."""
        if self.state == "running":
            return self.health in ("", "healthy")
        return self.state == "exited" and self.exit_status == 0

    @property
    def is_broken(self) -> bool:
        """It has failed, and will not come back by itself."""
        failed = self.state in ("exited", "dead") and self.exit_status != 0
        return failed or self.health == "unhealthy"

    @property
    def condition(self) -> str:
        """What it does, in words."""
        if self.state == "running" and self.health:
            return self.health
        return f"exited with status {self.exit_status}" if self.state == "exited" else self.state
