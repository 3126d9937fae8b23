"""What a probe is asked to do, checked before anything is sent.

Limits: plain HTTP to this machine only (127.0.0.0/8, ::1, localhost), GET only, 0.01 to 2000
requests a second for at most 300 seconds, and never more open connections than this process may
have files.
"""

from __future__ import annotations

import ipaddress
import math
import resource
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from checker.base.errors import CourseError

LEAST_RATE, MOST_RATE = 0.01, 2000.0
MOST_SECONDS = 300.0
MOST_TIMEOUT = 30.0
SPARE_FILES = 64
"""Files that the process needs besides its connections."""


@dataclass(frozen=True)
class Plan:
    """A load: `count` requests, `rate` a second, to `address`.

    Args:
        host: The Host header, as it stands in the URL.
        path: Path and query.
        timeout: Seconds from the moment of sending until a request is given up.
        fresh: A new connection for each request.
        expect_version: An answer of another version is lost; "" accepts any.
        connections: How many kept connections take turns; more are opened while all are busy.
    """

    url: str
    address: str
    port: int
    host: str
    path: str
    rate: float
    count: int
    timeout: float = 2.0
    fresh: bool = False
    expect_version: str = ""
    connections: int = 10

    @property
    def seconds(self) -> float:
        """How long sending takes."""
        return self.count / self.rate

    @property
    def request(self) -> bytes:
        """The bytes of each request."""
        end = "Connection: close\r\n" if self.fresh else ""
        lines = f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\nUser-Agent: course-probe\r\n"
        return f"{lines}Accept: */*\r\n{end}\r\n".encode()


def make_plan(
    url: str,
    *,
    rate: float = 100.0,
    seconds: float | None = None,
    count: int | None = None,
    timeout: float = 2.0,
    fresh: bool = False,
    expect_version: str = "",
    connections: int = 10,
) -> Plan:
    """Make a plan within the limits.

    `Plan` says what its parts are. The URL is http://127.0.0.1:PORT/PATH; a name that ends in
    `.localhost` is this machine as well (RFC 6761, section 6.3). It sends for 10 seconds if neither
    `seconds` nor `count` is given.

    Raises:
        CourseError: It is outside the limits; the message says which one.
    """
    parts = split_url(url)
    require_within("rate", rate, MOST_RATE, "requests a second", LEAST_RATE)
    if seconds is not None and count is not None:
        raise CourseError("Give seconds or a count, not both.")
    if count is None:
        require_within("seconds", 10.0 if seconds is None else seconds, MOST_SECONDS, "seconds")
        count = max(1, round((10.0 if seconds is None else seconds) * rate))
    elif count < 1 or count / rate > MOST_SECONDS:
        raise CourseError(
            f"A count of {count} is outside the limits of the probe.",
            expected=f"1 to {math.floor(rate * MOST_SECONDS)} at {rate:g} requests a second",
        )
    require_within("timeout", timeout, MOST_TIMEOUT, "seconds")
    require_within("connections", connections, 500, "connections")
    require_files(rate, timeout, connections)
    port = parts.port if parts.port is not None else 80
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = (url, find_address(url, parts.hostname or ""), port, parts.netloc, path)
    return Plan(*target, float(rate), count, float(timeout), fresh, expect_version, connections)


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL that the probe can use."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "http" and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or any(each <= " " for each in url) or "@" in parts.netloc:
        message = f"The probe cannot use the address {url!r}."
        raise CourseError(message, expected="http://127.0.0.1:PORT/PATH")
    return parts


def find_address(url: str, hostname: str) -> str:
    """Return the address to connect to, which is always this machine's."""
    name = hostname.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
    if address is None or not address.is_loopback or "%" in name:
        message = f"The probe sends to this machine only, not to {url}."
        step = "Publish the port on 127.0.0.1, and give that address."
        raise CourseError(message, expected="127.0.0.1, ::1 or localhost", next_step=step)
    return str(address)


def require_within(name: str, value: float, most: float, unit: str, least: float = 0) -> None:
    """Refuse a value outside its limits; it must be above 0 in any case."""
    if not 0 < value <= most or value < least:
        lower = f"at least {least:g}" if least else "more than 0"
        message = f"{name} {value:g} is outside the limits of the probe."
        raise CourseError(message, expected=f"{lower}, at most {most:g} {unit}")


def require_files(rate: float, timeout: float, connections: int) -> None:
    """Refuse more open files than there may be, each request holding one until its time is up."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = math.inf if hard == resource.RLIM_INFINITY else hard - SPARE_FILES
    needed = math.ceil(rate * timeout) + connections
    if needed > room:
        raise CourseError(
            "So many requests could be open at once that the files of this process run out.",
            expected=f"rate x timeout of at most {room - connections:g}",
            found=f"{rate:g} x {timeout:g}",
            next_step="Lower the rate or the timeout.",
        )


def raise_file_limit() -> None:
    """Allow this process as many files as it may allow itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
