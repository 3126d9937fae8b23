"""A course of its own for each test, with a lab that can be proven, and no lane unless faked."""

from __future__ import annotations

import pytest

from checker.devtools import testing, verify
from tests.lab_fakes import make_lab, root, state, workspace

__all__ = ["make_lab", "root", "state", "workspace"]


@pytest.fixture(autouse=True)
def without_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real lanes would be opened wherever tests run as root."""
    monkeypatch.setattr(testing, "explain_absence", lambda: "tests have none")
    monkeypatch.setattr(verify, "explain_absence", lambda: "tests have none")
