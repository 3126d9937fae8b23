"""The chart has a dot for each rollout, on an axis that reaches the largest number."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from checker.measure import chart
from tests.measure.test_summary import RUNS, run

SVG = "{http://www.w3.org/2000/svg}"


def test_each_rollout_is_a_dot_and_each_median_a_bar() -> None:
    root = ET.fromstring(chart.draw_chart(RUNS))
    dots = list(root.iter(f"{SVG}circle"))
    # careless: 3 and 1; lost by careful ones: 3; their seconds: 3; back: 1
    assert len(dots) == 11
    bars = [each for each in root.iter(f"{SVG}path") if each.get("stroke-width") == "3"]
    assert len(bars) == 5


def test_dots_are_where_their_numbers_are() -> None:
    runs = [run("Swarm", "careless", lost=n) for n in (0, 50, 100)]
    root = ET.fromstring(chart.draw_chart(runs))
    left, *middle, right = [float(str(each.get("cx"))) for each in root.iter(f"{SVG}circle")]
    assert left == chart.LEFT
    assert middle == [(left + right) / 2]
    assert right == chart.picture.WIDTH - 30


def test_text_alternative_has_the_same_numbers() -> None:
    words = ET.fromstring(chart.draw_chart(RUNS)).findtext(f"{SVG}desc")
    assert words == chart.describe_chart(RUNS)
    assert "Swarm, lost, careless: 200 (100 to 300)." in words
    assert "ECS, lost, careless: 7." in words
    assert "ECS, back" not in words


@pytest.mark.parametrize(
    ("most", "end"), [(0, 1), (0.5, 1), (1.5, 2), (7, 10), (63, 100), (210, 500), (1001, 2000)]
)
def test_axis_ends_at_a_plain_number(most: float, end: float) -> None:
    assert chart.find_axis_end(most) == end
