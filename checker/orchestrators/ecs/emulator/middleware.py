"""The first to see a request: what MiniStack does not know or tells otherwise than AWS."""

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
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import PREFIX, Front
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets
from checker.orchestrators.ecs.emulator.scaling.scaling import Scaler

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
HEALTH, RESET = "/_course/health", "/_ministack/reset"
MISSHAPEN = (AttributeError, TypeError, ValueError)
"""What judging a call raises that is not formed as AWS's are; MiniStack is left to answer it."""

TOLD = {"DescribeServices": service_events.services, "DescribeTasks": service_events.tasks}


class Door:
    """An ASGI application in front of MiniStack's."""

    def __init__(self, app: App, scaler: Scaler, targets: Targets, front: Front) -> None:
        self._app = app
        self._scaler = scaler
        self._targets = targets
        self._front = front
        self._code = fingerprint_package()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].startswith(PREFIX):
            await self._balanced(scope, receive, send)
            return
        if scope["path"] == HEALTH:
            await _answer(send, 200, _health(self._code))
            return
        if scope["path"] == RESET:
            self._scaler.reset()
            throttle.reset()
            self._targets.reset()
        try:
            await self._judged(scope, receive, send)
        except aws_api.Refused as refused:
            await _answer(send, 400, {"__type": refused.code, "message": refused.text})

    async def _balanced(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await _read(receive)
        answer = await self._front.answer(scope, body)
        if answer is None:
            await self._app(scope, _again(body, receive), send)
            return
        status, headers, content = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _judged(self, scope: Message, receive: Receive, send: Send) -> None:
        target, _, action = _header(scope, b"x-amz-target").partition(".")
        if target == aws_api.SCALING:
            given = _parsed(await _read(receive))
            await _answer(send, 200, await asyncio.to_thread(self._scaler.answer, action, given))
        elif target == aws_api.ECS and _is_from_outside(scope):
            await self._ecs(scope, receive, send, action)
        else:
            await self._app(scope, receive, send)

    async def _ecs(self, scope: Message, receive: Receive, send: Send, action: str) -> None:
        body = await _read(receive)
        with contextlib.suppress(*MISSHAPEN):
            await asyncio.to_thread(refusals.judge, action, json.loads(body or b"{}"))
        keep = _Kept(send) if action in TOLD else None
        await self._app(scope, _again(body, receive), keep.send if keep else send)
        if keep:
            await keep.tell(TOLD[action])


class _Kept:
    """Holds an answer back, so that it can be told otherwise."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body += message.get("body", b"")

    async def tell(self, otherwise: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        body = self._body
        if self._start["status"] == 200:
            told = await asyncio.to_thread(otherwise, json.loads(body))
            body = json.dumps(told).encode()
        headers = [each for each in self._start["headers"] if each[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _parsed(body: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        given = json.loads(body or b"{}")
        if isinstance(given, dict):
            return given
    raise aws_api.Refused("SerializationException", "The request is no JSON object.")


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already once more."""
    first = [{"type": "http.request", "body": body, "more_body": False}]

    async def give() -> Message:
        return first.pop() if first else await receive()

    return give


async def _answer(send: Send, status: int, found: dict[str, Any]) -> None:
    body = json.dumps(found).encode()
    headers = [
        (b"content-type", b"application/x-amz-json-1.1"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _header(scope: Message, name: bytes) -> str:
    return next((value.decode() for key, value in scope["headers"] if key.lower() == name), "")


def _is_from_outside(scope: Message) -> bool:
    """The door's own calls are not judged again."""
    return not _header(scope, b"x-course-inside")


def _health(code: str) -> dict[str, Any]:
    return {
        "version": version("ministack"),
        "process": os.getpid(),
        "engine": os.environ["DOCKER_HOST"],
        "code": code,
    }
