"""Contents are compared as learners see them, and shown so that they see the difference."""

from __future__ import annotations

import pytest

from checker.checks import CheckFailed
from checker.checks.core.content import Content, Output


def content(data: bytes) -> Content:
    return Content("a.txt", data, "Look into a.txt.")


def test_what_holds_is_accepted() -> None:
    content(b"\xef\xbb\xbf 3 \r\n").expect_text("3")
    content(b"a\r\nb").expect_contains("a\nb")
    content(b"a\r\r\nb\r\n").expect_text("a\nb")
    content(b"a\nb").expect_text("a\r\nb\r\n")
    content(b"a").expect_lacks("b")
    content(b"x\nFROM node:24\n").expect_matches(r"^FROM node:\d+$")
    content(b"\x00").expect_bytes(b"\x00")
    content(b'{"a": [1, {"b": 2, "c": 3}]}').expect_json({"a": [1, {"b": 2}]})
    assert content(b"[1]").json == [1]


@pytest.mark.parametrize(
    ("data", "expect", "expected", "found"),
    [
        (b"4\n", lambda c: c.expect_text("3"), "3", "4"),
        (b"", lambda c: c.expect_text("3"), "3", "nothing"),
        (b" \n", lambda c: c.expect_contains("3"), "'3' in a.txt", "nothing"),
        (b"x" * 400, lambda c: c.expect_text("3"), "3", "x" * 300 + "… (400 characters)"),
        (
            b"\xff\xfe3\x00",
            lambda c: c.expect_text("3"),
            "text (UTF-8) in a.txt",
            "UTF-16 text",
        ),
        (
            b"\x89PNG\xff",
            lambda c: c.expect_text("3"),
            "text (UTF-8) in a.txt",
            "binary data (5 bytes, beginning 89 50 4e 47 ff)",
        ),
        (b"a b\nc", lambda c: c.expect_lacks("b"), "no 'b' in a.txt", "a b"),
        (b"a\nb", lambda c: c.expect_lacks("a\nb"), "no 'a\\nb' in a.txt", "a\nb"),
        (b"x", lambda c: c.expect_matches(r"^\d$", meaning="a number"), "a number", "x"),
        (b"x", lambda c: c.expect_matches(r"^\d$"), r"something that matches ^\d$ in a.txt", "x"),
        (b"a", lambda c: c.expect_bytes(b"\x00"), "\x00 in a.txt", "a"),
        (
            b"a b",
            lambda c: c.expect_bytes(b"a b\r\n"),
            "a b\r in a.txt",
            "a b (only line ends or blank space differ)",
        ),
        (b'{"a": 1}', lambda c: c.expect_json({"a": 2}), 'JSON with {"a": 2}', '{"a": 1}'),
        (b"[1, 2]", lambda c: c.expect_json([1]), "JSON with [1]", "[1, 2]"),
        (b"{}", lambda c: c.expect_json({"a": 1}), 'JSON with {"a": 1}', "{}"),
    ],
)
def test_what_does_not_hold_is_told(data: bytes, expect, expected: str, found: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        expect(content(data))
    assert (caught.value.expected, caught.value.found) == (expected, found)


def test_what_is_no_json_says_where(tmp_path) -> None:
    with pytest.raises(CheckFailed) as caught:
        content(b'{"a": }').expect_json({})
    assert caught.value.expected == "JSON in a.txt"
    assert "line 1 column 7" in caught.value.found


def test_authors_next_step_comes_before_the_usual_one() -> None:
    with pytest.raises(CheckFailed) as caught:
        content(b"4").expect_text("3")
    assert caught.value.next_step == "Look into a.txt."
    with pytest.raises(CheckFailed) as caught:
        content(b"4").expect_text("3", next_step="Count again.")
    assert caught.value.next_step == "Count again."
    assert str(caught.value) == "expected 3, found 4. Count again."


def test_output_knows_its_command_and_status() -> None:
    output = Output("ls", 2, b"no such file\n").expect_status(2)
    output.expect_contains("no such")
    with pytest.raises(CheckFailed) as caught:
        output.expect_status(0)
    assert (caught.value.expected, caught.value.found) == (
        "ls ends with status 0",
        "status 2: no such file",
    )
