"""Answers of web servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed
from checker.checks.core.waiting import poll_every, wait_until_passed

TIMEOUT = 5.0
PAUSE = 0.1
"""Seconds between two attempts while a server may still be starting."""


def get(url: str, **options: Any) -> HttpResponse:
    """Ask what URL answers; takes the options of `request`."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> HttpResponse:
    """Ask what URL answers to data; takes the options of `request`."""
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
) -> HttpResponse:
    """Prepare a request that is sent when something is expected of its response, or asked of it.

    Args:
        method: GET, POST, ...
        url: Where it goes.
        within: Seconds during which each expectation is tried again until it holds, for servers
            that are still starting.
        timeout: Seconds that a single answer may take. Without `within`, an answer that takes
            longer means that the check could not find out; with it, that it failed.
        headers: Its headers.
        auth: Name and password (basic authentication).
        json: Sent as the body.
    """
    import httpx

    def send_request() -> httpx.Response:
        return httpx.request(
            method,
            url,
            headers=dict(headers or {}),
            auth=auth,
            json=json,
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,  # a proxy of the machine would answer in place of the container
        )

    return HttpResponse(method, url, send_request, within)


class HttpResponse:
    """What a server answered, or will when it is asked."""

    def __init__(self, method: str, url: str, send: Callable[[], Any], within: float) -> None:
        self._name = f"{method} {url}" if method != "GET" else url
        self._url = url
        self._send = send
        self._within = within
        self._response: Any = None

    @property
    def status(self) -> int:
        """The status code, such as 200."""
        return int(self._get_response().status_code)

    @property
    def text(self) -> str:
        return self._get_content().text

    @property
    def json(self) -> Any:
        return self._get_content().json

    @property
    def headers(self) -> Mapping[str, str]:
        """Names do not depend on upper and lower case."""
        headers: Mapping[str, str] = self._get_response().headers
        return headers

    def expect_status(self, expected: int, *, next_step: str = "") -> Self:
        """Expect this status code."""

        def check_status() -> None:
            if self.status != expected:
                what = f"status {expected} from {self._name}"
                step = next_step or f"See the whole answer: curl -i {self._url}"
                raise CheckFailed(what, f"status {self.status}", step)

        return self._wait_until_passed(check_status, next_step)

    def expect_header(self, name: str, expected: str, *, next_step: str = "") -> Self:
        """Expect this value of the header NAME."""

        def check_header() -> None:
            if self.headers.get(name) != expected:
                what = f"{name}: {expected} from {self._name}"
                step = next_step or f"See the headers: curl -i {self._url}"
                raise CheckFailed(what, f"{name}: {self.headers.get(name, '(not sent)')}", step)

        return self._wait_until_passed(check_header, next_step)

    def expect_text(self, expected: str, *, next_step: str = "") -> Self:
        """Expect this body; blank space at both ends does not count."""
        return self._expect_body(lambda body: body.expect_text(expected), next_step)

    def expect_contains(self, expected: str, *, next_step: str = "") -> Self:
        """Expect that `expected` stands somewhere in the body."""
        return self._expect_body(lambda body: body.expect_contains(expected), next_step)

    def expect_matches(self, pattern: str, *, meaning: str = "", next_step: str = "") -> Self:
        """Expect that a part of the body matches a regular expression."""
        return self._expect_body(
            lambda body: body.expect_matches(pattern, meaning=meaning), next_step
        )

    def expect_json(self, expected: Any, *, next_step: str = "") -> Self:
        """Expect JSON that holds `expected`; objects may hold more than that."""
        return self._expect_body(lambda body: body.expect_json(expected), next_step)

    def expect_no_answer(self, *, next_step: str = "") -> None:
        """Expect that nothing listens: the connection is refused or closed without an answer."""
        try:
            self._get_response()
        except CheckFailed:
            return
        step = next_step or "See who listens: docker container ls shows published ports."
        raise CheckFailed(f"no answer from {self._name}", f"status {self.status}", step)

    def _expect_body(self, check: Callable[[Content], None], next_step: str) -> Self:
        return self._wait_until_passed(lambda: check(self._get_content()), next_step)

    def _wait_until_passed(self, check: Callable[[], None], next_step: str) -> Self:
        def forget_responses(timeout: float) -> Iterator[object]:
            for change in poll_every(PAUSE)(timeout):
                self._response = None
                yield change

        try:
            wait_until_passed(check, forget_responses, self._within)
        except CheckFailed as failed:
            after = f" (waited {self._within:g} s)" if self._within else ""
            step = next_step or failed.next_step
            raise CheckFailed(failed.expected, failed.found + after, step) from None
        return self

    def _get_content(self) -> Content:
        body: bytes = self._get_response().content
        return Content(f"the answer of {self._name}", body, f"See it: curl -i {self._url}")

    def _get_response(self) -> Any:
        import httpx

        if self._response is not None:
            return self._response
        try:
            self._response = self._send()
            return self._response
        except httpx.TimeoutException as error:
            if not self._within:
                raise
            found = f"no answer in time ({type(error).__name__})"
        except httpx.ConnectError:
            found = "nothing listens there"
        except (httpx.RemoteProtocolError, httpx.ReadError):
            found = "the connection was closed without an answer"
        step = (
            "Is the container running, is the port published on 127.0.0.1, and does the program "
            "in it listen on that port? docker container ls and docker logs show it."
        )
        raise CheckFailed(f"an answer from {self._name}", found, step)
