"""Answers are read whole or not at all, and say whether the connection stays."""

from __future__ import annotations

import pytest

from checker.loadtest.wire import (
    LARGEST,
    LONGEST_VERSION,
    NO_BODY,
    HttpAnswer,
    NotHttp,
    find_version,
    read_answer,
)

HEAD = b"HTTP/1.1 200 OK\r\n"
SIZED = HEAD + b"Content-Length: 15\r\n\r\n" + b'{"version":"1"}'
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def test_sized_answer_is_complete_with_its_last_byte() -> None:
    for length in range(len(SIZED)):
        assert read_answer(SIZED[:length], ended=False) is None
    assert read_answer(SIZED, ended=False) == HttpAnswer(200, "1", keep=True)


def test_chunked_answer_is_complete_with_its_last_byte() -> None:
    whole = CHUNKED + b'8;x=y\r\n{"versio\r\n7\r\nn":"c"}\r\n0\r\nTrailer: t\r\n\r\n'
    for length in range(len(whole)):
        assert read_answer(whole[:length], ended=False) is None
    assert read_answer(whole, ended=False) == HttpAnswer(200, "c", keep=True)


def test_answer_without_a_length_ends_with_its_connection() -> None:
    data = HEAD + b"\r\nhello"
    assert read_answer(data, ended=False) is None
    assert read_answer(data, ended=True) == HttpAnswer(200, "", keep=False)


@pytest.mark.parametrize("status", NO_BODY)
def test_some_answers_have_no_body(status: int) -> None:
    assert read_answer(f"HTTP/1.1 {status} x\r\n\r\n".encode(), ended=False) == HttpAnswer(
        status, "", True
    )


@pytest.mark.parametrize(
    ("first", "header", "keep"),
    [
        (b"HTTP/1.1 200 OK", b"", True),
        (b"HTTP/1.1 200 OK", b"Connection: close\r\n", False),
        (b"HTTP/1.0 200 OK", b"", False),
        (b"HTTP/1.0 200 OK", b"Connection: Keep-Alive\r\n", True),
    ],
)
def test_connection_stays_as_the_server_says(first: bytes, header: bytes, keep: bool) -> None:
    found = read_answer(first + b"\r\nContent-Length: 0\r\n" + header + b"\r\n", ended=False)
    assert found == HttpAnswer(200, "", keep)


def test_version_is_in_the_body_or_else_in_a_header() -> None:
    head = HEAD + b"X-Version: h\r\nContent-Length: "
    assert read_answer(head + b"5\r\n\r\nhello", ended=False) == HttpAnswer(200, "h", True)
    assert read_answer(head + b"15\r\n\r\n" + b'{"version":"b"}', ended=False) == HttpAnswer(
        200, "b", True
    )


@pytest.mark.parametrize(
    ("body", "version"),
    [(b'{"version": 3}', "3"), (b"{broken", ""), (b'["version"]', ""), (b"", ""), (b"{}", "")],
)
def test_version_of_a_body(body: bytes, version: str) -> None:
    assert find_version(body) == version


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 OK 200\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        CHUNKED + b"zz\r\n",
        SIZED + b"x" * LARGEST,
    ],
)
def test_what_is_no_answer_is_told(data: bytes) -> None:
    with pytest.raises(NotHttp):
        read_answer(data, ended=False)


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (b'{"version": "\\ud800\\u0000\\u001b[31m1"}', "???[31m1"),
        (b'{"version": "' + b"9" * 5000 + b'"}', "9" * LONGEST_VERSION),
        (b'{"version": ' + b"9" * 5000 + b"}", ""),
        (b'{"version": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ""),
    ],
)
def test_version_can_be_shown_whatever_a_server_sends(body: bytes, version: str) -> None:
    assert find_version(body) == version


def test_version_of_the_header_can_be_shown_as_well() -> None:
    head = HEAD + b"X-Version: \x1b[2J\x80\r\nContent-Length: 0\r\n\r\n"
    assert read_answer(head, ended=False) == HttpAnswer(200, "?[2J?", True)


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 " + b"9" * 5000 + b" OK\r\n\r\n",
        CHUNKED + b"-5\r\nabcde\r\n0\r\n\r\n",
    ],
)
def test_number_that_is_none_is_no_http(data: bytes) -> None:
    with pytest.raises(NotHttp):
        read_answer(data, ended=False)
