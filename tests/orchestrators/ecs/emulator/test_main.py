"""The emulator's process serves its middleware on the loopback address, with scaler and watcher."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from checker.orchestrators.ecs import aws_api, aws_settings
from checker.orchestrators.ecs.emulator import __main__ as emulator
from checker.orchestrators.ecs.emulator.middleware import EmulatorMiddleware


def test_it_serves_on_the_loopback_address_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[str] = []
    served: list[tuple[Any, Any]] = []

    async def serve(app: Any, config: Any) -> None:
        served.append((app, config))

    monkeypatch.setattr(aws_api, "inside", False)
    monkeypatch.setitem(sys.modules, "ministack.app", SimpleNamespace(app=None))
    monkeypatch.setattr(emulator.docker_patches, "install_patches", lambda: began.append("limits"))

    def install() -> tuple[None, None]:
        began.append("ministack")
        return None, None

    monkeypatch.setattr(emulator.ministack_patches, "install_patches", install)
    monkeypatch.setattr(emulator.watcher, "start_watcher", lambda: began.append("watcher"))
    monkeypatch.setattr(emulator.Scaler, "start_thread", lambda self: began.append("scaler"))
    monkeypatch.setattr(emulator.sys, "setswitchinterval", lambda seconds: began.append("switch"))
    monkeypatch.setattr(emulator, "serve", serve)
    emulator.serve_emulator()
    [(app, config)] = served
    assert isinstance(app, EmulatorMiddleware)
    assert config.bind == [f"127.0.0.1:{aws_settings.FIRST_PORT}"]
    assert began == ["switch", "limits", "ministack", "scaler", "watcher"]
    assert aws_api.inside
