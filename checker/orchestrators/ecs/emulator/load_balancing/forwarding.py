"""What a load balancer does with a request: one target is chosen, asked once, and its answer given.

MiniStack finds the listener and the rule; choosing, counting and passing on are done here. Nothing
is tried a second time. Status codes: docs.aws.amazon.com, Troubleshoot your Application Load
Balancers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from yarl import URL

from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 60.0
"""As AWS's; idle means that nothing comes from the target."""

HOP_BY_HOP = ("content-length", "connection", "transfer-encoding", "keep-alive")
Response = tuple[int, dict[str, Any], bytes]


class Forwarding:
    """Passes requests on to targets, each over a connection of its own."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._session: aiohttp.ClientSession | None = None

    async def forward(
        self, group: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Have one target of a group answer.

        Args:
            group: The target group's ARN.
            path: With the query.
        """
        key = self._targets.take(group)
        if key is None:
            return said(503, "No registered targets in target group")
        try:
            return await self._ask(key[1], key[2], method, path, headers, body)
        except TimeoutError:
            return said(504, f"Target {key[1]}:{key[2]} did not answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return said(502, f"Target {key[1]}:{key[2]}: {error}")
        finally:
            self._targets.release(key)

    async def _ask(
        self,
        host: str,
        port: int,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Response:
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
        address = URL(f"http://{host}:{port}{path}", encoded=True)
        async with self._asking().request(
            method, address, headers=kept, data=body or None, allow_redirects=False
        ) as answer:
            content = await answer.read()
            names = {name.lower() for name in answer.headers} - set(HOP_BY_HOP)
            given = {name: _one_or_all(answer.headers.getall(name)) for name in names}
            return answer.status, given, content

    def _asking(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=CONNECT_SECONDS, sock_read=IDLE_SECONDS
                ),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp asks a second time where a connection breaks off; that would hide losses.
            self._session._retry_connection = False
        return self._session


def said(status: int, message: str) -> Response:
    """An answer of the load balancer itself."""
    content = json.dumps({"message": message}).encode()
    return status, {"Content-Type": "application/json"}, content


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
