"""A plan goes to this machine only, and stays within bounds."""

from __future__ import annotations

import resource

import pytest

from checker.base.errors import CourseError
from checker.loadtest import plan


@pytest.mark.parametrize(
    ("url", "address", "port", "path"),
    [
        ("http://127.0.0.1:8080/version", "127.0.0.1", 8080, "/version"),
        ("http://127.8.9.10:8080", "127.8.9.10", 8080, "/"),
        ("http://[::1]:8080/a?b=c", "::1", 8080, "/a?b=c"),
        ("http://localhost/", "127.0.0.1", 80, "/"),
        ("http://shop.LOCALHOST:4566/", "127.0.0.1", 4566, "/"),
    ],
)
def test_address_of_this_machine_is_accepted(url: str, address: str, port: int, path: str) -> None:
    made = plan.make_plan(url)
    assert (made.address, made.port, made.path) == (address, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.1.2:80/",
        "http://example.com/",
        "http://localhost.example.com/",
        "http://0.0.0.0:80/",
        "http://127.1:80/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::1%25lo]/",
        "http://2130706433/",
    ],
)
def test_any_other_machine_is_refused(url: str) -> None:
    with pytest.raises(CourseError, match="this machine only"):
        plan.make_plan(url)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8080",
        "https://127.0.0.1/",
        "http://",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://me:secret@127.0.0.1/",
        "http://127.0.0.1/\r\nX: y",
        "http://127.0.0.1/caf\u00e9",
    ],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(CourseError, match="cannot use the address"):
        plan.make_plan(url)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"rate": 0}, "rate 0"),
        ({"rate": 0.001}, "rate 0.001"),
        ({"rate": 1e-300, "seconds": 5}, "rate 1e-300"),
        ({"rate": 2001}, "rate 2001"),
        ({"rate": float("nan")}, "rate nan"),
        ({"seconds": 301}, "seconds 301"),
        ({"seconds": 0}, "seconds 0"),
        ({"count": 0}, "count of 0"),
        ({"count": 1000, "rate": 1}, "count of 1000"),
        ({"timeout": 31}, "timeout 31"),
        ({"timeout": 0}, "timeout 0"),
        ({"connections": 501}, "connections 501"),
        ({"count": 1, "seconds": 1}, "not both"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(given: dict, words: str) -> None:
    with pytest.raises(CourseError, match=words):
        plan.make_plan("http://127.0.0.1:1/", **given)


def test_more_open_requests_than_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 512))
    with pytest.raises(CourseError, match="files of this process"):
        plan.make_plan("http://127.0.0.1:1/", rate=300, timeout=2)
    assert plan.make_plan("http://127.0.0.1:1/", rate=200, timeout=2).rate == 200


def test_file_limit_is_raised_to_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(256, 512)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    plan.raise_file_limit()
    plan.raise_file_limit()
    assert limits == [(256, 512), (512, 512)]


def test_count_comes_from_seconds_and_ten_seconds_are_the_default() -> None:
    assert plan.make_plan("http://127.0.0.1:1/", rate=50).count == 500
    assert plan.make_plan("http://127.0.0.1:1/", rate=50, seconds=0.5).count == 25
    assert plan.make_plan("http://127.0.0.1:1/", rate=50, count=7).seconds == 0.14


def test_request_names_the_host_and_closes_only_if_fresh() -> None:
    kept = plan.make_plan("http://shop.localhost:81/v?x=1").request
    assert kept.startswith(b"GET /v?x=1 HTTP/1.1\r\nHost: shop.localhost:81\r\n")
    assert b"Connection" not in kept
    assert b"Connection: close\r\n" in plan.make_plan("http://127.0.0.1:1/", fresh=True).request
