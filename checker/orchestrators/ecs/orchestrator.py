"""The ECS emulator as an orchestrator: what every page and lab can ask of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from checker.base.run import Run
from checker.docker.connection import EngineStatus
from checker.orchestrators.ecs import aws_settings, local_ecs
from checker.orchestrators.interface import Follower, Orchestrator

LOOK_SECONDS = 0.3
"""The emulator tells nobody of changes by itself."""


class EcsOrchestrator(Orchestrator):
    """Elastic Container Service, on this machine and without an account."""

    name = "ecs"
    title = "ecs"
    product = "ECS emulator"

    def ensure(self, images: list[str]) -> None:
        local_ecs.ensure_emulator()

    def status(self) -> EngineStatus:
        return local_ecs.emulator_status()

    def version(self) -> str:
        return self.status().version

    def environment(self) -> dict[str, str]:
        return aws_settings.aws_environment()

    def programs(self) -> list[Path]:
        return [aws_settings.programs_folder()]

    def is_misleading(self, variable: str) -> bool:
        return variable.startswith(("AWS_", "BOTO_", "BOTO3_"))

    def write_settings(self) -> None:
        aws_settings.write_files()

    def begin(self, run: Run) -> None:
        local_ecs.begin_run(run)

    def has_begun(self, run: Run) -> bool:
        return local_ecs.has_begun(run)

    def created(self, run: Run) -> list[str]:
        return local_ecs.list_contents() if self.has_begun(run) else []

    def clean(self, run: Run) -> list[str]:
        if self.has_begun(run):
            local_ecs.empty_emulator()
        return []

    def forget(self, run: Run) -> None:
        local_ecs.forget_run(run)

    def changes(self) -> list[Follower]:
        return [follow_contents]

    def stop(self) -> None:
        local_ecs.stop_emulator()


def follow_contents() -> Iterator[str]:
    """Yield at each change of what is in the emulator."""
    before = local_ecs.list_contents()
    while True:
        time.sleep(LOOK_SECONDS)
        now = local_ecs.list_contents()
        if now != before:
            yield "ecs"
        before = now


ORCHESTRATOR: Orchestrator = EcsOrchestrator()
