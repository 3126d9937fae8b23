"""The middleware answers what MiniStack does not know, and hands on the rest."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import MutableMapping
from contextlib import nullcontext
from typing import Any

import pytest

from checker.base.fingerprint import fingerprint_package
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import middleware, refusals, throttle
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import AlbRoute
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets
from checker.orchestrators.ecs.emulator.middleware import EmulatorMiddleware
from checker.orchestrators.ecs.emulator.scaling.target_tracking import Scaler

Message = MutableMapping[str, Any]
TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/demo/web"}


class MiniStack:
    """Keeps what it is asked, and answers with what it is given."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.status = 200
        self.answer: dict[str, Any] = {"services": []}

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            message = await receive()
            self.asked.append(message["body"])
            assert (await receive())["type"] == "http.disconnect"
        headers = [(b"content-length", b"1"), (b"x-kept", b"yes")]
        start = {"type": "http.response.start", "status": self.status, "headers": headers}
        await send(start)
        body = json.dumps(self.answer).encode()
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:]})


class Alb:
    """One load balancer, `front`, that tells what it was asked."""

    def _find_lb_by_name(self, name: str) -> dict[str, str] | None:
        return {"name": name} if name == "front" else None

    async def dispatch_request(self, balancer: Any, *asked: Any, **more: Any) -> Any:
        method, path, _, body, query, _ = asked
        told = [method, path, body.decode(), query, more["raw_path"], more["raw_query_string"]]
        return 201, {"X-Several": ["1", "2"]}, json.dumps({"told": told}).encode()


@pytest.fixture
def ministack() -> MiniStack:
    return MiniStack()


@pytest.fixture
def scaler() -> Scaler:
    return Scaler()


def ask(
    app: MiniStack, scaler: Scaler, target: str, body: bytes, **scope: Any
) -> tuple[int, dict[str, Any], dict[bytes, bytes]]:
    """Send a body in two parts; give back status, answer and headers."""
    targets = scope.pop("targets", Targets(lambda _: []))
    half = len(body) // 2
    parts: list[Message] = [
        {"type": "http.request", "body": body[:half], "more_body": True},
        {"type": "http.request", "body": body[half:], "more_body": False},
        {"type": "http.disconnect"},
    ]
    if target == "raw":
        parts = [{"type": "http.request", "body": body}, {"type": "http.disconnect"}]
    sent: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"X-Amz-Target", target.encode()), *scope.pop("more", [])]
    given = {"type": "http", "path": "/", "headers": headers, **scope}
    asyncio.run(
        EmulatorMiddleware(app, scaler, targets, AlbRoute(Alb(), nullcontext))(given, receive, send)
    )
    text = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], json.loads(text), dict(sent[0]["headers"])


