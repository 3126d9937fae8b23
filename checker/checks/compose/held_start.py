"""A start of a project that goes on while a check holds some of its services back."""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from typing import Any, Self

from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.polling import wait_until
from checker.checks.compose.compose_project import ACCEPTS, ComposeProject
from checker.checks.compose.temporary_project import FIRST_START, SERVED_GATE, START_GATE
from checker.checks.core.failure import CheckFailed, get_last_line

CREATE_SECONDS = 60.0
PAUSE = 0.5
PROBES = 2
"""Of two probes that end in a phase, one has begun in it."""

MOST_PROBE_SECONDS = 20.0


class HeldStart:
    """`docker compose up`, in the background until the block ends.

    Args:
        project: Made with the services that are to be held; it is built first.
    """

    def __init__(self, project: ComposeProject) -> None:
        self._project = project
        self._failure: Exception | None = None
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._start_project,), daemon=True)

    def __enter__(self) -> Self:
        self._project.build()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread.is_alive():
            # it would wait for what nobody releases any more
            self._project.down(volumes=True)
            self._thread.join(CREATE_SECONDS)

    def release(self, service: str) -> None:
        """Let the program of a held service begin, as soon as its container runs."""
        self._open_gate(service, START_GATE)

    def release_first_start(self, service: str) -> None:
        """Let Postgres end the server of its first start, which serves itself alone."""
        self._open_gate(service, SERVED_GATE)

    def wait_for_first_start(self, service: str, within: float = CREATE_SECONDS) -> bool:
        """Wait until Postgres runs for itself, as it does when it has no files yet.

        Returns:
            Whether it does; if it has files already, it answers to everybody instead.

        Raises:
            CheckFailed: It does not get there.
        """
        either = ["sh", "-c", f"test -e {FIRST_START} || {ACCEPTS}"]
        if not wait_until(lambda: self._is_true(service, either), within, PAUSE):
            state = self._project.states().get(service, "missing")
            words = get_last_line(self._project.logs(service))
            step = f"Look at what it says: docker compose logs {service}"
            expected = f"{service} to make its files within {within:g} s"
            raise CheckFailed(expected, f"it is {state}, its last words: {words}", step)
        return self._is_true(service, ["test", "-e", FIRST_START])

    def wait_for_probes(self, service: str) -> None:
        """Wait until the health check of a service has been asked for what is so now."""
        seen = set(self._list_probes(service))

        def has_asked() -> bool:
            return len(set(self._list_probes(service)) - seen) >= PROBES

        wait_until(has_asked, MOST_PROBE_SECONDS, PAUSE)

    def finish(self, within: float = 60) -> None:
        """Wait until Compose has started all.

        Raises:
            CheckFailed: It gives up, or is not done in time.
        """
        self._thread.join(within)
        self.expect_going()
        if self._thread.is_alive():
            states = self._project.states().items()
            found = ", ".join(f"{name} is {state}" for name, state in sorted(states))
            step = "Try it: docker compose up   What does it wait for?"
            raise CheckFailed(f"all services to start within {within:g} s", found, step)

    def expect_going(self) -> None:
        """Expect that Compose has not given up."""
        if self._failure is not None:
            raise self._failure

    def _start_project(self) -> None:
        try:
            self._project.up(wait=False, within=600)
        except (CheckFailed, CourseError) as error:
            self._failure = error

    def _open_gate(self, service: str, gate: str) -> None:
        deadline = time.monotonic() + CREATE_SECONDS
        while self._project.exec(service, ["touch", gate]).status:
            self.expect_going()
            if time.monotonic() > deadline:
                state = self._project.states().get(service, "missing")
                raise CouldNotFindOut(f"{service} could not be released.", found=f"it is {state}")
            time.sleep(PAUSE)

    def _is_true(self, service: str, words: list[str]) -> bool:
        self.expect_going()
        return self._project.exec(service, words).status == 0

    def _list_probes(self, service: str) -> list[str]:
        """List when the last probes of a service began."""
        self.expect_going()
        health: dict[str, Any] = {}
        for attrs in self._project.inspect(service):
            health = attrs["State"].get("Health") or {}
        return [str(each["Start"]) for each in health.get("Log") or []]
