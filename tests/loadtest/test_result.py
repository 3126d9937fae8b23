"""What came of a load is counted, measured and cut into stretches."""

from __future__ import annotations

import json

import pytest

from checker.loadtest import plan
from checker.loadtest.result import Result, pack_samples, pick_quantile, unpack_samples
from checker.loadtest.sample import Sample


def sample(at: float, version: str = "1", outcome: str = "ok", took: float = 0.01) -> Sample:
    return Sample(at, at + 0.001, at + took, outcome, 200, version, False)


def result(samples: list[Sample], count: int = 10, complete: bool = True) -> Result:
    made = plan.make_plan("http://127.0.0.1:1/", rate=10, count=count)
    return Result(made, 1000.0, samples, 0.5, complete)


ROLLOUT = [
    sample(0.0),
    sample(0.1),
    sample(0.2, "", "refused"),
    sample(0.3, "", "closed"),
    sample(0.4, "", "refused"),
    sample(0.5, "2", took=0.2),
    sample(0.6, "2"),
]


def test_requests_are_counted_by_outcome_and_version() -> None:
    found = result(ROLLOUT)
    assert (found.sent, found.lost) == (7, 3)
    assert found.outcomes == {"ok": 4, "refused": 2, "closed": 1}
    assert found.versions == {"1": 2, "2": 2}
    assert found.last_version == "2"


def test_object_has_all_that_was_measured() -> None:
    found = json.loads(json.dumps(result(ROLLOUT, complete=False).build_report(width=0.5)))
    assert found["schema"] == 1
    assert (found["sent"], found["lost"], found["planned"]) == (7, 3, 10)
    assert (found["first_loss"], found["last_loss"]) == (0.2, 0.4)
    assert found["latency_ms"] == {"p50": 10.0, "p90": 200.0, "p99": 200.0, "max": 200.0}
    assert found["send_delay_ms"]["max"] == 1.0
    assert found["complete"] is False
    assert found["buckets"] == [
        {"start": 0.0, "versions": {"1": 2}, "lost": 3, "slowest": 0.01},
        {"start": 0.5, "versions": {"2": 2}, "lost": 0, "slowest": 0.2},
    ]


def test_nothing_sent_and_nothing_answered_are_told_as_such() -> None:
    none = result([]).build_report()
    assert (none["sent"], none["latency_ms"], none["first_loss"]) == (0, None, None)
    lost = result([sample(0, "", "refused")])
    assert (lost.last_version, lost.build_report()["latency_ms"]) == ("", None)
    assert len(lost.split_load(0.5)) == 1


def test_answer_without_a_version_is_unknown() -> None:
    assert result([sample(0, "")]).versions == {"unknown": 1}
    assert result([sample(0, "")]).last_version == "unknown"


def test_empty_stretches_at_the_end_are_left_out_and_between_kept() -> None:
    found = result([sample(0.0), sample(0.9)], count=100).split_load(0.3)
    assert [round(each.start, 1) for each in found] == [0.0, 0.3, 0.6, 0.9]


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.9, 4), (1.0, 4), (0.0, 1)])
def test_quantile_is_by_nearest_rank(share: float, value: float) -> None:
    assert pick_quantile([1, 2, 3, 4], share) == value
    assert pick_quantile([], share) == 0.0


def test_samples_survive_the_way_to_another_process() -> None:
    handed = json.loads(json.dumps(pack_samples(ROLLOUT)))
    assert unpack_samples(handed)[5] == ROLLOUT[5]
    assert pack_samples(unpack_samples(handed)) == handed
