"""A request goes to one target, once; what the target does, the client is told."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from checker.orchestrators.ecs.emulator.load_balancing import forwarding
from checker.orchestrators.ecs.emulator.load_balancing.forwarding import RequestForwarder, Response
from checker.orchestrators.ecs.emulator.load_balancing.targets import TargetKey, Targets


def asked(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
    path: str = "/",
    body: bytes = b"",
    method: str = "GET",
) -> tuple[Response, Targets]:
    """What comes through from a target that answers so; and what is known of it after."""

    async def go() -> tuple[Response, Targets]:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        there = Targets(lambda group: [(group, "127.0.0.1", port)])
        balancer = RequestForwarder(there)
        try:
            headers = {"x-mine": "1", "connection": "keep-alive", "content-length": str(len(body))}
            return await balancer.forward_request("g", method, path, headers, body), there
        finally:
            await balancer.open_session().close()
            await runner.cleanup()

    return asyncio.run(go())


def test_path_query_headers_and_body_arrive_as_they_were_sent() -> None:
    async def echo(request: web.Request) -> web.Response:
        text = f"{request.method} {request.raw_path} {request.headers['x-mine']}"
        content = await request.read()
        return web.Response(status=201, text=f"{text} {content.decode()}", headers={"x-its": "2"})

    (status, headers, content), there = asked(echo, "/a%2Fb?c=d%20e", b"hello", "POST")
    assert (status, content) == (201, b"POST /a%2Fb?c=d%20e 1 hello")
    assert headers["x-its"] == "2"
    assert "content-length" not in headers
    assert there._under_way == {}


def test_several_headers_of_a_name_come_through() -> None:
    async def cookies(_: web.Request) -> web.Response:
        made = web.Response()
        made.headers.add("Set-Cookie", "a=1")
        made.headers.add("Set-Cookie", "b=2")
        return made

    assert asked(cookies)[0][1]["set-cookie"] == ["a=1", "b=2"]


def test_a_redirect_is_not_followed() -> None:
    async def away(_: web.Request) -> web.Response:
        raise web.HTTPFound("/there")

    assert asked(away)[0][0] == 302


def test_a_target_that_breaks_off_is_a_502_and_is_asked_once() -> None:
    seen: list[str] = []

    async def break_off(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        assert request.transport
        request.transport.close()
        return web.Response()

    (status, _, content), there = asked(break_off)
    assert (status, seen) == (502, ["/"])
    assert b"Target 127.0.0.1" in content
    assert there._under_way == {}


def test_a_target_that_says_nothing_is_a_504(monkeypatch: Any) -> None:
    monkeypatch.setattr(forwarding, "IDLE_SECONDS", 0.05)

    async def silent(_: web.Request) -> web.Response:
        await asyncio.sleep(2)
        return web.Response()

    assert asked(silent)[0][0] == 504


def test_nobody_registered_is_a_503_and_nobody_there_a_502() -> None:
    async def go(*keys: TargetKey) -> int:
        balancer = RequestForwarder(Targets(lambda _: list(keys)))
        try:
            return (await balancer.forward_request("g", "GET", "/", {}, b""))[0]
        finally:
            await balancer.open_session().close()

    assert asyncio.run(go()) == 503
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert asyncio.run(go(("g", "127.0.0.1", port))) == 502
