"""A project that a check starts from a learner's Compose file, next to whatever else runs."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from testcontainers.compose import DockerCompose

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.base.process import CommandFailed, Completed
from checker.checks.compose.container import ComposeContainer
from checker.checks.compose.temporary_project import hold_service, rename_project
from checker.checks.core.content import Output
from checker.checks.core.failure import CheckFailed, describe_value, get_last_line, join_names
from checker.checks.docker import temporary

CALL_SECONDS = 60.0
BUILD_SECONDS = 180.0
PROGRESS = ("COMPOSE_PROGRESS", "BUILDKIT_PROGRESS")
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
"""Compose 2.26 erases a line before it prints a log, even where there is no terminal."""

PAUSE = 0.5
"""Seconds between two questions to a database that is starting."""

SQL = """
given() { eval "value=\\${$1:-}; file=\\${$1_FILE:-}"; [ -z "$file" ] || value=$(cat "$file"); }
given POSTGRES_PASSWORD; export PGPASSWORD="$value"
given POSTGRES_USER; user=${value:-postgres}
given POSTGRES_DB; exec psql -X -U "$user" -d "${value:-$user}" -At -c "$0"
"""
"""Asks the server through its own socket, as the user and in the database that it was made with.

Each of these may be told in a variable, or in a file that a variable names.
"""

ACCEPTS = 'exec pg_isready -q -h 127.0.0.1 -p "$(sed -n 4p "$PGDATA/postmaster.pid")"'
"""The fourth line of postmaster.pid is the port that the server listens on."""


class ComposeProject:
    """Running services. Ports are free ones of 127.0.0.1, so nothing of the learner is in the way.

    Args:
        config: What `docker compose config` printed of the learner's file.
        held: Services whose programs begin only when a `HeldStart` releases them.
        variables: A file such as .env, in which secrets may be named; none if not given.
    """

    def __init__(
        self, config: dict[str, Any], held: Iterable[str] = (), variables: Path | None = None
    ) -> None:
        self.name = f"course-check-{uuid.uuid4().hex[:12]}"
        self._project = rename_project(config, self.name)
        self._stack = contextlib.ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="course-")))
        self._held = list(held)
        self._file = folder / "compose.json"
        files = [str(variables)] if variables else None
        self._compose = ComposeCommand(folder, self._file.name, env_file=files)
        self._compose.project = self.name
        self._is_built = False

    def build(self) -> ComposeProject:
        """Build what is to be built, and hold back what is to be held; the first `up` does it."""
        if self._is_built:
            return self
        self._file.write_text(json.dumps(self._project))
        services = self._project.get("services") or {}
        if any(each.get("build") for each in services.values()):
            done = self._run_compose(["build"], timeout=BUILD_SECONDS)
            if done.status:
                raise self._explain_failure(get_last_words(done), done.errors + done.output)
        for name in self._held:
            hold_service(services[name], self._inspect_image(name))
        self._file.write_text(json.dumps(self._project))
        self._is_built = True
        return self

    def up(self, *services: str, within: float = 60, wait: bool = True) -> ComposeProject:
        """Build and start what is not running, as `docker compose up` does.

        Args:
            services: Only these, and what they depend on.
            within: Seconds until all run, and are healthy where that can be told; a service that
                has ended with status 0 had only something to do.
            wait: Fail if they do not get there.
        """
        self.build()
        done = self._run_compose(["up", "--detach", *services], timeout=CALL_SECONDS + within)
        if done.status:
            raise self._explain_failure(get_last_words(done), done.errors + done.output)
        if wait and not wait_until(self._is_ready, within, PAUSE):
            late = [each for each in self.list_containers() if not each.is_ready]
            found = join_names(f"{each.service} is {each.condition}" for each in late)
            raise self._explain_failure(f"{found} after {within:g} s")
        return self

    def _is_ready(self) -> bool:
        """Say whether all have got there; one that never will makes the check fail."""
        containers = self.list_containers()
        for each in containers:
            if each.is_broken:
                raise self._explain_failure(f"{each.service} is {each.condition}")
        return all(each.is_ready for each in containers)

    def _inspect_image(self, service: str) -> dict[str, Any]:
        """Return the `Config` of the image of a service."""
        from checker.docker.connection import run_docker

        attrs = self._project["services"][service]
        image = str(attrs.get("image") or f"{self.name}-{service}")
        words = ("image", "inspect", "--format", "{{json .Config}}", image)
        done = run_docker(*words, timeout=CALL_SECONDS, check=False)
        if done.status:
            pulled = self._run_compose(["pull", "--quiet", service], timeout=BUILD_SECONDS)
            if pulled.status:
                raise self._explain_failure(get_last_words(pulled), pulled.errors)
            done = run_docker(*words, timeout=CALL_SECONDS)
        found: dict[str, Any] = json.loads(done.output)
        return found

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
        while self.exec(service, ["sh", "-c", ACCEPTS]).status:
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
        return {each.service: each.state for each in self.list_containers()}

    def list_containers(self, *services: str) -> list[ComposeContainer]:
        """List the containers of these services, or of all, those that have ended too."""
        done = self._run_compose(["ps", "--all", "--format", "json"], check=True)
        found = [json.loads(line) for line in done.output.splitlines() if line.strip()]
        # one array or an object a line, by Compose's version
        every = [each for item in found for each in (item if isinstance(item, list) else [item])]
        containers = [ComposeContainer.from_listing(each) for each in every]
        return [each for each in containers if not services or each.service in services]

    def inspect(self, *services: str) -> list[dict[str, Any]]:
        """Return all that `docker inspect` says of the containers of these services, or of all."""
        from checker.docker.connection import run_docker

        if not (ids := [each.id for each in self.list_containers(*services)]):
            return []
        done = run_docker("inspect", *ids, timeout=CALL_SECONDS)
        found: list[dict[str, Any]] = json.loads(done.output)
        return found

    def remove(self, *services: str) -> None:
        """Remove the containers of these services, and their anonymous volumes."""
        self._run_compose(["rm", "--stop", "--force", "--volumes", *services], check=True)

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

    def _explain_failure(self, found: str, output: str = "") -> Exception:
        """Say why it is not up: in Compose's words, and in those of the first that ended."""
        if temporary.UNREACHABLE.search(output):
            step = "Type: ./course doctor"
            return CouldNotFindOut("The project could not be started.", found=found, next_step=step)
        found = found.replace(f"{self.name}-", "")
        for each in self.list_containers():
            if each.is_broken and (log := self.logs(each.service).strip()):
                words = get_last_line(log)
                found += f"; {each.service} is {each.condition}, its last words: {words}"
                break
        step = "Try it: docker compose up --wait   and then: docker compose logs"
        return CheckFailed("all services to start", found[:600], step)


class ComposeCommand(DockerCompose):
    """testcontainers' Compose, with a time-out and the course's environment for each command."""

    project = ""

    def run_command(self, command: list[str], timeout: float) -> Completed:
        """Run a command; its status may be any."""
        from checker.docker.connection import run_docker

        # in .env a name of the project may stand, which would win over the one in the file
        variables = {**dict.fromkeys(PROGRESS, "plain"), "COMPOSE_PROJECT_NAME": self.project}
        folder = Path(self.context)
        return run_docker(
            *command[1:], timeout=timeout, variables=variables, cwd=folder, check=False
        )

    def _run_command(
        self, cmd: str | list[str], context: str | None = None
    ) -> CompletedProcess[bytes]:
        words = [cmd] if isinstance(cmd, str) else cmd
        done = self.run_command(words, CALL_SECONDS)
        return CompletedProcess(words, done.status, done.output.encode(), done.errors.encode())


def get_last_words(done: Completed) -> str:
    """Return the last line of a command's errors, or of its output if it wrote none."""
    return get_last_line(done.errors or done.output)[:400]
