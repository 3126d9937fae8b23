"""Every request is sent at its time, and what becomes of it is told truly."""

from __future__ import annotations

import errno
import os
import socket
import threading

import pytest

from checker.loadtest import plan
from checker.loadtest.load import Counts, Load
from checker.loadtest.sample import OUTCOMES, Sample, name_outcome
from tests.loadtest.conftest import Server


def load(url: str, count: int = 3, rate: float = 200, **given: object) -> list[Sample]:
    """With patience: on a busy machine nothing here may be lost for being slow."""
    made = plan.make_plan(url, rate=rate, count=count, **{"timeout": 10, **given})  # type: ignore[arg-type]
    return Load(made, lambda _: None).run()


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/reset", "reset"),
        ("/closed", "closed"),
        ("/short", "short"),
        ("/half-head", "short"),
        ("/error", "wrong-status"),
        ("/greeting", "not-http"),
        ("/huge", "not-http"),
        ("/", "ok"),
        ("/chunks", "ok"),
        ("/until-closed", "ok"),
        ("/last", "ok"),
    ],
)
@pytest.mark.parametrize("fresh", [True, False])
def test_outcome_says_what_happened(server: Server, path: str, outcome: str, fresh: bool) -> None:
    samples = load(server.url + path, fresh=fresh)
    assert [each.outcome for each in samples] == [outcome] * 3
    assert outcome in OUTCOMES
    assert server.requests == 3


def test_request_to_nobody_is_refused(free_port: int) -> None:
    samples = load(f"http://127.0.0.1:{free_port}/")
    assert [each.outcome for each in samples] == ["refused"] * 3


def test_answer_that_does_not_come_is_given_up_in_time(server: Server) -> None:
    samples = load(server.url + "/silent", count=2, timeout=0.2)
    assert [each.outcome for each in samples] == ["timeout", "timeout"]
    assert all(0.2 <= each.ended - each.sent < 2 for each in samples)


def test_other_version_than_the_expected_one_is_lost(server: Server) -> None:
    assert {each.outcome for each in load(server.url, expect_version="2")} == {"wrong-version"}
    assert {each.outcome for each in load(server.url, expect_version="1")} == {"ok"}


def test_versions_are_taken_from_body_and_header(server: Server) -> None:
    assert {each.version for each in load(server.url)} == {"1"}
    assert {each.version for each in load(server.url + "/chunks")} == {"c"}
    assert {each.version for each in load(server.url + "/header")} == {"h"}


def test_kept_connections_take_turns(server: Server) -> None:
    """More than four are opened only where the machine is so slow that all four are busy."""
    fresh = [each.fresh for each in load(server.url, count=20, rate=50, connections=4)]
    assert fresh[:4] == [True] * 4
    assert 4 <= server.connections == sum(fresh) < 20


def test_fresh_connections_are_one_a_request(server: Server) -> None:
    assert all(each.fresh for each in load(server.url, count=20, fresh=True))
    assert server.connections == 20


def test_connection_that_the_server_ends_is_replaced(server: Server) -> None:
    samples = load(server.url + "/last", count=12, connections=2)
    assert [each.outcome for each in samples] == ["ok"] * 12
    assert server.connections == 12


def test_more_connections_are_opened_while_all_are_busy(server: Server) -> None:
    threading.Timer(0.3, server.hold.set).start()
    samples = load(server.url + "/silent", count=6, connections=2)
    assert server.connections == 6
    assert [each.outcome for each in samples] == ["closed"] * 6


def test_slow_answers_delay_no_request_and_are_counted_from_the_intended_time(
    server: Server,
) -> None:
    samples = load(server.url + "/silent", count=10, rate=100, timeout=0.3)
    assert [each.intended for each in samples] == [number / 100 for number in range(10)]
    assert samples[-1].sent < 0.3
    assert all(each.latency == each.ended - each.intended for each in samples)


def test_sending_ends_when_that_is_asked_for(server: Server) -> None:
    reader, writer = os.pipe()

    def look(counts: Counts) -> None:
        if counts.sent > 5:
            os.write(writer, b"x")

    asked = Load(
        plan.make_plan(server.url, rate=100, count=1000, timeout=10),
        look,
        every=0.01,
        stop_on=reader,
    )
    samples = asked.run()
    assert 5 < len(samples) < 500
    assert all(each.outcome == "ok" for each in samples)
    assert asked.counts == Counts(len(samples), 0, {"1": len(samples)})
    for each in (reader, writer):
        os.close(each)


def test_progress_counts_losses(server: Server) -> None:
    seen: list[Counts] = []
    made = Load(plan.make_plan(server.url + "/error", rate=100, count=5), seen.append, every=0.01)
    made.run()
    assert made.counts == Counts(5, 5, {})
    assert seen


def test_errno_that_nobody_foresaw_is_unreachable() -> None:
    assert name_outcome(errno.ENETUNREACH) == "unreachable"


def test_connect_that_fails_at_once_is_lost(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect_ex", lambda *_: errno.EADDRNOTAVAIL)
    assert [each.outcome for each in load(server.url)] == ["unreachable"] * 3


def test_write_that_fails_is_lost(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "gone")

    monkeypatch.setattr(socket.socket, "sendall", broken)
    samples = Load(plan.make_plan(server.url, count=1), lambda _: None).run()
    assert [each.outcome for each in samples] == ["reset"]
