"""A project that a check starts from a learner's Compose file, next to whatever else runs."""

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
from checker.base.process import CommandFailed, Completed
from checker.checks.compose.temporary_project import rename_project
from checker.checks.core.content import Output
from checker.checks.core.failure import CheckFailed, describe_value, get_last_line
from checker.checks.docker import temporary

CALL_SECONDS = 60.0
BUILD_SECONDS = 180.0
PROGRESS = ("COMPOSE_PROGRESS", "BUILDKIT_PROGRESS")
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Compose 2.26 erases a line before it prints a log, even where there is no terminal."""

PAUSE = 0.2
"""Seconds between two questions to a database that is starting."""

SQL = (
    'exec psql -X -U "${POSTGRES_USER:-postgres}" '
    '-d "${POSTGRES_DB:-${POSTGRES_USER:-postgres}}" -At -c "$0"'
)
"""Asks the server through its own socket, as the user and in the database that it was made with."""


class ComposeProject:
    """Running services. Ports are free ones of 127.0.0.1, so nothing of the learner is in the way.

    Args:
        config: What `docker compose config` printed of the learner's file.
        late: Seconds by which these services begin later than they would.
    """

    def __init__(self, config: dict[str, Any], late: Mapping[str, float] | None = None) -> None:
        self.name = f"course-check-{uuid.uuid4().hex[:12]}"
        self._stack = contextlib.ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="course-")))
        project = rename_project(config, self.name, late or {})
        (folder / "compose.json").write_text(json.dumps(project))
        self._compose = ComposeCommand(folder, "compose.json")
        self._is_built = False

    def up(self, *, within: float = 60, wait: bool = True) -> ComposeProject:
        """Build and start what is not running, as `docker compose up` does.

        Args:
            within: Seconds until all services run, and are healthy where that can be told.
            wait: Fail if they do not get there.
        """
        words = ["up", "--detach", *([] if self._is_built else ["--build"])]
        words += ["--wait", "--wait-timeout", f"{within:.0f}"] if wait else []
        done = self._run_compose(words, timeout=BUILD_SECONDS + within)
        if done.status:
            raise self._explain_failure(done)
        self._is_built = True
        return self

    def stop(self) -> None:
        """Stop it as `docker compose stop` does: containers stay."""
        self._run_compose(["stop", "--timeout", "5"], check=True)

    def down(self, *, volumes: bool = False) -> None:
        """Remove it as `docker compose down` does, with `-v` if volumes are to go too."""
        # `down` alone would leave volumes that nobody named, and that nobody could find again
        self.stop()
        self._run_compose(["rm", "--force", "--volumes"], check=True)
        words = ["down", "--timeout", "5", *(["--volumes"] if volumes else [])]
        self._run_compose(words, check=True)

    def url(self, service: str, port: int, path: str = "") -> str:
        """Return the address at which a published port of a service answers now.

        Raises:
            CheckFailed: It is not running, or does not publish that port.
        """
        done = self._run_compose(["port", service, str(port)])
        address = done.output.strip()
        if done.status or not address or address.endswith(":0"):
            step = f'Say it below {service}: ports: ["127.0.0.1:8080:{port}"]'
            raise CheckFailed(f"{service} to publish its port {port}", get_last_words(done), step)
        return f"http://{address}{path}"

    def exec(self, service: str, words: Sequence[str]) -> Output:
        """Run a command in the container of a service; return what it prints."""
        done = self._run_compose(["exec", "-T", service, *words])
        output = done.output + done.errors
        return Output(f"docker compose exec {service} {words[0]}", done.status, output.encode())

    def sql(self, service: str, query: str) -> str:
        """Return the rows that Postgres answers with, columns divided by `|`.

        Raises:
            CheckFailed: It does not answer, or refuses the query.
        """
        return self._ask_database(service, ["sh", "-c", SQL, query], query)

    def expect_sql(self, service: str, *, within: float = 30) -> ComposeProject:
        """Expect Postgres in a service to accept connections over the network.

        Its first start takes a while, in which it listens on its own socket alone.
        """
        deadline = time.monotonic() + within
        while self.exec(service, ["pg_isready", "--quiet", "--host", "127.0.0.1"]).status:
            state = self.states().get(service, "missing")
            if state != "running" or time.monotonic() > deadline:
                found = f"it is {state}, its last words: {get_last_line(self.logs(service))}"
                step = f"Look at what it says: docker compose logs {service}"
                raise CheckFailed(f"{service} to accept connections", found, step)
            time.sleep(PAUSE)
        return self

    def redis(self, service: str, *words: str) -> str:
        """Return what Redis answers to a command, such as `redis("cache", "GET", "views")`.

        Raises:
            CheckFailed: It does not answer.
        """
        return self._ask_database(service, ["redis-cli", *words], words[0])

    def logs(self, service: str) -> str:
        """Return all that a service has written."""
        words = ["logs", "--no-log-prefix", "--no-color", service]
        return ESCAPES.sub("", self._run_compose(words).output)

    def states(self) -> dict[str, str]:
        """Return what the container of each service does: running, exited, restarting, ..."""
        done = self._run_compose(["ps", "--all", "--format", "json"], check=True)
        found = [json.loads(line) for line in done.output.splitlines() if line.strip()]
        # one array or an object a line, by Compose's version
        every = [each for item in found for each in (item if isinstance(item, list) else [item])]
        return {str(each["Service"]): str(each["State"]) for each in every}

    def close(self) -> None:
        """Remove all that the project made, and its images."""
        try:
            words = ["down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "1"]
            self._run_compose(words)
        finally:
            self._stack.close()

    def _ask_database(self, service: str, words: Sequence[str], question: str) -> str:
        answer = self.exec(service, words)
        if answer.status:
            expected = f"an answer of {service} to {question}"
            step = f"Look at what it says: docker compose logs {service}"
            raise CheckFailed(expected, describe_value(answer.text), step)
        return answer.text.strip()

    def _run_compose(
        self, words: Sequence[str], *, timeout: float = CALL_SECONDS, check: bool = False
    ) -> Completed:
        command = [*self._compose.docker_compose_command(), *words]
        done = self._compose.run_command(command, timeout)
        if check and done.status:
            raise CommandFailed(f"docker compose {words[0]} ended with status {done.status}.", done)
        return done

    def _explain_failure(self, done: Completed) -> Exception:
        """Say why it is not up: in Compose's words, and in those of the first that ended."""
        found = get_last_words(done)
        if temporary.UNREACHABLE.search(done.errors + done.output):
            step = "Type: ./course doctor"
            return CouldNotFindOut("The project could not be started.", found=found, next_step=step)
        found = found.replace(f"{self.name}-", "")
        for service, state in self.states().items():
            if state in ("exited", "restarting") and (log := self.logs(service).strip()):
                found += f"; {service} is {state}, its last words: {get_last_line(log)}"
                break
        step = "Try it: docker compose up --wait   and then: docker compose logs"
        return CheckFailed("all services to start", found[:600], step)


class ComposeCommand(DockerCompose):
    """testcontainers' Compose, with a time-out and the course's environment for each command."""

    def run_command(self, command: list[str], timeout: float) -> Completed:
        """Run a command; its status may be any."""
        from checker.docker.connection import run_docker

        plain, folder = dict.fromkeys(PROGRESS, "plain"), Path(self.context)
        return run_docker(*command[1:], timeout=timeout, variables=plain, cwd=folder, check=False)

    def _run_command(
        self, cmd: str | list[str], context: str | None = None
    ) -> CompletedProcess[bytes]:
        words = [cmd] if isinstance(cmd, str) else cmd
        done = self.run_command(words, CALL_SECONDS)
        return CompletedProcess(words, done.status, done.output.encode(), done.errors.encode())


def get_last_words(done: Completed) -> str:
    """Return the last line of a command's errors, or of its output if it wrote none."""
    return get_last_line(done.errors or done.output)[:400]
