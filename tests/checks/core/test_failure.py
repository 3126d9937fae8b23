"""Values and names are put into words that a learner can read."""

from __future__ import annotations

import pytest

from checker.checks.core.failure import (
    add_article,
    describe_value,
    find_similar_names,
    get_last_line,
    join_names,
)
from checker.checks.core.settings import parse_environment
from checker.checks.core.task import get_marker, task


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "none"),
        (["a"], "a"),
        (["a", "b", "c"], "a, b and c"),
        ([str(n) for n in range(12)], "0, 1, 2, 3, 4, 5, 6, 7, 8 and 3 more"),
    ],
)
def test_names_become_a_sentence(names: list[str], words: str) -> None:
    assert join_names(names) == words


@pytest.mark.parametrize(
    ("noun", "words"),
    [
        ("image", "an image"),
        ("container", "a container"),
        ("EndpointSlice", "an EndpointSlice"),
        ("user", "a user"),
        ("unit", "a unit"),
        ("", "a "),
    ],
)
def test_nouns_get_their_article(noun: str, words: str) -> None:
    assert add_article(noun) == words


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("Web", ["web"]),
        ("ledgr", ["ledger"]),
        ("ui", ["build"]),
        ("status.txt", []),
    ],
)
def test_near_names_are_found(wanted: str, found: list[str]) -> None:
    assert find_similar_names(wanted, ["web", "ledger", "build", "report.txt"]) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [("a\n  b \n\n", "b"), ("only", "only"), (" \n", "nothing"), ("", "nothing")],
)
def test_last_words_are_those_of_the_last_line_that_is_not_blank(text: str, words: str) -> None:
    assert get_last_line(text) == words


def test_values_are_shown_at_bearable_length() -> None:
    assert describe_value(b"text\n") == "text"
    assert describe_value(3) == "3"
    assert describe_value(" ") == "only blank space"
    assert describe_value(b"\xff" * 100).startswith("binary data (100 bytes")


def test_environment_may_be_missing_and_values_may_hold_equals_signs() -> None:
    assert parse_environment(None) == {}
    assert parse_environment(["A=b=c", "B="]) == {"A": "b=c", "B": ""}


def test_check_knows_its_task() -> None:
    @task("a", requires=["b"], timeout=5)
    def check() -> None: ...

    found = get_marker(check)
    assert found
    assert (found.task, found.requires, found.timeout) == ("a", ("b",), 5)
    assert get_marker(test_check_knows_its_task) is None
