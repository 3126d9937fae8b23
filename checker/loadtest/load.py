"""Sending at a constant rate: each request has its time, however slow the answers are.

One thread and one loop over non-blocking sockets: at 500 requests a second this takes a few per
cent of a core, and nothing else in the process can delay a request.
"""

from __future__ import annotations

import errno
import select
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from checker.loadtest.plan import Plan
from checker.loadtest.sample import OK, Sample, name_outcome
from checker.loadtest.wire import HttpAnswer, NotHttp, read_answer

PIECE = 65536
IN_PROGRESS = (0, errno.EINPROGRESS)
"""What a non-blocking connect says: done, or under way."""


@dataclass
class Counts:
    """What is known while a load is under way; `versions` counts good answers by version."""

    sent: int = 0
    lost: int = 0
    versions: dict[str, int] = field(default_factory=dict)


Progress = Callable[[Counts], None]


class Connection:
    """A socket and the request that is under way on it, if one is."""

    __slots__ = ("connected", "data", "sample", "socket")

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        self.connected = False
        self.data = b""
        self.sample: Sample | None = None


class Load:
    """One run of a plan.

    Args:
        progress: Called every `every` seconds or so.
        stop_on: A file descriptor; sending ends when it can be read.
    """

    def __init__(
        self, plan: Plan, progress: Progress, every: float = 0.2, stop_on: int | None = None
    ) -> None:
        self.samples: list[Sample] = []
        self.counts = Counts()
        self._plan = plan
        self._request = plan.request
        self._progress, self._every = progress, every
        self._selector = selectors.DefaultSelector()
        self._left = plan.count
        self._open = 0
        self._idle: deque[Connection] = deque()
        self._deadlines: deque[tuple[float, Connection, Sample]] = deque()
        if stop_on is not None:
            self._selector.register(stop_on, selectors.EVENT_READ, None)

    def run(self) -> list[Sample]:
        """Send all, wait for what is under way, and return what became of each request."""
        self._start = time.monotonic()
        reported = 0.0
        while self._left or self._deadlines:
            now = self._read_clock()
            self._send_due(now)
            self._give_up_overdue(now)
            if now - reported >= self._every:
                reported = now
                self._progress(self.counts)
            self._handle_events(reported + self._every)
        for connection in self._idle:
            connection.socket.close()
        self._selector.close()
        return self.samples

    def _read_clock(self) -> float:
        return time.monotonic() - self._start

    def _next_due(self) -> float:
        return len(self.samples) / self._plan.rate

    def _send_due(self, now: float) -> None:
        while self._left and (due := self._next_due()) <= now:
            self._left -= 1
            sample = Sample(due, self._read_clock())
            self.samples.append(sample)
            self.counts.sent += 1
            self._send_request(sample)

    def _send_request(self, sample: Sample) -> None:
        """Send on a connection; kept ones take turns, so all that balances by them is asked."""
        if self._idle and (self._open >= self._plan.connections):
            connection = self._idle.popleft()
            sample.fresh = False
        else:
            connection = self._open_connection()
        connection.sample, connection.data = sample, b""
        self._deadlines.append((sample.sent + self._plan.timeout, connection, sample))
        if connection.connected:
            self._write_request(connection)
            return
        error = connection.socket.connect_ex((self._plan.address, self._plan.port))
        if error in IN_PROGRESS:
            self._selector.register(connection.socket, selectors.EVENT_WRITE, connection)
        else:
            self._lose_request(connection, name_outcome(error), registered=False)

    def _open_connection(self) -> Connection:
        family = socket.AF_INET6 if ":" in self._plan.address else socket.AF_INET
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open += 1
        return Connection(made)

    def _write_request(self, connection: Connection) -> None:
        try:
            # it fits into the buffer of a socket on which nothing else is under way
            connection.socket.sendall(self._request)
        except OSError as error:
            self._lose_request(connection, name_outcome(error.errno or 0))

    def _handle_events(self, latest: float) -> None:
        """Handle what happens until something is due.

        epoll counts in milliseconds; select, here over epoll's own descriptor, in microseconds.
        """
        until = min(latest, self._deadlines[0][0]) if self._deadlines else latest
        seconds = (min(until, self._next_due()) if self._left else until) - self._read_clock()
        if seconds > 0:
            select.select([self._selector], [], [], seconds)
        for key, events in self._selector.select(0):
            if key.data is None:  # the descriptor that ends the sending
                self._left = 0
                self._selector.unregister(key.fileobj)
            elif events & selectors.EVENT_WRITE:
                self._on_connected(key.data)
            else:
                self._on_data(key.data)

    def _on_connected(self, connection: Connection) -> None:
        error = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            self._lose_request(connection, name_outcome(error))
            return
        connection.connected = True
        self._selector.modify(connection.socket, selectors.EVENT_READ, connection)
        self._write_request(connection)

    def _on_data(self, connection: Connection) -> None:
        try:
            data = connection.socket.recv(PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose_request(connection, name_outcome(error.errno or 0))
            return
        if connection.sample is None:  # the server closed it, or sent what nobody asked for
            self._close_connection(connection)
            return
        connection.data += data
        try:
            answer = read_answer(connection.data, not data) if connection.data else None
        except NotHttp:
            self._lose_request(connection, "not-http")
            return
        if answer:
            self._finish_request(connection, connection.sample, answer)
        elif not data:
            self._lose_request(connection, "short" if connection.data else "closed")

    def _finish_request(self, connection: Connection, sample: Sample, answer: HttpAnswer) -> None:
        expected = self._plan.expect_version
        good = "wrong-version" if expected and answer.version != expected else OK
        sample.ended = self._read_clock()
        sample.status, sample.version = answer.status, answer.version
        sample.outcome = good if 200 <= answer.status < 300 else "wrong-status"
        if sample.outcome == OK:
            seen = self.counts.versions
            seen[answer.version] = seen.get(answer.version, 0) + 1
        else:
            self.counts.lost += 1
        connection.sample = None
        if answer.keep and not self._plan.fresh:
            self._idle.append(connection)
        else:
            self._close_connection(connection)

    def _lose_request(self, connection: Connection, outcome: str, registered: bool = True) -> None:
        if connection.sample:
            connection.sample.ended = self._read_clock()
            connection.sample.outcome = outcome
            self.counts.lost += 1
            connection.sample = None
        self._close_connection(connection, registered)

    def _close_connection(self, connection: Connection, registered: bool = True) -> None:
        if registered:
            self._selector.unregister(connection.socket)
        if connection in self._idle:
            self._idle.remove(connection)
        connection.socket.close()
        self._open -= 1

    def _give_up_overdue(self, now: float) -> None:
        # all have the same time-out, so the oldest is always the first
        while self._deadlines:
            deadline, connection, sample = self._deadlines[0]
            if not sample.outcome:
                if deadline > now:
                    return
                self._lose_request(connection, "timeout")
            self._deadlines.popleft()
