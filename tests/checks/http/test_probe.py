"""A check puts load on what it changes, and says what was lost of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.checks import CheckFailed
from checker.checks.http.probe import Probe, ProbeLoad
from tests.loadtest.conftest import Server, free_port, server

__all__ = ["free_port", "server"]


def loaded(
    server: Server, path: str = "", act: Callable[[ProbeLoad], None] = lambda _: None
) -> ProbeLoad:
    with Probe().run(server.url + path, rate=100, at_least=20, timeout=10) as load:
        act(load)
    return load


def change(server: Server, to: str) -> Callable[[ProbeLoad], None]:
    def act(load: ProbeLoad) -> None:
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


@contextmanager
def roll_out(server: Server) -> Iterator[tuple[ProbeLoad, ProbeLoad]]:
    with Probe().load_rollout(server.url, rate=200, seconds=60, timeout=10, at_least=300) as loads:
        yield loads


def test_rollout_is_under_short_and_long_requests_from_its_first_moment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    reply = server._answer
    monkeypatch.setattr(
        server, "_answer", lambda to, path, data: asked.append(path) or reply(to, path, data)
    )
    with roll_out(server) as (load, slow):
        assert load.sent >= 100
        server.version = "2"
        load.wait_for_version("2")
    assert set(asked) == {"/version", "/slow?ms=3000"}
    load.expect_versions("1", "2").expect_lost(0, of_at_least=300)
    slow.expect_lost(0, of_at_least=1)
    plans = [each._running.plan for each in (load, slow)]
    assert [(each.rate, each.timeout) for each in plans] == [(200, 10), (10, 15)]


def test_lost_long_requests_of_a_rollout_are_told_apart_from_short_ones(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = server._answer

    def refuse_long(to: socket.socket, path: str, data: bytes) -> bool:
        return reply(to, "/error" if path.startswith("/slow") else path, data)

    monkeypatch.setattr(server, "_answer", refuse_long)
    with roll_out(server) as (load, slow):
        pass
    load.expect_lost(0, of_at_least=300)
    with pytest.raises(CheckFailed, match="wrong-status"):
        slow.expect_lost(0)


def test_both_loads_of_a_rollout_end_with_a_block_that_fails(server: Server) -> None:
    with pytest.raises(ZeroDivisionError), roll_out(server) as (load, slow):
        raise ZeroDivisionError
    assert load._running.is_over
    assert slow._running.is_over


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
