"""The picture of a load shows each version and each loss, and says it in words as well."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from checker.loadtest import picture
from tests.loadtest.test_result import ROLLOUT, result, sample

SVG = "{http://www.w3.org/2000/svg}"


def test_picture_is_a_well_formed_image_with_its_words() -> None:
    root = ET.fromstring(picture.draw_picture(result(ROLLOUT)))
    assert root.get("role") == "img"
    words = root.findtext(f"{SVG}desc") or ""
    assert "7 requests were sent" in words
    assert "version 1 answered 2, version 2 answered 2" in words
    assert "3 were lost, the first 0.2 seconds after the start and the last after 0.4" in words


def test_bars_are_as_high_as_their_counts() -> None:
    root = ET.fromstring(picture.draw_picture(result(ROLLOUT, count=10)))
    plot = picture.HEIGHT - 112
    bars = [each for each in root.iter(f"{SVG}rect") if each.get("rx") is None]
    height: dict[str, float] = {}
    for each in bars:
        if each.get("height") not in ("6", "12"):
            fill = str(each.get("fill"))
            height[fill] = height.get(fill, 0) + float(str(each.get("height")))
    assert height == {
        picture.COLOURS[0]: 2 * plot,
        picture.COLOURS[1]: 2 * plot,
        "url(#lost)": 3 * plot,
    }


def test_load_without_losses_and_without_answers() -> None:
    assert "None was lost" in picture.draw_picture(result([sample(0)]))
    assert "none was answered" in picture.draw_picture(result([sample(0, "", "refused")]))
    assert "0 requests were sent" in picture.draw_picture(result([]))


def test_names_are_escaped() -> None:
    ET.fromstring(picture.draw_picture(result([sample(0, "<b>&")])))


def test_stretches_grow_with_the_length() -> None:
    assert [picture.choose_width(each) for each in (4, 10, 40, 300)] == [0.1, 0.2, 0.5, 5.0]


def test_the_same_version_has_the_same_colour() -> None:
    assert picture.choose_colour(["1", "2"], "2") == picture.COLOURS[1]
    assert picture.choose_colour(["1"], "9") == picture.INK


def test_load_that_was_stopped_early_says_how_long_it_was_sending() -> None:
    stopped = picture.describe_load(result(ROLLOUT, count=100, complete=False))
    assert stopped.startswith("7 requests were sent in 0.7 seconds")
