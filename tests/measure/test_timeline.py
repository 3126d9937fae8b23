"""A rollout is kept as data on one clock, and read again as it was."""

from __future__ import annotations

import json

import pytest

from checker.base.errors import CourseError
from checker.measure import timeline
from checker.measure.timeline import Event, Timeline
from tests.loadtest.test_result import ROLLOUT, result

MOMENTS = [
    (990.0, Event(0, "started", "a", "1")),
    (990.5, Event(0, "joined", "a", "1")),
    (1000.1, Event(0, "begin")),
    (1000.2, Event(0, "left", "a", "1")),
    (1000.4, Event(0, "started", "b")),
    (1000.5, Event(0, "joined", "b", "2")),
    (1000.6, Event(0, "ended", "a")),
    (1000.9, Event(0, "done")),
]


def made() -> Timeline:
    return timeline.make_timeline("Careless", result(ROLLOUT), reversed(MOMENTS), 0.5)


def test_events_and_load_are_on_one_clock() -> None:
    found = made()
    assert [each.at for each in found.events] == [-10, -9.5, 0.1, 0.2, 0.4, 0.5, 0.6, 0.9]
    assert (found.sent, found.lost, found.first_loss, found.last_loss) == (7, 3, 0.2, 0.4)
    assert found.slowest == pytest.approx(0.2)
    assert found.seconds == 1.0


def test_it_can_be_asked() -> None:
    found = made()
    assert found.copies == ["a", "b"]
    assert found.versions == {"1": 2, "2": 2}
    assert (found.find_version("b"), found.find_version("c")) == ("2", "")
    assert (found.find_moment("left", "a"), found.find_moment("left", "b")) == (0.2, None)
    assert found.rollout_seconds == pytest.approx(0.8)


def test_copy_that_had_ended_before_the_load_is_left_out() -> None:
    former = (999.9, Event(0, "ended", "z", "0"))
    assert timeline.make_timeline(
        "x", result(ROLLOUT), [former, *MOMENTS], 0.5
    ) == timeline.make_timeline("x", result(ROLLOUT), MOMENTS, 0.5)


def test_rollout_that_did_not_end_has_no_length() -> None:
    assert timeline.make_timeline("x", result([]), [], 0.5).rollout_seconds is None


def test_load_that_was_stopped_is_as_long_as_it_was() -> None:
    assert timeline.make_timeline("x", result(ROLLOUT, complete=False), [], 0.5).seconds == 0.7


def test_it_is_read_as_it_was_written() -> None:
    assert timeline.load_timeline(timeline.dump_timeline(made())) == made()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}'])
def test_what_is_no_timeline_is_told(text: str) -> None:
    with pytest.raises(CourseError, match="not a timeline"):
        timeline.load_timeline(text)


def test_unknown_event_is_told() -> None:
    given = json.loads(timeline.dump_timeline(made()))
    given["events"][0]["kind"] = "exploded"
    with pytest.raises(CourseError, match="not a timeline") as caught:
        timeline.load_timeline(json.dumps(given))
    assert "exploded" in caught.value.found
