"""Right answers say what must pass; wrong ones what must fail and what must be said."""

from __future__ import annotations

import pytest

from checker.base.errors import CourseError
from checker.labs.answers import read_right_answers, read_wrong_answers
from checker.labs.lab import load_lab


def test_all_that_a_script_states_is_read(make_lab) -> None:
    text = "# fails: word, count\n# says: one thing\n# says: another\n# after: word\ntrue\n"
    make_lab(wrong={"b.sh": text, "a.sh": "# fails: word\n# says: x\n"})
    first, second = read_wrong_answers(load_lab("first"))
    assert (first.name, first.after) == ("a.sh", ())
    assert second.fails == ("word", "count")
    assert second.says == ("one thing", "another")
    assert second.after == ("word",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# says: x\n", "no line '# fails: ...'"),
        ("# fails: word\n", "no line '# says: ...'"),
        ("# fails: wrod\n# says: x\n", "no task 'wrod'"),
        ("# fails: word\n# says: x\n# after: wrod\n", "no task 'wrod'"),
    ],
)
def test_script_that_states_too_little_is_refused(make_lab, text: str, said: str) -> None:
    make_lab(wrong={"a.sh": text})
    with pytest.raises(CourseError, match=r"wrong/a\.sh: ") as caught:
        read_wrong_answers(load_lab("first"))
    assert said in caught.value.message


def test_right_answers_are_read_by_name(make_lab) -> None:
    make_lab(
        right={"b.sh": "# passes: word count\ntrue\n", "a.sh": "# passes: count\n# after: word"}
    )
    first, second = read_right_answers(load_lab("first"))
    assert (first.name, first.passes, first.after) == ("a.sh", ("count",), ("word",))
    assert (second.passes, second.after) == (("word", "count"), ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("true\n", "no line '# passes: ...'"),
        ("# passes: wrod\n", "no task 'wrod'"),
        ("# passes: word\n# after: wrod\n", "no task 'wrod'"),
    ],
)
def test_right_answer_that_states_too_little_is_refused(make_lab, text: str, said: str) -> None:
    make_lab(right={"a.sh": text})
    with pytest.raises(CourseError, match=r"right/a\.sh: ") as caught:
        read_right_answers(load_lab("first"))
    assert said in caught.value.message
