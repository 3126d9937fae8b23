"""The short way to a load balancer: `/_alb/NAME/...`, past all that MiniStack otherwise looks at.

MiniStack compares each request with the addresses of all its services first. Under a load that is
measured, that time is better spent on passing it on.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import parse_qs

PREFIX = "/_alb/"
LISTENER_PORT = 80
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


class AlbRoute:
    """Finds load balancers, and has them answer; `scope` enters the account in which it asks."""

    def __init__(self, alb: Any, scope: Callable[[], AbstractContextManager[Any]]) -> None:
        self._alb = alb
        self._scope = scope

    async def answer_request(self, scope: MutableMapping[str, Any], body: bytes) -> Answer | None:
        """Return what a load balancer answers; None where there is none of that name."""
        name, _, path = str(scope["path"]).removeprefix(PREFIX).partition("/")
        raw = scope.get("raw_path") or str(scope["path"]).encode()
        raw_path = raw.decode("latin-1").removeprefix(PREFIX).partition("/")[2]
        query = scope.get("query_string", b"").decode("latin-1")
        headers = {name.decode("latin-1"): it.decode("latin-1") for name, it in scope["headers"]}
        # MiniStack finds only what belongs to the account and region of this scope.
        with self._scope():
            balancer = self._alb._find_lb_by_name(name)
            if balancer is None:
                return None
            status, answered, content = await self._alb.dispatch_request(
                balancer,
                scope["method"],
                f"/{path}",
                headers,
                body,
                parse_qs(query, keep_blank_values=True),
                LISTENER_PORT,
                client_ip=(scope.get("client") or ("127.0.0.1", 0))[0],
                raw_query_string=query,
                raw_path=f"/{raw_path}",
            )
        return status, encode_headers(answered, len(content)), bytes(content)


def encode_headers(headers: dict[str, Any], length: int) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI has them, one for each value."""
    made = [(b"content-length", str(length).encode())]
    for name, value in headers.items():
        every = value if isinstance(value, list) else [value]
        made += [(name.lower().encode("latin-1"), str(one).encode("latin-1")) for one in every]
    return made
