"""The fixture `probe`: a load while something is changed, and what may be lost of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from checker.base.errors import CouldNotFindOut
from checker.checks.core.failure import CheckFailed
from checker.loadtest.plan import MOST_TIMEOUT, make_plan
from checker.loadtest.result import Result, pick_quantile
from checker.loadtest.running import ProbeProcess, wait_for_answer
from checker.loadtest.sample import OUTCOMES


class ProbeLoad:
    """A load that is under way inside of its block, and judged after it."""

    def __init__(self, running: ProbeProcess) -> None:
        self._running = running
        self._result: Result | None = None

    @property
    def sent(self) -> int:
        """How many requests were sent so far; a few tenths of a second old."""
        return self._result.sent if self._result else self._running.counts.sent

    @property
    def result(self) -> Result:
        """All that was measured; only after the block.

        Raises:
            CouldNotFindOut: The block has not ended.
        """
        if self._result is None:
            raise CouldNotFindOut("A load has a result only after its `with` block.")
        return self._result

    def wait_for_sent(self, count: int, *, within: float = 30) -> None:
        """Wait until this number of requests was sent, at most `within` seconds.

        Raises:
            CouldNotFindOut: They are not in time.
        """
        message = f"The probe did not send {count} requests."
        self._running.wait_until(lambda: self.sent >= count, within, message)

    def wait_for_version(self, version: str, *, within: float = 30) -> None:
        """Wait until an answer said that it is of this version, at most `within` seconds.

        Raises:
            CheckFailed: None did in time.
        """
        running = self._running
        try:
            running.wait_until(lambda: version in running.counts.versions, within, "Not seen.")
        except CouldNotFindOut:
            counts = running.counts
            seen = [f"{name or 'without a version'}: {n}" for name, n in counts.versions.items()]
            found = f"answers {', '.join(seen)}" if seen else "no answer"
            expected = f"an answer of version {version} within {within:g} s"
            step = "Is the new version running, and does it get requests?"
            raise CheckFailed(expected, f"{found}; {counts.lost} lost", step) from None

    def expect_lost(self, most: int = 0, *, of_at_least: int = 0, next_step: str = "") -> ProbeLoad:
        """Expect that no more than `most` requests were lost.

        If fewer than `of_at_least` were sent, nothing is proven.

        Raises:
            CheckFailed: More were lost.
            CouldNotFindOut: Too few were sent.
        """
        result = self.result
        if result.sent < of_at_least:
            message = "Too few requests were sent for a verdict."
            wanted = f"at least {of_at_least}"
            raise CouldNotFindOut(message, expected=wanted, found=str(result.sent))
        if result.lost > most:
            first, last = result.losses[0].intended, result.losses[-1].intended
            times = f"the first after {first:.1f} s, the last after {last:.1f} s"
            count = f"at most {most}" if most else "none"
            expected = f"{count} of {result.sent} requests lost"
            step = next_step or "Look at when they were lost: what was stopped or started then?"
            raise CheckFailed(expected, f"{result.lost} lost: {result.lost_how}; {times}", step)
        return self

    def expect_versions(self, *versions: str, next_step: str = "") -> ProbeLoad:
        """Expect an answer of each version, the first of them first and the last of them last."""
        result = self.result
        seen = [each for each in result.versions if each in versions]
        if seen != list(versions) or result.last_version != versions[-1]:
            counts = ", ".join(f"{name}: {n}" for name, n in result.versions.items())
            last = result.last_version or "no version"
            found = f"{counts or 'no good answer'}; the last one was of {last}"
            step = next_step or "Was the new version really rolled out, and to all?"
            raise CheckFailed(f"answers of version {', then '.join(versions)}", found, step)
        return self

    def expect_slowest(self, seconds: float, *, next_step: str = "") -> ProbeLoad:
        """Expect no good answer to take longer, from when its request should have been sent."""
        slowest = pick_quantile(self.result.latencies, 1)
        if slowest > seconds:
            expected = f"no answer slower than {seconds * 1000:.0f} ms"
            step = next_step or "What did requests wait for?"
            raise CheckFailed(expected, f"one took {slowest * 1000:.0f} ms", step)
        return self

    def _finish(self, at_least: int) -> None:
        running = self._running
        if running.counts.sent < at_least:
            timeout = at_least / running.plan.rate + MOST_TIMEOUT
            message = "The probe sends too slowly."
            running.wait_until(lambda: self.sent >= at_least, timeout, message)
        running.stop()
        self._result = running.collect_result()


class Probe:
    """What sends requests at a constant rate, in a process of its own."""

    @contextmanager
    def run(
        self,
        url: str,
        *,
        rate: float = 250,
        seconds: float | None = None,
        count: int | None = None,
        at_least: int = 0,
        fresh: bool = False,
        timeout: float = 2,
        within: float = 0,
    ) -> Iterator[ProbeLoad]:
        """Send to URL while the block runs; what is under way when it ends is waited for.

        Args:
            url: An address of this machine.
            rate: Requests a second.
            seconds: The longest that it sends; 60 if neither it nor `count` is given.
            count: The most that it sends.
            at_least: If fewer were sent when the block ends, go on until there are as many.
            fresh: A new connection for each request; otherwise ten kept ones take turns.
            timeout: Seconds until a request counts as lost.
            within: Seconds to wait before that for a first answer.

        Raises:
            CheckFailed: Nothing answers at the start.
            CourseError: The load is outside the limits of the probe.
        """
        if seconds is None and count is None:
            seconds = 60.0
        plan = make_plan(url, rate=rate, seconds=seconds, count=count, timeout=timeout, fresh=fresh)
        if at_least > plan.count:
            message = "The plan of the load is shorter than what it must send."
            raise CouldNotFindOut(message, expected=f"at least {at_least}", found=str(plan.count))
        if became := wait_for_answer(plan, within):
            expected = f"an answer from {url} before the load begins"
            step = "Does what you deployed run, and is its port published on 127.0.0.1?"
            raise CheckFailed(expected, OUTCOMES[became], step)
        running = ProbeProcess(plan)
        load = ProbeLoad(running)
        try:
            yield load
            load._finish(at_least)
        finally:
            running.kill()

    @contextmanager
    def load_rollout(
        self,
        url: str,
        *,
        rate: float,
        seconds: float,
        timeout: float,
        at_least: int,
        slow_ms: int = 3000,
    ) -> Iterator[tuple[ProbeLoad, ProbeLoad]]:
        """Send short and long requests while the block rolls something out.

        The short ones go to URL/version; the long ones, ten a second, to URL/slow, and may take
        five seconds more. The block begins once 100 short ones were sent.

        Args:
            url: Without a path; it is waited for, at most 10 seconds.
            rate: Short requests a second.
            seconds: The longest that it sends.
            timeout: Seconds until a short request counts as lost.
            at_least: How many short requests there must be before it ends.
            slow_ms: Milliseconds that each long request takes.

        Returns:
            The load of short requests, and that of long ones.

        Raises:
            CheckFailed: Nothing answers at the start.
            CouldNotFindOut: The requests before the block are not sent in 30 seconds.
        """
        short, long = f"{url}/version", f"{url}/slow?ms={slow_ms}"
        with (
            self.run(
                short, rate=rate, seconds=seconds, timeout=timeout, at_least=at_least, within=10
            ) as load,
            self.run(long, rate=10, seconds=seconds, timeout=timeout + 5, within=10) as slow,
        ):
            load.wait_for_sent(100)
            yield load, slow
