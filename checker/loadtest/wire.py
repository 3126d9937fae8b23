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
class Answer:
    """A whole answer; `keep` says whether the connection can be used again."""

    status: int
    version: str
    keep: bool


def read(data: bytes, ended: bool) -> Answer | None:
    """The answer that `data` is, or None while it is not complete.

    Args:
        ended: The server has closed the connection.

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
    status, keep, length, version = _head(head)
    if status in NO_BODY:
        length = 0
    body = _chunks(rest) if length == CHUNKED else _sized(rest, length, ended)
    if body is None:
        return None
    keep = keep and not ended and length != UNTIL_CLOSED
    return Answer(status, version_in(body) or version, keep)


def _number(digits: str, base: int = 10) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise NotHttp from None


CHUNKED = -2
UNTIL_CLOSED = -1


@lru_cache(maxsize=256)
def _head(head: bytes) -> tuple[int, bool, int, str]:
    """Status, whether the connection stays, length of the body, X-Version; heads repeat."""
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdecimal():
        raise NotHttp
    keep, length, version = words[0] != "HTTP/1.0", UNTIL_CLOSED, ""
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip()
        if name == "content-length" and value.isdecimal() and length != CHUNKED:
            length = _number(value)
        elif name == "transfer-encoding" and "chunked" in value.lower():
            length = CHUNKED
        elif name == "connection":
            keep = "close" not in value.lower() and (keep or "keep-alive" in value.lower())
        elif name == "x-version":
            version = _printable(value)
    return _number(words[1]), keep, length, version


def _sized(rest: bytes, length: int, ended: bool) -> bytes | None:
    if length == UNTIL_CLOSED:
        return rest if ended else None
    return rest[:length] if len(rest) >= length else None


def _chunks(rest: bytes) -> bytes | None:
    body = b""
    while True:
        size_line, found, rest = rest.partition(b"\r\n")
        if not found:
            return None
        size = _number(size_line.split(b";")[0].decode("latin-1"), 16)
        if size < 0:
            raise NotHttp
        if size == 0:
            return body if rest.startswith(b"\r\n") or rest.endswith(b"\r\n\r\n") else None
        if len(rest) < size + 2:
            return None
        body, rest = body + rest[:size], rest[size + 2 :]


@lru_cache(maxsize=256)
def version_in(body: bytes) -> str:
    """The field `version` of a JSON object; "" if the body is none or has none. Bodies repeat."""
    if not body.startswith(b"{"):
        return ""
    try:
        return _printable(str(json.loads(body).get("version", "")))
    except (ValueError, RecursionError):
        return ""


def _printable(version: str) -> str:
    """A version that a terminal, a CSV file and a picture can show, whatever a server sends."""
    return "".join(each if each.isprintable() else "?" for each in version[:LONGEST_VERSION])
