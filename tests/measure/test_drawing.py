"""The picture of a rollout shows each copy's life above the requests, and says it in words."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from checker.measure import drawing, timeline
from checker.measure.timeline import Event
from tests.loadtest.test_result import ROLLOUT, result, sample
from tests.measure.test_timeline import MOMENTS, made

SVG = "{http://www.w3.org/2000/svg}"


def boxes(root: ET.Element) -> list[tuple[str, float, float]]:
    """Height, left edge and width of each part of a copy's line."""
    return [
        (str(each.get("height")), float(str(each.get("x"))), float(str(each.get("width"))))
        for each in root.iter(f"{SVG}rect")
        if each.get("fill-opacity")
    ]


def test_line_is_thin_while_a_copy_runs_and_thick_while_it_gets_requests() -> None:
    root = ET.fromstring(drawing.draw_timeline(made()))
    whole = drawing.picture.WIDTH - drawing.LEFT - 20
    at = [(height, (x - drawing.LEFT) / whole, wide / whole) for height, x, wide in boxes(root)]
    rounded = [(height, round(x, 2), round(wide, 2)) for height, x, wide in at]
    assert rounded == [("4", 0, 0.6), ("12", 0, 0.2), ("4", 0.4, 0.6), ("12", 0.5, 0.5)]


def test_text_alternative_tells_the_same() -> None:
    words = ET.fromstring(drawing.draw_timeline(made())).findtext(f"{SVG}desc")
    assert words == drawing.describe_timeline(made())
    assert "7 requests in 1 seconds. 3 were lost, between second 0.2 and second 0.4." in words
    assert "Version 1 answered 2, version 2 answered 2." in words
    assert "A (version 1): until second 0.2, ended second 0.6." in words
    assert "B (version 2): started second 0.4, got requests from second 0.5." in words
    assert "asked for at second 0.1. It was finished at second 0.9." in words


def test_copy_that_never_got_requests_is_not_said_to_have_got_them_until_it_left() -> None:
    bad = [(1000.1, Event(0, "started", "c", "3")), (1000.3, Event(0, "left", "c", "3"))]
    assert drawing.describe_timeline(
        timeline.make_timeline("x", result(ROLLOUT), bad, 0.5)
    ).endswith("C (version 3): started second 0.1.")


def test_moments_of_the_rollout_are_marked() -> None:
    marked = [(1000.3, Event(0, "back")), *MOMENTS]
    root = ET.fromstring(
        drawing.draw_timeline(timeline.make_timeline("x", result(ROLLOUT), marked, 0.5))
    )
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert {"update", "rollback", "done"} <= set(words)


def test_rollout_without_events_losses_or_answers_can_be_drawn() -> None:
    plain = timeline.make_timeline("x", result([sample(0)]), [], 0.5)
    assert "None was lost" in drawing.describe_timeline(plain)
    nobody = timeline.make_timeline("x", result([sample(0, "", "refused")]), [], 0.5)
    assert "Nobody answered" in drawing.describe_timeline(nobody)
    stays = timeline.make_timeline("x", result([sample(0)]), MOMENTS[:2], 0.5)
    assert "A (version 1): all along" in drawing.describe_timeline(stays)
    for each in (plain, nobody, stays):
        ET.fromstring(drawing.draw_timeline(each))


def test_copy_that_failed_has_a_line_until_then() -> None:
    failed = [(1000.1, Event(0, "started", "c", "3")), (1000.3, Event(0, "failed", "c", "3"))]
    (box,) = boxes(
        ET.fromstring(
            drawing.draw_timeline(timeline.make_timeline("x", result(ROLLOUT), failed, 0.5))
        )
    )
    assert box[0] == "4"
