"""Swarm as an orchestrator: what is created in it is recorded as all else in the Docker Engine."""

from __future__ import annotations

from checker.docker import connection
from checker.docker.connection import EngineStatus
from checker.orchestrators.interface import Orchestrator
from checker.orchestrators.swarm import swarm_mode


class SwarmOrchestrator(Orchestrator):
    """The Docker Engine's own orchestrator, whose recorder notes services, secrets and configs."""

    name = "swarm"
    title = "swarm"

    def ensure(self, images: list[str]) -> None:
        swarm_mode.ensure_swarm()

    def status(self) -> EngineStatus:
        return swarm_mode.swarm_status()

    def version(self) -> str:
        return connection.engine_status().version

    def stop(self) -> None:
        swarm_mode.leave_swarm()


ORCHESTRATOR: Orchestrator = SwarmOrchestrator()