def test_health_tells_which_process_and_which_engine(
    ministack: MiniStack, scaler: Scaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///there")
    status, found, _ = ask(ministack, scaler, "", b"", path=middleware.HEALTH)
    assert (status, found["process"], found["engine"]) == (200, os.getpid(), "unix:///there")
    assert not ministack.asked


def test_health_tells_which_code_the_process_was_started_with(
    ministack: MiniStack, scaler: Scaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///there")
    assert (
        ask(ministack, scaler, "", b"", path=middleware.HEALTH)[1]["code"] == fingerprint_package()
    )


def test_reset_forgets_targets(ministack: MiniStack, scaler: Scaler) -> None:
    there = Targets(lambda group: [(group, "10.0.0.1", 80)])
    there.take_target("g")
    ask(ministack, scaler, "raw", b"{}", targets=there, path=middleware.RESET)
    assert there.drain_target(("g", "10.0.0.1", 80), 0) is True


def test_reset_forgets_scaling_and_is_handed_on(ministack: MiniStack, scaler: Scaler) -> None:
    scaler.targets["service/demo/web"] = {}
    throttle.record_failure("web:1")
    ask(ministack, scaler, "raw", b"{}", path=middleware.RESET)
    assert scaler.targets == {}
    assert throttle._failures == {}
    assert ministack.asked == [b"{}"]


def test_scaling_is_answered_by_the_course(ministack: MiniStack, scaler: Scaler) -> None:
    body = json.dumps(TARGET).encode()
    target = f"{aws_api.SCALING}.DescribeScalableTargets"
    status, found, _ = ask(ministack, scaler, target, body)
    assert (status, found) == (200, {"ScalableTargets": []})
    assert not ministack.asked


def test_a_refusal_has_the_code_that_aws_tools_read(ministack: MiniStack, scaler: Scaler) -> None:
    body = json.dumps(TARGET).encode()
    status, found, _ = ask(ministack, scaler, f"{aws_api.SCALING}.DeregisterScalableTarget", body)
    assert (status, found["__type"]) == (400, "ObjectNotFoundException")
    assert found["message"].startswith("No scalable target found")


@pytest.mark.parametrize("body", [b"{{", b"[1]"])
def test_a_call_of_scaling_that_is_no_json_object_is_refused(
    ministack: MiniStack, scaler: Scaler, body: bytes
) -> None:
    status, found, _ = ask(ministack, scaler, f"{aws_api.SCALING}.DescribeScalableTargets", body)
    assert (status, found["__type"]) == (400, "SerializationException")


def test_a_call_of_ecs_is_judged_and_then_handed_on_whole(
    ministack: MiniStack, scaler: Scaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = []
    monkeypatch.setattr(
        refusals, "refuse_invalid_call", lambda action, given: judged.append((action, given))
    )
    body = b'{"cluster": "demo"}'
    status, _, headers = ask(ministack, scaler, f"{aws_api.ECS}.ListServices", body)
    assert status == 200
    assert judged == [("ListServices", {"cluster": "demo"})]
    assert ministack.asked == [body]
    assert headers[b"content-length"] == b"1"


def test_what_aws_refuses_never_reaches_ministack(ministack: MiniStack, scaler: Scaler) -> None:
    body = b'{"containerDefinitions": [{"name": "web"}]}'
    status, found, _ = ask(ministack, scaler, f"{aws_api.ECS}.RegisterTaskDefinition", body)
    assert (status, found["__type"]) == (400, "ClientException")
    assert not ministack.asked


def test_calls_of_the_course_itself_are_not_judged(
    ministack: MiniStack, scaler: Scaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "refuse_invalid_call", lambda *_: pytest.fail("judged"))
    given = (b"x-course-inside", b"1")
    parts = f"{aws_api.ECS}.ListServices"
    sent: list[Message] = []

    async def receive() -> Message:
        return (
            {"type": "http.request", "body": b"{}"}
            if not ministack.asked
            else {"type": "http.disconnect"}
        )

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": [(b"x-amz-target", parts.encode()), given]}
    asyncio.run(
        EmulatorMiddleware(ministack, scaler, Targets(lambda _: []), AlbRoute(Alb(), nullcontext))(
            scope, receive, send
        )
    )
    assert ministack.asked == [b"{}"]


def test_a_described_service_is_told_otherwise_with_the_right_length(
    ministack: MiniStack, scaler: Scaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(found: dict[str, Any]) -> dict[str, Any]:
        return {**found, "told": True}

    monkeypatch.setitem(middleware.RESPONSE_EDITORS, "DescribeServices", tell)
    status, found, headers = ask(ministack, scaler, f"{aws_api.ECS}.DescribeServices", b"{}")
    assert (status, found) == (200, {"services": [], "told": True})
    assert int(headers[b"content-length"]) == len(json.dumps(found))
    assert headers[b"x-kept"] == b"yes"


def test_an_error_of_ministack_is_told_as_it_is(ministack: MiniStack, scaler: Scaler) -> None:
    ministack.status, ministack.answer = 400, {"__type": "ClusterNotFoundException"}
    status, found, _ = ask(ministack, scaler, f"{aws_api.ECS}.DescribeServices", b"{}")
    assert (status, found) == (400, {"__type": "ClusterNotFoundException"})


def test_a_body_that_is_no_json_is_left_to_ministack(ministack: MiniStack, scaler: Scaler) -> None:
    assert ask(ministack, scaler, f"{aws_api.ECS}.ListServices", b"no json")[0] == 200
    assert ministack.asked == [b"no json"]


@pytest.mark.parametrize("body", [b"[1]", b'{"containerDefinitions": ["web"]}', b'{"cpu": "x"}'])
def test_a_call_of_another_shape_is_left_to_ministack(
    ministack: MiniStack, scaler: Scaler, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    if b"cpu" in body:
        monkeypatch.setattr(
            refusals, "refuse_invalid_call", lambda action, given: int(given["cpu"])
        )
    target = f"{aws_api.ECS}.RegisterTaskDefinition"
    assert ask(ministack, scaler, target, body)[0] == 200
    assert ministack.asked == [body]


def test_what_is_no_request_is_handed_on(ministack: MiniStack, scaler: Scaler) -> None:
    async def nothing() -> Message:
        raise AssertionError

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(
        EmulatorMiddleware(ministack, scaler, Targets(lambda _: []), AlbRoute(Alb(), nullcontext))(
            {"type": "lifespan"}, nothing, send
        )
    )
    assert sent


def test_a_load_balancer_answers_without_ministack_looking_at_the_request(
    ministack: MiniStack, scaler: Scaler
) -> None:
    where = {"path": "/_alb/front/a b", "raw_path": b"/_alb/front/a%20b", "query_string": b"c=1"}
    status, found, headers = ask(ministack, scaler, "", b"hello", method="PUT", **where)
    assert found["told"] == ["PUT", "/a b", "hello", {"c": ["1"]}, "/a%20b", "c=1"]
    assert (status, headers[b"x-several"]) == (201, b"2")
    assert not ministack.asked


def test_a_load_balancer_that_is_not_there_is_ministacks_to_tell(
    ministack: MiniStack, scaler: Scaler
) -> None:
    ask(ministack, scaler, "raw", b"{}", method="GET", path="/_alb/none")
    assert ministack.asked == [b"{}"]
