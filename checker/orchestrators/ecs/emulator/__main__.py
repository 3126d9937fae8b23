"""Serve the emulator on 127.0.0.1 until SIGTERM; emulator_process.py says in what environment."""

from __future__ import annotations

import asyncio
import os
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config

from checker.orchestrators.ecs import aws_api, aws_settings
from checker.orchestrators.ecs.emulator import docker_patches, ministack_patches, watcher
from checker.orchestrators.ecs.emulator.middleware import EmulatorMiddleware
from checker.orchestrators.ecs.emulator.scaling.target_tracking import Scaler

KEEP_ALIVE_SECONDS = 75
KEEP_ALIVE_REQUESTS = 1_000_000
"""A load balancer does not close a connection because it was used much."""

SWITCH_SECONDS = 0.0002
"""How long a thread may keep the others waiting. With Python's 5 milliseconds, a thread that
computes makes each step of a request wait so long, and two hundred a second are too many."""


def serve_emulator() -> None:
    """Serve until SIGTERM, with a scaler and a watcher in threads."""
    from ministack.app import app  # type: ignore[import-untyped]

    aws_api.inside = True
    sys.setswitchinterval(SWITCH_SECONDS)
    docker_patches.install_patches()
    targets, alb_route = ministack_patches.install_patches()
    scaler = Scaler()
    scaler.start_thread()
    watcher.start_watcher()
    config = Config()
    config.bind = [f"127.0.0.1:{aws_settings.chosen_port()}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.keep_alive_max_requests = KEEP_ALIVE_REQUESTS
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    middleware = EmulatorMiddleware(app, scaler, targets, alb_route)
    asyncio.run(serve(middleware, config))  # type: ignore[arg-type]


if __name__ == "__main__":
    serve_emulator()
