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
from checker.orchestrators.ecs.emulator.private_names import replace_name

CONNECT_SECONDS = 10.0
IDLE_SECONDS = 60.0
"""As AWS's; idle means that nothing comes from the target."""

HOP_BY_HOP = ("content-length", "connection", "transfer-encoding", "keep-alive")
Response = tuple[int, dict[str, Any], bytes]


class RequestForwarder:
    """Passes requests on to targets, each over a connection of its own."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._session: aiohttp.ClientSession | None = None

    async def forward_request(
        self, group: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Have one target of a group, which is named by its ARN, answer; the path has the query."""
        key = self._targets.take_target(group)
        if key is None:
            return make_response(503, "No registered targets in target group")
        _, host, port = key
        kept = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            address = URL(f"http://{host}:{port}{path}", encoded=True)
            async with self.open_session().request(
                method, address, headers=kept, data=body or None, allow_redirects=False
            ) as answer:
                content = await answer.read()
        except TimeoutError:
            return make_response(504, f"Target {host}:{port} did not answer in time")
        except (aiohttp.ClientError, OSError) as error:
            return make_response(502, f"Target {host}:{port}: {error}")
        finally:
            self._targets.release_target(key)
        answered: dict[str, Any] = {}
        for name in {name.lower() for name in answer.headers} - set(HOP_BY_HOP):
            values = answer.headers.getall(name)
            answered[name] = values[0] if len(values) == 1 else values
        return answer.status, answered, content

    def open_session(self) -> aiohttp.ClientSession:
        """Return the session, made at the first request, when there is an event loop."""
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
            replace_name(self._session, "_retry_connection", False)
        return self._session


def make_response(status: int, message: str) -> Response:
    """Make an answer of the load balancer itself."""
    content = json.dumps({"message": message}).encode()
    return status, {"Content-Type": "application/json"}, content
