"""Progress goes to standard error: plain lines where there is no terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from checker.base import console


@pytest.mark.parametrize("terminal", [True, False])
def test_step_names_what_is_done(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    written = io.StringIO()
    fake = Console(file=written, force_terminal=terminal, width=80)
    monkeypatch.setattr(console, "err", fake)
    with console.step("Building [debian]") as step:
        step.update("layer 1")
    assert "Building [debian]" in written.getvalue()


def test_step_says_how_long_it_took_when_over_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    clock = iter([10.0, 75.0])
    monkeypatch.setattr(console, "err", Console(file=written, width=80))
    monkeypatch.setattr(console.time, "monotonic", lambda: next(clock))
    with console.step("Building"):
        pass
    assert "(65 s)" in written.getvalue()
