"""ASGI middleware: what MiniStack does not know, or answers otherwise than AWS."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from typing import Any

from checker.base.fingerprint import fingerprint_package
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import refusals, service_events, throttle
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import PREFIX, AlbRoute
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets
from checker.orchestrators.ecs.emulator.scaling.target_tracking import Scaler

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
HEALTH, RESET = "/_course/health", "/_ministack/reset"
MALFORMED_CALL_ERRORS = (AttributeError, TypeError, ValueError)
"""What validating a call raises that is not formed as AWS's are; MiniStack answers it."""

RESPONSE_EDITORS = {
    "DescribeServices": service_events.add_service_events,
    "DescribeTasks": service_events.add_task_reasons,
}


class EmulatorMiddleware:
    """An ASGI application in front of MiniStack's."""

    def __init__(self, app: App, scaler: Scaler, targets: Targets, alb_route: AlbRoute) -> None:
        self._app = app
        self._scaler = scaler
        self._targets = targets
        self._alb_route = alb_route
        self._code = fingerprint_package()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(PREFIX):
            await self._route_to_alb(scope, receive, send)
            return
        if scope["path"] == HEALTH:
            engine = {"version": version("ministack"), "engine": os.environ["DOCKER_HOST"]}
            await send_json(send, 200, {**engine, "process": os.getpid(), "code": self._code})
            return
        if scope["path"] == RESET:
            self._scaler.reset()
            throttle.forget_failures()
            self._targets.reset()
        try:
            await self._dispatch_call(scope, receive, send)
        except aws_api.AwsError as refused:
            await send_json(send, 400, {"__type": refused.code, "message": refused.text})

    async def _route_to_alb(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        answer = await self._alb_route.answer_request(scope, body)
        if answer is None:
            await self._app(scope, replay_body(body, receive), send)
            return
        status, headers, content = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _dispatch_call(self, scope: Message, receive: Receive, send: Send) -> None:
        target, _, action = find_header(scope, b"x-amz-target").partition(".")
        if target == aws_api.SCALING:
            parameters = parse_json_object(await read_body(receive))
            answer = await asyncio.to_thread(self._scaler.answer_call, action, parameters)
            await send_json(send, 200, answer)
            return
        # The emulator's own calls carry this header; they are not validated again.
        if target != aws_api.ECS or find_header(scope, b"x-course-inside"):
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        with contextlib.suppress(*MALFORMED_CALL_ERRORS):
            await asyncio.to_thread(refusals.refuse_invalid_call, action, json.loads(body or b"{}"))
        buffer = ResponseBuffer(send) if action in RESPONSE_EDITORS else None
        await self._app(scope, replay_body(body, receive), buffer.store_message if buffer else send)
        if buffer:
            await buffer.send_edited(RESPONSE_EDITORS[action])


class ResponseBuffer:
    """Holds an answer back, so that it can be edited."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def store_message(self, message: Message) -> None:
        """Take a message in the place of `send`."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    async def send_edited(self, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Send what was stored, edited if it is no error, with the length that it then has."""
        body = self._body
        if self._start["status"] == 200:
            body = json.dumps(await asyncio.to_thread(edit, json.loads(body))).encode()
        headers = [each for each in self._start["headers"] if each[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive) -> bytes:
    """Read a request's body to its end."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def parse_json_object(body: bytes) -> dict[str, Any]:
    """Parse a body; raise AwsError where it is no JSON object."""
    with contextlib.suppress(ValueError):
        parameters = json.loads(body or b"{}")
        if isinstance(parameters, dict):
            return parameters
    raise aws_api.AwsError("SerializationException", "The request is no JSON object.")


def replay_body(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body once more that was read already."""
    first = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return first.pop() if first else await receive()

    return receive_again


async def send_json(send: Send, status: int, answer: dict[str, Any]) -> None:
    """Send an answer as AWS's JSON services do."""
    body = json.dumps(answer).encode()
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"application/x-amz-json-1.1"), length]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def find_header(scope: Message, name: bytes) -> str:
    """Return a header of a request, whose name is given in small letters; empty if missing."""
    return next((value.decode() for key, value in scope["headers"] if key.lower() == name), "")
