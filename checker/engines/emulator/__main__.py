"""Serve the emulator on 127.0.0.1 until SIGTERM; see checker/engines/ecs.py for its environment."""

from __future__ import annotations

import asyncio
import os

from hypercorn.asyncio import serve
from hypercorn.config import Config

from checker.engines import aws, awsconfig
from checker.engines.emulator import limits, watcher
from checker.engines.emulator.door import Door
from checker.engines.emulator.scaling import Scaler

KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Serve, with a scaler and a watcher beside."""
    from ministack.app import app  # type: ignore[import-untyped]

    aws.inside = True
    limits.install()
    scaler = Scaler()
    scaler.start()
    watcher.start()
    config = Config()
    config.bind = [f"127.0.0.1:{awsconfig.port()}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING")
    asyncio.run(serve(Door(app, scaler), config))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
