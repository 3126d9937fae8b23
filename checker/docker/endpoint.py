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
from checker.base.settings import current_settings

PING_SECONDS = 5.0
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


def daemon_folder() -> Path:
    """Return where socket and process id of the course's own engine are: one a cache folder.

    In /run, since a socket's path must be short and no other user can take a name there first.
    """
    key = hashlib.sha256(str(paths.cache().resolve()).encode()).hexdigest()[:8]
    run = Path("/run")
    return (run if run.is_dir() else Path(tempfile.gettempdir())) / f"course-docker-{key}"


def daemon_host() -> str:
    """Return the DOCKER_HOST of the engine that the course starts itself."""
    return f"unix://{daemon_folder() / 'docker.sock'}"


def find_engine() -> Answer:
    """Return the engine to use, or the best reason why there is none.

    DOCKER_HOST, where set, is the only one asked; otherwise the course's own engine, the chosen
    docker context, the system's, Docker Desktop's and the rootless one, in this order.
    """
    answers = []
    for host in list_candidates():
        answer = ask_host(host)
        if answer.state == "running":
            return answer
        answers.append(answer)
    return next((each for each in answers if each.state == "forbidden"), answers[0])


def chosen_host() -> str:
    """Return the learner's own DOCKER_HOST; empty if there is none."""
    return current_settings().engine


def list_candidates() -> list[str]:
    """Return every address that may have an engine, the preferred one first."""
    if host := chosen_host():
        return [host]
    home = Path.home() / ".docker"
    sockets = [SYSTEM_SOCKET, home / "run/docker.sock", home / "desktop/docker.sock"]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        sockets.append(Path(runtime) / "docker.sock")
    hosts = [daemon_host(), *find_context_host(home), *(f"unix://{path}" for path in sockets)]
    return list(dict.fromkeys(hosts))


def ask_host(host: str) -> Answer:
    """Ask one address whether an engine answers there, within PING_SECONDS."""
    return ask_socket(host) if host.startswith("unix://") else ask_client(host)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=PING_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask_socket(host: str) -> Answer:
    """Ask a Unix socket with one ping."""
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
    # such as `Docker/26.1.5+dfsg1 (linux)`, as the engine's API documents it
    found = re.match(r"([A-Za-z]+)/(\S+)", response.getheader("Server", ""))
    name, version = (found[1].lower(), found[2]) if found else ("docker", "")
    return Answer(host, "running", version, name)


def ask_client(host: str) -> Answer:
    """Ask over TCP, perhaps with TLS: the SDK knows the certificates that go with it."""
    import docker
    from docker.errors import DockerException

    try:
        with contextlib.closing(docker.from_env(timeout=int(PING_SECONDS))) as client:
            return Answer(host, "running", str(client.version()["Version"]))
    except (DockerException, OSError) as error:
        return Answer(host, "away", detail=str(error))


def find_context_host(home: Path) -> list[str]:
    """Return the socket of the learner's chosen docker context, where it is of this machine.

    The files are those that `docker context` writes: docs of docker/cli, cli/context/store.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        chosen = os.environ.get("DOCKER_CONTEXT") or read_client_config(home).get("currentContext")
        name = hashlib.sha256(str(chosen).encode()).hexdigest()
        meta = json.loads((home / "contexts/meta" / name / "meta.json").read_text())
        host = str(meta["Endpoints"]["docker"]["Host"])
        return [host] if host.startswith("unix://") else []
    return []


def read_client_config(home: Path | None = None) -> dict[str, object]:
    """Return a docker configuration: the learner's own, which the course never writes."""
    with contextlib.suppress(OSError, ValueError):
        read = json.loads(((home or Path.home() / ".docker") / "config.json").read_text())
        if isinstance(read, dict):
            return read
    return {}
