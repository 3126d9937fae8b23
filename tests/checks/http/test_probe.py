"""A check puts load on what it changes, and says what was lost of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.checks import CheckFailed
from checker.checks.http.probe import Load, Probe
from tests.loadtest.conftest import Server, free_port, server

__all__ = ["free_port", "server"]


def loaded(server: Server, path: str = "", act: Callable[[Load], None] = lambda _: None) -> Load:
    with Probe().run(server.url + path, rate=100, at_least=20, timeout=10) as load:
        act(load)
    return load


def change(server: Server, to: str) -> Callable[[Load], None]:
    def act(load: Load) -> None:
        load.wait_for_sent(10)
        server.version = to
        load.wait_for_version(to)

    return act


def test_load_without_losses_passes(server: Server) -> None:
    load = loaded(server)
    load.expect_lost(0, of_at_least=20).expect_slowest(5)
    assert load.sent == load.result.sent >= 20


def test_losses_fail_with_their_kinds_and_times(server: Server) -> None:
    load = loaded(server, "/error")
    with pytest.raises(CheckFailed) as caught:
        load.expect_lost(0, of_at_least=20)
    assert caught.value.expected == f"none of {load.sent} requests lost"
    assert caught.value.found.startswith(f"{load.sent} lost: {load.sent} wrong-status; the first")
    load.expect_lost(load.sent)


def test_too_few_requests_are_no_verdict(server: Server) -> None:
    load = loaded(server)
    with pytest.raises(CouldNotFindOut, match="Too few"):
        load.expect_lost(0, of_at_least=100_000)


def test_versions_must_follow_each_other(server: Server) -> None:
    load = loaded(server, act=change(server, "2"))
    load.expect_versions("1", "2")
    for wrong in (("2", "1"), ("1",), ("1", "2", "3"), ("2", "3")):
        with pytest.raises(CheckFailed, match="the last one was of 2"):
            load.expect_versions(*wrong)


def test_version_that_does_not_come_fails(server: Server) -> None:
    with pytest.raises(CheckFailed) as caught, Probe().run(server.url, rate=100) as load:
        load.wait_for_version("2", within=0.5)
    assert caught.value.expected == "an answer of version 2 within 0.5 s"
    assert "answers 1: " in caught.value.found


def test_no_good_answer_at_all_is_said(server: Server) -> None:
    load = loaded(server, "/error")
    with pytest.raises(CheckFailed, match="no good answer"):
        load.expect_versions("1")
    with pytest.raises(CheckFailed), Probe().run(server.url + "/error", rate=50) as second:
        second.wait_for_version("2", within=0.3)


def test_slow_answers_fail(server: Server) -> None:
    with pytest.raises(CheckFailed, match="no answer slower than 0 ms"):
        loaded(server).expect_slowest(0.000001)


def test_nobody_at_the_start_fails(free_port: int) -> None:
    with (
        pytest.raises(CheckFailed, match="nobody accepts connections"),
        Probe().run(f"http://127.0.0.1:{free_port}/"),
    ):
        pass


def test_sending_goes_on_until_enough_is_sent_and_ends_with_the_plan(server: Server) -> None:
    with Probe().run(server.url, rate=100, count=30, at_least=30) as load:
        pass
    assert (load.result.sent, load.result.complete) == (30, True)


def test_result_is_known_only_after_the_block(server: Server) -> None:
    with (
        pytest.raises(CouldNotFindOut, match="only after"),
        Probe().run(server.url, rate=10) as load,
    ):
        load.expect_lost(0)


def test_probe_ends_with_a_block_that_fails(server: Server) -> None:
    with pytest.raises(ZeroDivisionError), Probe().run(server.url, rate=10) as load:
        raise ZeroDivisionError
    assert load._running.is_over


def test_wrong_use_is_told(server: Server) -> None:
    with pytest.raises(CourseError), Probe().run("http://10.0.0.1/"):
        pass
    with (
        pytest.raises(CouldNotFindOut, match="shorter"),
        Probe().run(server.url, count=5, at_least=6),
    ):
        pass
    with pytest.raises(CouldNotFindOut), Probe().run(server.url, count=2) as load:
        load.wait_for_sent(100, within=10)
