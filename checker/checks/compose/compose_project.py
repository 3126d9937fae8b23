"""A project that a check starts from a learner's Compose file, beside whatever else is running."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from testcontainers.compose import DockerCompose

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, Completed, run
from checker.checks.compose.temporary_project import renamed
from checker.checks.core.content import Output
from checker.checks.core.failure import CheckFailed, last_line, shown
from checker.checks.docker import temporary

CALL_SECONDS = 60.0
BUILD_SECONDS = 180.0
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Compose 2.26 erases a line before it prints a log, even where there is no terminal."""

PAUSE = 0.2
"""Seconds between two questions to a database that is starting."""

SQL = (
    'exec psql -X -U "${POSTGRES_USER:-postgres}" '
    '-d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" -At -c "$0"'
)
"""Asks the server through its own socket, as the user and in the database that it was made with."""


class Project:
    """Running services. Ports are free ones of 127.0.0.1, so nothing of the learner is in the way.

    Args:
        config: What `docker compose config` said of the learner's file.
        late: Seconds by which these services begin later than they would.
    """

    def __init__(self, config: dict[str, Any], late: Mapping[str, float] | None = None) -> None:
        self.name = f"course-check-{uuid.uuid4().hex[:12]}"
        self._stack = contextlib.ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="course-")))
        made = json.dumps(renamed(config, self.name, late or {}))
        (folder / "compose.json").write_text(made)
        self._compose = _Compose(folder, "compose.json")
        self._built = False

    def up(self, *, within: float = 60, wait: bool = True) -> Project:
        """Build and start what is not running, as `docker compose up` does.

        Args:
            within: Seconds until all services run, and are healthy where that can be told.
            wait: Fail if they do not get there.
        """
        words = ["up", "--detach", *([] if self._built else ["--build"])]
        words += ["--wait", "--wait-timeout", f"{within:.0f}"] if wait else []
        done = self._call(words, BUILD_SECONDS + within)
        if done.status:
            raise self._not_up(done)
        self._built = True
        return self

    def stop(self) -> None:
        """As `docker compose stop` does: containers stay."""
        self._must(["stop", "--timeout", "5"])

    def down(self, *, volumes: bool = False) -> None:
        """As `docker compose down` does, with `-v` if volumes are to go too."""
        # `down` alone would leave volumes that nobody named, and that nobody could find again
        self.stop()
        self._must(["rm", "--force", "--volumes"])
        self._must(["down", "--timeout", "5", *(["--volumes"] if volumes else [])])

    def url(self, service: str, port: int, path: str = "") -> str:
        """The address at which a published port of a service answers now.

        Raises:
            CheckFailed: It is not running, or does not publish that port.
        """
        done = self._call(["port", service, str(port)], CALL_SECONDS)
        address = done.output.strip()
        if done.status or not address or address.endswith(":0"):
            raise CheckFailed(
                f"{service} to publish its port {port}",
                _last(done),
                f'Say it below {service}: ports: ["127.0.0.1:8080:{port}"]',
            )
        return f"http://{address}{path}"

    def exec(self, service: str, words: Sequence[str]) -> Output:
        """What a command prints in the container of a service."""
        done = self._call(["exec", "-T", service, *words], CALL_SECONDS)
        said = done.output + done.errors
        return Output(f"docker compose exec {service} {words[0]}", done.status, said.encode())

    def sql(self, service: str, query: str) -> str:
        """The rows that Postgres answers with, columns divided by `|`.

        Raises:
            CheckFailed: It does not answer, or refuses the query.
        """
        return self._answer(service, ["sh", "-c", SQL, query], query)

    def expect_sql(self, service: str, *, within: float = 30) -> Project:
        """Postgres in a service accepts connections over the network.

        Its first start takes a while, in which it listens on its own socket alone.
        """
        deadline = time.monotonic() + within
        while self.exec(service, ["pg_isready", "--quiet", "--host", "127.0.0.1"]).status:
            state = self.states().get(service, "missing")
            if state != "running" or time.monotonic() > deadline:
                found = f"it is {state}, its last words: {last_line(self.logs(service))}"
                raise CheckFailed(f"{service} to accept connections", found, _see_logs(service))
            time.sleep(PAUSE)
        return self

    def redis(self, service: str, *words: str) -> str:
        """What Redis answers to a command, such as `redis("cache", "GET", "views")`.

        Raises:
            CheckFailed: It does not answer.
        """
        return self._answer(service, ["redis-cli", *words], words[0])

    def logs(self, service: str) -> str:
        """All that a service has written."""
        words = ["logs", "--no-log-prefix", "--no-color", service]
        return ESCAPES.sub("", self._call(words, CALL_SECONDS).output)

    def states(self) -> dict[str, str]:
        """Each service and what its container does: running, exited, restarting, ..."""
        done = self._must(["ps", "--all", "--format", "json"])
        found = [json.loads(line) for line in done.output.splitlines() if line.strip()]
        every = [each for item in found for each in (item if isinstance(item, list) else [item])]
        return {str(each["Service"]): str(each["State"]) for each in every}

    def close(self) -> None:
        """Remove all that the project made, and its images."""
        try:
            words = ["down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "1"]
            self._call(words, CALL_SECONDS)
        finally:
            self._stack.close()

    def _answer(self, service: str, words: Sequence[str], question: str) -> str:
        answer = self.exec(service, words)
        if answer.status:
            expected = f"an answer of {service} to {question}"
            raise CheckFailed(expected, shown(answer.text), _see_logs(service))
        return answer.text.strip()

    def _call(self, words: Sequence[str], seconds: float) -> Completed:
        command = [*self._compose.docker_compose_command(), *words]
        return self._compose.ask(command, seconds)

    def _must(self, words: Sequence[str]) -> Completed:
        done = self._call(words, CALL_SECONDS)
        if done.status:
            raise CommandFailed(f"docker compose {words[0]} ended with status {done.status}.", done)
        return done

    def _not_up(self, done: Completed) -> Exception:
        """Why it is not up: in Compose's words, and in those of the first service that ended."""
        said = done.errors + done.output
        if temporary.UNREACHABLE.search(said):
            step = "Type: ./course doctor"
            return CouldNotFindOut(
                "The project could not be started.", found=_last(done), next_step=step
            )
        found = _last(done).replace(f"{self.name}-", "")
        for service, state in self.states().items():
            if state in ("exited", "restarting") and (log := self.logs(service).strip()):
                found += f"; {service} is {state}, its last words: {last_line(log)}"
                break
        step = "Try it: docker compose up --wait   and then: docker compose logs"
        return CheckFailed("all services to start", found[:600], step)


class _Compose(DockerCompose):
    """testcontainers' Compose, with a time-out and the course's environment for each command."""

    def ask(self, command: list[str], seconds: float) -> Completed:
        """Run a command; whatever its status is."""
        from checker.docker.docker_engine import environment

        env = {**environment(), "COMPOSE_PROGRESS": "plain", "BUILDKIT_PROGRESS": "plain"}
        return run(command, timeout=seconds, cwd=Path(self.context), env=env, check=False)

    def _run_command(
        self, cmd: str | list[str], context: str | None = None
    ) -> CompletedProcess[bytes]:
        words = [cmd] if isinstance(cmd, str) else cmd
        done = self.ask(words, CALL_SECONDS)
        return CompletedProcess(words, done.status, done.output.encode(), done.errors.encode())


def _last(done: Completed) -> str:
    return last_line(done.errors or done.output)[:400]


def _see_logs(service: str) -> str:
    return f"Look at what it says: docker compose logs {service}"
