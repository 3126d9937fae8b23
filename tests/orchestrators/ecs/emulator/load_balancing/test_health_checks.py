"""Targets are asked what their group says, and each kind of failure has AWS's name."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator.load_balancing import health_checks, targets
from checker.orchestrators.ecs.emulator.load_balancing.health_checks import (
    HealthChecks,
    ask_target,
)
from checker.orchestrators.ecs.emulator.load_balancing.targets import TargetKey, Targets
from checker.orchestrators.ecs.health_check_rules import matches_status

GROUP: dict[str, Any] = {
    "TargetGroupArn": "g",
    "HealthCheckPort": "traffic-port",
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 2,
    "HealthyThresholdCount": 2,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200"},
}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response({"/health": 200, "/bad": 503}[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture(scope="module")
def shop() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_good_answer_has_no_reason(shop: int) -> None:
    assert ask_target(("g", "127.0.0.1", shop), GROUP) == ("", "")


def test_another_port_can_be_asked(shop: int) -> None:
    assert ask_target(("g", "127.0.0.1", 1), {**GROUP, "HealthCheckPort": str(shop)}) == ("", "")


def test_a_wrong_status_is_told(shop: int) -> None:
    reason, text = ask_target(("g", "127.0.0.1", shop), {**GROUP, "HealthCheckPath": "/bad"})
    assert reason == "Target.ResponseCodeMismatch"
    assert text == "Health checks failed with these codes: [503]"


def test_nobody_there_is_a_failed_check() -> None:
    assert ask_target(("g", "127.0.0.1", 1), GROUP)[0] == "Target.FailedHealthChecks"


def test_silence_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        key = ("g", "127.0.0.1", silent.getsockname()[1])
        assert ask_target(key, {**GROUP, "HealthCheckTimeoutSeconds": 0.05})[0] == "Target.Timeout"


@pytest.mark.parametrize(
    ("status", "matcher", "good"),
    [
        (200, "200", True),
        (204, "200", False),
        (202, "200,202", True),
        (404, "200-499", True),
        (503, "200-299, 301", False),
    ],
)
def test_matcher_is_a_list_of_codes_and_ranges(status: int, matcher: str, good: bool) -> None:
    assert matches_status(status, matcher) is good


def test_a_step_asks_those_that_are_due_and_notes_what_they_say(shop: int) -> None:
    key: TargetKey = ("g", "127.0.0.1", shop)
    there = Targets(lambda _: [key])
    checks = HealthChecks(lambda: [GROUP, {"TargetType": "lambda"}], there)
    checks.ask_due_targets(0.0)
    checks._pool.shutdown()
    assert there.find_state(key) == targets.HEALTHY
    assert there.select_due("g", 1.0, 0.5) == []
    assert len(there.select_due("g", 1.0, 1.5)) == 1


def test_trouble_does_not_end_the_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = threading.Semaphore(0)

    def groups() -> list[dict[str, Any]]:
        looks.release()
        raise RuntimeError("it changed meanwhile")

    monkeypatch.setattr(health_checks, "LOOK_SECONDS", 0.001)
    HealthChecks(groups, Targets(lambda _: [])).start_thread()
    assert looks.acquire(timeout=10)
    assert looks.acquire(timeout=10)
