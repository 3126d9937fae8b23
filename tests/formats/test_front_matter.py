"""Front matter is read as names with values, and what is none is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.formats.front_matter import count_front_matter_lines, load_front_matter


def load(text: str) -> dict[str, object]:
    return load_front_matter(Path("p.md"), text.split("\n"))


def test_names_have_their_values_and_the_text_below_does_not_matter() -> None:
    assert load("---\ntitle: A page\n1: x\n---\n\ntitle: other\n---") == {
        "title": "A page",
        "1": "x",
    }


@pytest.mark.parametrize("text", ["", "text", "---\n---\n", "---\ntitle: never closed"])
def test_without_names_it_is_empty(text: str) -> None:
    assert load(text) == {}


def test_its_lines_are_counted_with_its_marks() -> None:
    assert count_front_matter_lines(["---", "a: 1", "---", "text"]) == 3
    assert count_front_matter_lines(["---", "a: 1"]) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("---\na: 1\nb: [\n---\n", "p.md:3: the front matter is not YAML."),
        ("---\n- a\n---\n", "p.md:1: the front matter must be names with values."),
    ],
)
def test_what_is_no_list_of_names_is_refused(text: str, message: str) -> None:
    with pytest.raises(CourseError) as refused:
        load(text)
    assert str(refused.value).startswith(message)
