"""Expected and found lines are set side by side, and found output can become expected."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from checker.pages.comparing.align import Pair, accept_lines, align_lines, format_difference
from checker.pages.comparing.match import match_lines, split_lines

word = st.sampled_from(["a", "b", "c", "d 1", "e [..]", "...", "<n:int>"])
found_line = st.text(string.ascii_lowercase + " 1<>[].$`", max_size=6)


def test_what_fits_is_shown_as_found_and_the_rest_with_its_side() -> None:
    assert format_difference(["a", "b", "up [..]"], ["a", "x", "up 3 s"], {}) == [
        "  a",
        "- b",
        "+ x",
        "  up 3 s",
    ]


def test_captures_are_filled_in() -> None:
    assert format_difference(["gone <web>"], ["here"], {"web": "0af1"}) == ["- gone 0af1", "+ here"]


def test_any_lines_take_up_what_nothing_else_fits() -> None:
    assert format_difference(["a", "...", "z"], ["a", "1", "2", "y"], {}) == ["  a", "  ...", "- z"]


def test_a_capture_of_the_same_output_fits_anything_when_reused() -> None:
    pairs = align_lines(["<n:int>", "x", "n=<n>"], ["7", "y", "n=8"], {})
    assert [pair.mark for pair in pairs] == [" ", "-", "+", " "]


def test_an_endless_output_is_not_compared_line_by_line() -> None:
    pairs = align_lines(["x"] * 1000, ["y"] * 1000, {})
    assert pairs[0] == Pair("-", "x", "")
    assert pairs[-1] == Pair("+", "", "y")


def test_accepting_keeps_wildcards_and_captures_that_still_match() -> None:
    expected = ["<id:hex>", "Up [..]", "...", "old", "end"]
    found = ["ab12", "Up 3 s", "noise", "new", "end"]
    assert accept_lines(expected, found, {}) == ["<id:hex>", "Up [..]", "...", "end"]


def test_accepting_names_again_what_was_captured_before() -> None:
    bound = {"web": "0123456789ab", "n": "3"}
    assert accept_lines(["x"], ["0123456789ab has 3"], bound) == ["<web> has 3"]


def test_accepting_gives_up_captures_that_contradict_each_other() -> None:
    assert accept_lines(["<n:int>", "n=<n>"], ["7", "n=8"], {}) == ["7", "n=8"]


def test_accepting_never_writes_what_a_page_would_read_otherwise() -> None:
    found = ["$ prompt", ">>> python", "> more", "```", "...", "$5"]
    kept = accept_lines([], found, {})
    assert kept == ["[..] prompt", "[..] python", "[..] more", "[..]", "[..]", "$5"]
    assert match_lines(kept, found, {}) == {}


@given(st.lists(word, max_size=8), st.lists(found_line, max_size=8))
def test_what_was_accepted_matches(expected: list[str], found: list[str]) -> None:
    lines = split_lines("\n".join(found))
    assert match_lines(accept_lines(expected, lines, {}), lines, {}) is not None


@given(st.lists(word, max_size=8), st.lists(st.sampled_from(["a", "b", "7", "e x"]), max_size=8))
def test_every_line_is_accounted_for(expected: list[str], found: list[str]) -> None:
    pairs = align_lines(expected, found, {})
    assert [pair.found for pair in pairs if pair.mark in " +~"] == found
    wanted = [each for each in expected if each != "..."]
    assert [pair.expected for pair in pairs if pair.mark in " -"] == wanted
