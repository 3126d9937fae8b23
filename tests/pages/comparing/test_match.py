"""The matcher accepts what a page promises, refuses all else, and always comes to an end."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checker.base.errors import CourseError
from checker.pages.comparing.match import fill_captures, match_line, match_lines, split_lines

PLAIN = string.ascii_letters + string.digits + " .,:;/=+*?()|^$\\{}-_'\"é"
line = st.text(PLAIN, max_size=20).filter(lambda text: text.strip() not in ("", "..."))
output = st.lists(line, max_size=12).map(lambda lines: split_lines("\n".join(lines)))
some_output = st.lists(line, min_size=1, max_size=12).map(
    lambda lines: split_lines("\n".join(lines))
)


@given(output)
def test_output_matches_itself(lines: list[str]) -> None:
    assert match_lines(lines, lines, {}) == {}


@given(output, st.data())
def test_any_run_of_lines_may_be_left_out(lines: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    assert match_lines([*lines[:first], "...", *lines[last:]], lines, {}) == {}


@given(some_output, st.data())
def test_any_part_of_a_line_may_be_left_out(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    first = data.draw(st.integers(0, len(lines[at])))
    last = data.draw(st.integers(first, len(lines[at])))
    hidden = lines[at][:first] + "[..]" + lines[at][last:]
    assert match_lines([*lines[:at], hidden, *lines[at + 1 :]], lines, {}) == {}


@given(some_output, st.data())
@example(["a.c"], None)
def test_a_changed_character_is_found(lines: list[str], data: st.DataObject | None) -> None:
    if data is None:
        changed = ["abc"]
    else:
        at = data.draw(st.integers(0, len(lines) - 1))
        column = data.draw(st.integers(0, len(lines[at]) - 1))
        new = data.draw(st.sampled_from("#@~").filter(lambda each: each != lines[at][column]))
        changed = list(lines)
        changed[at] = lines[at][:column] + new + lines[at][column + 1 :]
    assert match_lines(lines, changed, {}) is None


@given(some_output, st.data())
def test_a_missing_line_is_found(lines: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines) - 1))
    shorter = split_lines("\n".join(lines[:at] + lines[at + 1 :]))
    assert match_lines(lines, shorter, {}) is None


@given(output, line)
def test_a_line_too_much_is_found(lines: list[str], more: str) -> None:
    assert match_lines(lines, [*lines, more.rstrip()], {}) is None


@given(st.text("0123456789abcdef", min_size=1), st.integers(0, 10**9), line)
def test_what_was_captured_is_what_reusing_it_means(number: str, count: int, text: str) -> None:
    bound = match_lines(
        ["id=<id:hex>", "n: <n:int>", "<all:line>"],
        split_lines(f"id={number}\nn: {count}\n{text}"),
        {},
    )
    assert bound == {"id": number, "n": str(count), "all": text.rstrip()}
    assert fill_captures("rm <id> <n> <other>", bound) == f"rm {number} {count} <other>"
    assert match_lines(["<id>", "[..]<n>"], [number, f"x{count}"], bound) == bound


@pytest.mark.parametrize(
    ("expected", "found", "captured"),
    [
        ("<a:hex>", "0a1f", {"a": "0a1f"}),
        ("<a:hex>", "0a1g", None),
        ("<a:int>", "42", {"a": "42"}),
        ("<a:int>", "x42", None),
        ("<a:ip>", "172.17.0.2", {"a": "172.17.0.2"}),
        ("<a:ip>", "fe80::1", {"a": "fe80::1"}),
        ("<a:ip>", "localhost", None),
        ("<a:word> b", "one b", {"a": "one"}),
        ("<a:word> b", "one two b", None),
        ("x <a:line>", "x one two", {"a": "one two"}),
        ("<a:line>", "", None),
        ("<a:int>-<a:int>", "1-1", {"a": "1"}),
        ("<a:int>-<a>", "1-1", {"a": "1"}),
        ("<a:int>-<a>", "1-2", None),
        ("[..]<a:int>[..]", "ab 12 cd", {"a": "12"}),
        ("[..]x[..]x[..]", "axbxc", {}),
        ("[..]x[..]x[..]", "axb", None),
        ("a[..]a", "a", None),
        ("[..]", "", {}),
        ("a  ", "a", {}),
        ("<none>", "<none>", {}),
        ("<none:none>", "<none:none>", {}),
        ("100% [done] (a|b)*", "100% [done] (a|b)*", {}),
    ],
)
def test_a_line(expected: str, found: str, captured: dict[str, str] | None) -> None:
    assert match_line(expected, found, {}) == captured


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ("...", ""),
        ("...", "a\nb"),
        ("a\n...\nc", "a\nc"),
        ("a\n...\nc", "a\nc\nb\nc"),
        ("...\nb\n...", "a\nb\nb\nc"),
        ("a", "a  \n\n\n"),
        ("a\n\nb", "a\n\nb"),
        ("", "\n"),
    ],
)
def test_lines_that_match(expected: str, found: str) -> None:
    assert match_lines(expected.split("\n"), split_lines(found), {}) == {}


@pytest.mark.parametrize(
    ("expected", "found"),
    [("a\nb", "b\na"), ("a", ""), ("", "a"), ("...\na", "a\nb"), ("a", "\na"), ("  ...", "b")],
)
def test_lines_that_do_not(expected: str, found: str) -> None:
    assert match_lines(expected.split("\n"), split_lines(found), {}) is None


def test_a_capture_after_any_lines_is_the_one_that_fits_what_follows() -> None:
    found = ["id 1", "id 2", "id 3", "removed 2"]
    assert match_lines(["...", "id <n:int>", "...", "removed <n>"], found, {}) == {"n": "2"}


def test_a_later_capture_of_the_same_name_replaces_the_former() -> None:
    assert match_lines(["<a:word>"], ["new"], {"a": "old"}) == {"a": "new"}


def test_many_wildcards_in_a_long_line_are_no_trouble() -> None:
    started = time.monotonic()
    assert match_lines(["[..]a" * 30 + "b"], ["a" * 5000], {}) is None
    assert match_lines(["[..]a[..]b" * 20], ["a" * 20000], {}) is None
    assert time.monotonic() - started < 2


def test_many_gaps_in_many_lines_are_no_trouble() -> None:
    started = time.monotonic()
    assert match_lines(["...", "x"] * 20 + ["y"], ["x"] * 400, {}) is None
    assert time.monotonic() - started < 5


def test_a_search_without_end_is_given_up_with_advice() -> None:
    expected = [each for n in range(6) for each in ("...", f"<n{n}:int>")]
    expected += [f"<n{n}>" for n in range(6)]
    with pytest.raises(CourseError, match="too many ways"):
        match_lines(expected, [str(number) for number in range(400)], {})
