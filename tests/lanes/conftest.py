"""A machine of its own for each test of this room, without an engine and without real lanes."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.lanes import lane
from tests.engine_fakes import machine, programs

__all__ = ["machine", "programs"]


@pytest.fixture(autouse=True)
def numbers(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Numbers of lanes that nobody has: those of this machine may be in use."""
    folder = machine / "numbers"
    monkeypatch.setattr(lane, "NUMBERS", folder)
    return folder
