"""An HTTP/1.1 answer, read from bytes (RFC 9112); only as much of it as a probe needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

LARGEST = 1024 * 1024
"""Bytes of an answer beyond which it is not read."""

LONGEST_VERSION = 100
NO_BODY = (204, 304)


class NotHttp(Exception):
    """What came is no HTTP answer, or one that is too large."""


@dataclass(frozen=True)
class HttpAnswer:
    """A whole answer; `keep` says whether the connection can be used again."""

    status: int
    version: str
    keep: bool


def read_answer(data: bytes, ended: bool) -> HttpAnswer | None:
    """Return the answer that `data` is, or None while it is not complete.

    `ended` says that the server has closed the connection.

    Raises:
        NotHttp: It is none.
    """
    if len(data) > LARGEST:
        raise NotHttp
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found:
        if not data.startswith(b"HTTP/1."[: len(data)]):
            raise NotHttp
        return None
    status, keep, length, version = parse_head(head)
    if status in NO_BODY:
        length = 0
    body: bytes | None
    if length == CHUNKED:
        body = join_chunks(rest)
    elif length == UNTIL_CLOSED:
        body = rest if ended else None
    else:
        body = rest[:length] if len(rest) >= length else None
    if body is None:
        return None
    keep = keep and not ended and length != UNTIL_CLOSED
    return HttpAnswer(status, find_version(body) or version, keep)


def parse_number(digits: str, base: int = 10) -> int:
    """Return a number of the answer; what is none makes it no HTTP."""
    try:
        return int(digits, base)
    except ValueError:
        raise NotHttp from None


CHUNKED = -2
UNTIL_CLOSED = -1


@lru_cache(maxsize=256)
def parse_head(head: bytes) -> tuple[int, bool, int, str]:
    """Return status, whether the connection stays, length of the body, X-Version; heads repeat."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdecimal():
        raise NotHttp
    keep, length, version = words[0] != "HTTP/1.0", UNTIL_CLOSED, ""
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if name == "content-length" and value.isdecimal() and length != CHUNKED:
            length = parse_number(value)
        elif name == "transfer-encoding" and "chunked" in value.lower():
            length = CHUNKED
        elif name == "connection":
            keep = "close" not in value.lower() and (keep or "keep-alive" in value.lower())
        elif name == "x-version":
            version = make_printable(value)
    return parse_number(words[1]), keep, length, version


def join_chunks(rest: bytes) -> bytes | None:
    """Return the body that comes in chunks (RFC 9112, section 7.1), or None if it is not whole."""
    body = b""
    while True:
        size_line, found, rest = rest.partition(b"\r\n")
        if not found:
            return None
        size = parse_number(size_line.split(b";")[0].decode("latin-1"), 16)
        if size < 0:
            raise NotHttp
        if size == 0:
            return body if rest.startswith(b"\r\n") or rest.endswith(b"\r\n\r\n") else None
        if len(rest) < size + 2:
            return None
        body, rest = body + rest[:size], rest[size + 2 :]


@lru_cache(maxsize=256)
def find_version(body: bytes) -> str:
    """Return the field `version` of a JSON object; "" without one. Bodies repeat."""
    if not body.startswith(b"{"):
        return ""
    try:
        return make_printable(str(json.loads(body).get("version", "")))
    except (ValueError, RecursionError):
        return ""


def make_printable(version: str) -> str:
    """Make a version what a terminal, a CSV file and a picture can show, whatever was sent."""
    return "".join(each if each.isprintable() else "?" for each in version[:LONGEST_VERSION])
