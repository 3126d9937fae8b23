"""Rollouts are measured on a real orchestrator: careless ones lose requests, careful ones none."""

from __future__ import annotations

import pytest

from checker.measure import rollouts
from checker.measure.stages import STAGES

pytestmark = [pytest.mark.live, pytest.mark.kind, pytest.mark.measures]


def test_swarm_is_measured_as_its_lab_leaves_it() -> None:
    (swarm,) = [each for each in STAGES if each.name == "Swarm"]
    found = list(rollouts.measure_series(swarm, 1))
    careless, careful, bad = (measured for measured, _ in found)
    assert careless.lost > 0
    assert (careful.lost, bad.lost) == (0, 0)
    assert bad.noticed is not None
    assert 0 < bad.noticed <= bad.finished
    line = found[1][1]
    assert set(line.versions) == {"1", "2"}
    assert len(line.copies) == 4
