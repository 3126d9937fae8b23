"""A request arrives as it was sent."""

from __future__ import annotations

import pytest

from checker.judging.request import Request

REQUEST = Request("/lab", "/ü\n", "docker", ("a", "b"), "a", True, False)


def test_request_survives_the_way() -> None:
    assert Request.parse(REQUEST.to_bytes()) == REQUEST


@pytest.mark.parametrize("message", [b"{", b"{}", b'{"folder": "/lab"}', b"[]"])
def test_what_is_no_request_is_refused(message: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        Request.parse(message)
