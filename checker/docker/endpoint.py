"""Where a Docker Engine answers: its addresses, each asked with one cheap request."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from checker.base import paths

PING_SECONDS = 5.0
HANDED_OUT = "COURSE_DOCKER_HOST"
"""Tells, inside a course shell, that its DOCKER_HOST was the course's choice, not the learner's."""
SYSTEM_SOCKET = Path("/var/run/docker.sock")

State = Literal["running", "away", "forbidden"]


@dataclass(frozen=True)
class Answer:
    """What an address said: `host` is a DOCKER_HOST; `detail` says why it is not running."""

    host: str
    state: State
    version: str = ""
    name: str = "docker"
    detail: str = ""


def own_folder() -> Path:
    """Socket and process id of the engine that the course starts itself: one a cache folder.

    In /run, since a socket's path must be short and no other user can take a name there first.
    """
    key = hashlib.sha256(str(paths.cache().resolve()).encode()).hexdigest()[:8]
    run = Path("/run")
    return (run if run.is_dir() else Path(tempfile.gettempdir())) / f"course-docker-{key}"


def own_host() -> str:
    """The DOCKER_HOST of the engine that the course starts itself."""
    return f"unix://{own_folder() / 'docker.sock'}"


def find() -> Answer:
    """The engine to use, or the best reason why there is none.

    DOCKER_HOST, where set, is the only one asked; otherwise the course's own engine, the chosen
    docker context, the system's, Docker Desktop's and the rootless one, in this order.
    """
    answers = []
    for host in candidates():
        answer = ask(host)
        if answer.state == "running":
            return answer
        answers.append(answer)
    return next((each for each in answers if each.state == "forbidden"), answers[0])


def chosen() -> str:
    """The learner's own DOCKER_HOST; empty if there is none."""
    host = os.environ.get("DOCKER_HOST", "")
    return "" if host == os.environ.get(HANDED_OUT) else host


def candidates() -> list[str]:
    """Every address that may have an engine, the preferred one first."""
    if host := chosen():
        return [host]
    home = Path.home() / ".docker"
    sockets = [SYSTEM_SOCKET, home / "run/docker.sock", home / "desktop/docker.sock"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        sockets.append(Path(runtime) / "docker.sock")
    hosts = [own_host(), *_context_host(home), *(f"unix://{path}" for path in sockets)]
    return list(dict.fromkeys(hosts))


def ask(host: str) -> Answer:
    """Ask one address whether an engine answers there, within PING_SECONDS."""
    if host.startswith("unix://"):
        return _ask_socket(host)
    return _ask_client(host)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PING_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _ask_socket(host: str) -> Answer:
    connection = _Connection(host.removeprefix("unix://"))
    try:
        connection.request("GET", "/_ping")
        response = connection.getresponse()
        response.read()
    except PermissionError as error:
        return Answer(host, "forbidden", detail=str(error.strerror))
    except (OSError, http.client.HTTPException) as error:
        return Answer(host, "away", detail=getattr(error, "strerror", None) or str(error))
    finally:
        connection.close()
    if response.status != 200:
        return Answer(host, "away", detail=f"it answered with status {response.status}")
    name, version = _server(response.getheader("Server", ""))
    return Answer(host, "running", version, name)


def _server(header: str) -> tuple[str, str]:
    """Name and version from `Docker/26.1.5+dfsg1 (linux)`, as the engine's API documents it."""
    found = re.match(r"([A-Za-z]+)/(\S+)", header)
    return (found[1].lower(), found[2]) if found else ("docker", "")


def _ask_client(host: str) -> Answer:
    """TCP, perhaps with TLS: the SDK knows the certificates that go with it."""
    import docker
    from docker.errors import DockerException

    try:
        with contextlib.closing(docker.from_env(timeout=int(PING_SECONDS))) as client:
            return Answer(host, "running", str(client.version()["Version"]))
    except (DockerException, OSError) as error:
        return Answer(host, "away", detail=str(error))


def _context_host(home: Path) -> list[str]:
    """The socket of the learner's chosen docker context, where it is one of this machine.

    The files are those that `docker context` writes: docs of docker/cli, cli/context/store.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        chosen = os.environ.get("DOCKER_CONTEXT") or learners_config(home).get("currentContext")
        name = hashlib.sha256(str(chosen).encode()).hexdigest()
        meta = json.loads((home / "contexts/meta" / name / "meta.json").read_text())
        host = str(meta["Endpoints"]["docker"]["Host"])
        return [host] if host.startswith("unix://") else []
    return []


def learners_config(home: Path | None = None) -> dict[str, object]:
    """The learner's own docker configuration, which the course reads and never writes."""
    with contextlib.suppress(OSError, ValueError):
        read = json.loads(((home or Path.home() / ".docker") / "config.json").read_text())
        if isinstance(read, dict):
            return read
    return {}
