"""Each picture of a rollout on a page is drawn from the data that lies beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.measure import drawing, timeline

DOCS = Path(__file__).resolve().parents[2] / "docs"
KEPT = sorted(DOCS.glob("deploy/pictures/*.json"))


@pytest.mark.parametrize("data", KEPT, ids=lambda path: path.stem)
def test_picture_shows_its_data(data: Path) -> None:
    assert data.with_suffix(".svg").read_text() == drawing.draw(timeline.load(data.read_text()))


@pytest.mark.parametrize("data", KEPT, ids=lambda path: path.stem)
def test_page_says_in_words_what_the_picture_shows(data: Path) -> None:
    words = drawing.describe(timeline.load(data.read_text()))
    pages = [page.read_text() for page in DOCS.glob("deploy/*.md")]
    assert any(f"![{words}](pictures/{data.stem}.svg)" in page for page in pages)


def test_there_are_some() -> None:
    assert KEPT
