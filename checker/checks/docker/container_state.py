"""What a container does now: whether it runs, for how long, as whom, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain
from typing import Self

from checker.checks.core.failure import CheckFailed, describe_value
from checker.checks.core.waiting import poll_every, wait_until_passed
from checker.checks.docker.facts import ContainerFacts
from checker.checks.docker.processes import (
    RESET_SECONDS,
    find_user_id,
    measure_run,
    read_user_id,
)

PAUSE = 0.1
"""Seconds between two looks at a container."""


class ContainerState(ContainerFacts):
    """A container and what is expected of its state; every `expect_` gives the container back."""

    @property
    def user_id(self) -> int:
        """The number of the user that its first process has now, whatever was configured.

        Raises:
            CheckFailed: It does not run.
        """
        return read_user_id(self)

    def expect_running(self, *, lasting: float = 0, next_step: str = "") -> Self:
        """Expect that it runs now; one that is paused, or waits for its next start, does not.

        Args:
            lasting: Seconds for which it must have run, or go on to run. One that had to be started
                again by its restart policy must last as long as the engine itself demands.
            next_step: What to tell the learner instead of the usual step.
        """
        ends_again = bool(lasting) and self.status == "restarting"
        if not self.running and not ends_again:
            step = next_step or f"docker logs {self.name} may say why; {self.way_to_run} starts it."
            if self.status == "paused":
                step = f"Let its processes go on: {self.way_to_run}"
            raise CheckFailed(f"{self.name} is running", f"it is {self.state}", step)
        if lasting:
            self._expect_lasting_run(lasting, next_step)
        return self

    def expect_stopped(self, *, next_step: str = "") -> Self:
        """Expect that it is there, and that its program has ended or was never started."""
        if self.status not in ("created", "exited", "dead"):
            step = next_step or f"Stop it: docker stop {self.name}"
            raise CheckFailed(f"{self.name} is stopped", f"it is {self.state}", step)
        return self

    def expect_exit_status(self, expected: int, *, next_step: str = "") -> Self:
        """Expect that it ended with this status."""
        if self.exit_status != expected:
            what = f"{self.name} ended with status {expected}"
            step = next_step or f"docker logs {self.name} may say why."
            raise CheckFailed(what, f"it ended with {self.exit_status}", step)
        return self

    def expect_healthy(self, *, within: float = 0, next_step: str = "") -> Self:
        """Expect its health check to report healthy, at the latest after `within` seconds."""

        def check_health(now: Self) -> None:
            if now.health != "healthy":
                step = next_step or f"See the probes: docker inspect {self.name}, State.Health."
                found = f"its health is {now.health}"
                if now.health == "none":
                    found = "it has no health check"
                raise CheckFailed(f"{self.name} is healthy", found, step)

        return self._wait_until_passed(check_health, within)

    def expect_log(self, text: str, *, within: float = 0, next_step: str = "") -> Self:
        """Expect `text` in its logs, at the latest after `within` seconds."""

        def check_logs(now: Self) -> None:
            if text not in now.logs:
                expected = f"{text!r} in the logs of {self.name}"
                step = next_step or f"Read them: docker logs {self.name}"
                raise CheckFailed(expected, describe_value(now.logs[-200:]), step)

        return self._wait_until_passed(check_logs, within)

    def expect_user(self, expected: str, *, next_step: str = "") -> Self:
        """Expect that its first process belongs to this user, given by name or by number.

        While it does not run, expect that it would be started as this user.
        """
        configured = self.user.partition(":")[0] or "root"
        found = self.user_id if self.running else find_user_id(self, configured)
        if found is None or found != find_user_id(self, expected):
            what = f"{self.name} runs as {expected}"
            step = next_step or "USER in the Dockerfile says as whom containers run."
            raise CheckFailed(what, f"it runs as {self._name_user(found, configured)}", step)
        return self

    def expect_not_root(self, *, next_step: str = "") -> Self:
        """Expect that its first process does not belong to root, whatever was configured."""
        if self.user_id == 0:
            step = next_step or "USER in the Dockerfile says as whom containers run."
            raise CheckFailed(f"{self.name} does not run as root", "it runs as root", step)
        return self

    def inspect_again(self) -> Self:
        """Return the same container, by its id, as it is by now.

        Raises:
            CheckFailed: It is gone.
        """
        from docker.errors import NotFound

        try:
            attrs = self._client.api.inspect_container(self.id)
        except NotFound:
            step = "See what there is: docker container ls -a"
            raise CheckFailed(f"{self.name} is still there", "it was removed", step) from None
        return type(self)(self._client, self.name, attrs)

    def _expect_lasting_run(self, lasting: float, next_step: str) -> None:
        needed = max(lasting, RESET_SECONDS) if self.restart_count else lasting
        left = needed - measure_run(self) if self.running else 0
        deadline = time.monotonic() + left
        later = self
        while later.running and later.started_at == self.started_at:
            if time.monotonic() >= deadline:
                return
            time.sleep(min(PAUSE, left))
            later = self.inspect_again()
        found = f"it is {later.state}"
        if count := later.restart_count:
            times = "once" if count == 1 else f"{count} times"
            found = f"its program ended, and was started again {times}"
        step = next_step or f"Its program ends by itself: docker logs {self.name} may say why."
        raise CheckFailed(f"{self.name} keeps running", found, step)

    def _name_user(self, number: int | None, configured: str) -> str:
        if number is None or number == find_user_id(self, configured):
            return configured
        return "root" if number == 0 else f"user {number}"

    def _wait_until_passed(self, check: Callable[[Self], None], within: float) -> Self:
        looks = chain([self], iter(self.inspect_again, None))
        seen = self

        def check_next() -> None:
            nonlocal seen
            seen = next(looks)
            check(seen)

        wait_until_passed(check_next, poll_every(PAUSE), within)
        return seen
