"""Answers of web servers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed

TIMEOUT = 5.0
PAUSE = 0.1
"""Seconds between two attempts while a server may still be starting."""


def get(url: str, **options: Any) -> Answer:
    """What URL answers; takes the options of `request`."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Answer:
    """What URL answers to data; takes the options of `request`."""
    return request("POST", url, **options)


def request(
    method: str,
    url: str,
    *,
    within: float = 0,
    timeout: float = TIMEOUT,
    headers: Mapping[str, str] | None = None,
    auth: tuple[str, str] | None = None,
    json: Any = None,
) -> Answer:
    """A request that is sent when something is expected of it, or asked from it.

    Args:
        within: Seconds during which each expectation is tried again until it holds, for servers
            that are still starting.
        timeout: Seconds that a single answer may take. Without `within`, an answer that takes
            longer means that the check could not find out; with it, that it failed.
        auth: Name and password (basic authentication).
        json: Sent as the body.
    """
    import httpx

    def send() -> httpx.Response:
        return httpx.request(
            method,
            url,
            headers=dict(headers or {}),
            auth=auth,
            json=json,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
        )

    return Answer(method, url, send, within)


class Answer:
    """What a server answered, or will when it is asked."""

    def __init__(self, method: str, url: str, send: Callable[[], Any], within: float) -> None:
        self._name = f"{method} {url}" if method != "GET" else url
        self._url = url
        self._send = send
        self._within = within
        self._answer: Any = None

    @property
    def status(self) -> int:
        """The status code, such as 200."""
        return int(self._response().status_code)

    @property
    def text(self) -> str:
        return self._content().text

    @property
    def json(self) -> Any:
        return self._content().json

    @property
    def headers(self) -> Mapping[str, str]:
        """Names do not depend on upper and lower case."""
        headers: Mapping[str, str] = self._response().headers
        return headers

    def expect_status(self, expected: int, *, next_step: str = "") -> Answer:
        """The status code is `expected`."""

        def judge() -> None:
            if self.status != expected:
                raise CheckFailed(
                    f"status {expected} from {self._name}",
                    f"status {self.status}",
                    next_step or f"See the whole answer: curl -i {self._url}",
                )

        return self._eventually(judge, next_step)

    def expect_header(self, name: str, expected: str, *, next_step: str = "") -> Answer:
        """The header NAME is `expected`."""

        def judge() -> None:
            if self.headers.get(name) != expected:
                raise CheckFailed(
                    f"{name}: {expected} from {self._name}",
                    f"{name}: {self.headers.get(name, '(not sent)')}",
                    next_step or f"See the headers: curl -i {self._url}",
                )

        return self._eventually(judge, next_step)

    def expect_text(self, expected: str, *, next_step: str = "") -> Answer:
        """The body is `expected`; blank space at both ends does not count."""
        return self._body(lambda body: body.expect_text(expected, next_step=next_step), next_step)

    def expect_contains(self, expected: str, *, next_step: str = "") -> Answer:
        """`expected` stands somewhere in the body."""
        return self._body(
            lambda body: body.expect_contains(expected, next_step=next_step), next_step
        )

    def expect_matches(self, pattern: str, *, meaning: str = "", next_step: str = "") -> Answer:
        """A part of the body matches a regular expression."""
        return self._body(
            lambda body: body.expect_matches(pattern, meaning=meaning, next_step=next_step),
            next_step,
        )

    def expect_json(self, expected: Any, *, next_step: str = "") -> Answer:
        """The body is JSON that holds `expected`; objects may hold more than that."""
        return self._body(lambda body: body.expect_json(expected, next_step=next_step), next_step)

    def expect_no_answer(self, *, next_step: str = "") -> None:
        """Nothing listens there: the connection is refused or closed without an answer."""
        try:
            self._response()
        except CheckFailed:
            return
        raise CheckFailed(
            f"no answer from {self._name}",
            f"status {self.status}",
            next_step or "See who listens: docker container ls shows published ports.",
        )

    def _body(self, judge: Callable[[Content], None], next_step: str) -> Answer:
        return self._eventually(lambda: judge(self._content()), next_step)

    def _eventually(self, judge: Callable[[], None], next_step: str) -> Answer:
        """Judge, and again with a new answer each time, until it holds or `within` is over."""
        deadline = time.monotonic() + self._within
        while True:
            try:
                judge()
                return self
            except CheckFailed as failed:
                if time.monotonic() >= deadline:
                    raise _worded(failed, self._within, next_step) from None
            self._answer = None
            time.sleep(PAUSE)

    def _content(self) -> Content:
        body: bytes = self._response().content
        return Content(f"the answer of {self._name}", body, f"See it: curl -i {self._url}")

    def _response(self) -> Any:
        import httpx

        if self._answer is None:
            try:
                self._answer = self._send()
            except httpx.TimeoutException as error:
                if not self._within:
                    raise
                raise self._nothing(f"no answer in time ({type(error).__name__})") from None
            except httpx.ConnectError:
                raise self._nothing("nothing listens there") from None
            except (httpx.RemoteProtocolError, httpx.ReadError):
                raise self._nothing("the connection was closed without an answer") from None
        return self._answer

    def _nothing(self, found: str) -> CheckFailed:
        return CheckFailed(
            f"an answer from {self._name}",
            found,
            "Is the container running, is the port published on 127.0.0.1, and does the program "
            "in it listen on that port? docker container ls and docker logs tell.",
        )


def _worded(failed: CheckFailed, within: float, next_step: str) -> CheckFailed:
    after = f" (waited {within:g} s)" if within else ""
    return CheckFailed(failed.expected, failed.found + after, next_step or failed.next_step)
