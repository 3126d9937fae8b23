"""What the probe itself costs and loses: 500 requests a second against a plain server.

    PYTHONPATH=. .venv/bin/python benchmarks/probe.py [--rate 500] [--seconds 60] [--peer PROGRAM]

The server is a process of its own that answers every request with the same bytes, so whatever is
lost or late is the probe's doing or the machine's. The target: nothing lost, less than 25 % of one
core. A peer, such as Debian's `ab` (package apache2-utils), sends as many requests to the same
server as fast as ten connections allow: its latencies and its CPU time a request are comparable,
its rate is not.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import resource
import socket
import subprocess
from multiprocessing.connection import Connection

from checker.loadtest import plan as plans
from checker.loadtest.result import Result, pick_quantile
from checker.loadtest.running import ProbeProcess

TARGET_SHARE = 0.25
PEER_SECONDS = 300
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n"
    b'Connection: keep-alive\r\n\r\n{"version":"1"}'
)
LAST_ANSWER = ANSWER.replace(b"keep-alive", b"close")


class Plain(asyncio.Protocol):
    """Answers whatever ends like a request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not data.endswith(b"\r\n\r\n"):
            return
        lower = data.lower()
        keep = b"connection: close" not in lower and (
            b"http/1.0" not in lower or b"keep-alive" in lower
        )
        self._transport.write(ANSWER if keep else LAST_ANSWER)
        if not keep:
            self._transport.close()


def serve(sender: Connection) -> None:
    """Run the server's process; it tells its port."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(
            Plain, "127.0.0.1", 0, family=socket.AF_INET, backlog=4096
        )
        sender.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def show(name: str, result: Result) -> bool:
    """Print a line; whether the targets are met."""
    share = result.cpu_seconds / result.seconds
    late, took = result.delays, result.latencies
    print(
        f"{name:5}  sent {result.sent}  lost {result.lost}  {share:5.1%} of a core  "
        f"({result.cpu_seconds / result.sent * 1e6:.0f} us a request)\n"
        f"       sent late by  p50 {pick_quantile(late, 0.5) * 1000:6.3f}  "
        f"p99 {pick_quantile(late, 0.99) * 1000:7.3f}  max {late[-1] * 1000:7.3f} ms\n"
        f"       latency       p50 {pick_quantile(took, 0.5) * 1000:6.3f}  "
        f"p99 {pick_quantile(took, 0.99) * 1000:7.3f}  max {took[-1] * 1000:7.3f} ms"
    )
    return result.lost == 0 and share < TARGET_SHARE


def compare(program: str, url: str, count: int) -> None:
    """Let `ab` send as many; print what it says, and its CPU time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [program, "-q", "-k", "-n", str(count), "-c", "10", url],
        capture_output=True,
        text=True,
        timeout=PEER_SECONDS,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wanted = ("Failed requests", "Requests per second", "  50%", "  99%", " 100%")
    print(f"{program}: {used / count * 1e6:.0f} us of CPU a request")
    print("\n".join(line for line in done.stdout.splitlines() if line.startswith(wanted)))


def main() -> None:
    """Measure and print; ends with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--peer", default="")
    chosen = parser.parse_args()
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(sender,), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{receiver.recv()}/version"
        good = True
        for name, fresh in (("kept", False), ("fresh", True)):
            plan = plans.make_plan(url, rate=chosen.rate, seconds=chosen.seconds, fresh=fresh)
            good = show(name, ProbeProcess(plan).collect_result()) and good
        if chosen.peer:
            compare(chosen.peer, url, round(chosen.rate * chosen.seconds))
    finally:
        server.terminate()
        server.join(10)
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
