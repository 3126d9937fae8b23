"""The fixture `probe`: a load while something is changed, and what may be lost of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from checker.base.errors import CouldNotFindOut
from checker.checks.core.failure import CheckFailed
from checker.loadtest import plan as plans
from checker.loadtest.load import Counts
from checker.loadtest.result import Result, quantile
from checker.loadtest.running import Running, until_answered
from checker.loadtest.sample import OUTCOMES


class Load:
    """A load that is under way inside of its block, and judged after it."""

    def __init__(self, running: Running) -> None:
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
        """Go on once so many requests were sent.

        Raises:
            CouldNotFindOut: They are not in time.
        """
        self._wait(lambda: self.sent >= count, within, f"The probe did not send {count} requests.")

    def wait_for_version(self, version: str, *, within: float = 30) -> None:
        """Go on once an answer said that it is of this version.

        Raises:
            CheckFailed: None did in time.
        """
        try:
            self._wait(lambda: version in self._running.counts.versions, within, "Not seen.")
        except CouldNotFindOut:
            raise CheckFailed(
                f"an answer of version {version} within {within:g} s",
                _seen(self._running.counts),
                "Is the new version running, and does it get requests?",
            ) from None

    def expect_lost(self, most: int = 0, *, of_at_least: int = 0, next_step: str = "") -> Load:
        """No more than `most` requests were lost.

        Args:
            of_at_least: So many must have been sent, or nothing is proven.

        Raises:
            CheckFailed: More were lost.
            CouldNotFindOut: Too few were sent.
        """
        result = self.result
        if result.sent < of_at_least:
            raise CouldNotFindOut(
                "Too few requests were sent for a verdict.",
                expected=f"at least {of_at_least}",
                found=str(result.sent),
            )
        if result.lost > most:
            raise CheckFailed(
                f"{most or 'none'} of {result.sent} requests lost",
                f"{result.lost} lost: {describe_losses(result)}",
                next_step or "Look at when they were lost: what was stopped or started then?",
            )
        return self

    def expect_versions(self, *versions: str, next_step: str = "") -> Load:
        """Each of these versions answered, the first of them first and the last of them last."""
        result = self.result
        seen = list(result.versions)
        in_order = [each for each in seen if each in versions] == list(versions)
        if not in_order or result.last_version != versions[-1]:
            counts = ", ".join(f"{name}: {n}" for name, n in result.versions.items())
            raise CheckFailed(
                f"answers of version {', then '.join(versions)}",
                f"{counts or 'no good answer'}; the last one was of "
                f"{result.last_version or 'no version'}",
                next_step or "Was the new version really rolled out, and to all?",
            )
        return self

    def expect_slowest(self, seconds: float, *, next_step: str = "") -> Load:
        """No good answer took longer, counted from when its request should have been sent."""
        slowest = quantile(self.result.latencies, 1)
        if slowest > seconds:
            raise CheckFailed(
                f"no answer slower than {seconds * 1000:.0f} ms",
                f"one took {slowest * 1000:.0f} ms",
                next_step or "What did requests wait for?",
            )
        return self

    def _wait(self, true: Callable[[], bool], within: float, otherwise: str) -> None:
        self._running.wait_until(true, within, otherwise)

    def _end(self, at_least: int) -> None:
        running = self._running
        if running.counts.sent < at_least:
            seconds = at_least / running.plan.rate + plans.MOST_TIMEOUT
            self._wait(lambda: self.sent >= at_least, seconds, "The probe sends too slowly.")
        running.stop()
        self._result = running.result()


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
    ) -> Iterator[Load]:
        """Send to URL while the block runs; what is under way when it ends is waited for.

        Args:
            rate: Requests a second.
            seconds: The longest that it sends; 60 if neither it nor `count` is given.
            at_least: If fewer were sent when the block ends, go on until so many are.
            fresh: A new connection for each request; otherwise ten kept ones take turns.
            timeout: Seconds until a request counts as lost.
            within: Seconds to wait before that for a first answer.

        Raises:
            CheckFailed: Nothing answers at the start.
            CourseError: The load is outside the limits of the probe.
        """
        if seconds is None and count is None:
            seconds = 60.0
        plan = plans.make(
            url, rate=rate, seconds=seconds, count=count, timeout=timeout, fresh=fresh
        )
        if at_least > plan.count:
            raise CouldNotFindOut(
                "The plan of the load is shorter than what it must send.",
                expected=f"at least {at_least}",
                found=str(plan.count),
            )
        if became := until_answered(plan, within):
            raise CheckFailed(
                f"an answer from {url} before the load begins",
                OUTCOMES[became],
                "Does what you deployed run, and is its port published on 127.0.0.1?",
            )
        running = Running(plan)
        load = Load(running)
        try:
            yield load
            load._end(at_least)
        finally:
            running.kill()


def describe_losses(result: Result) -> str:
    """How and when requests were lost, in words."""
    first, last = result.losses[0].intended, result.losses[-1].intended
    return f"{result.lost_how}; the first after {first:.1f} s, the last after {last:.1f} s"


def _seen(counts: Counts) -> str:
    named = ", ".join(f"{name or 'without a version'}: {n}" for name, n in counts.versions.items())
    return f"answers {named}; {counts.lost} lost" if named else f"no answer; {counts.lost} lost"
