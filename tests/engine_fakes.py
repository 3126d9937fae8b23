"""A machine of its own for each test: empty home, caches and state, and programs that are faked."""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from checker.base import process, settings
from checker.base.process import Completed
from checker.docker import endpoint

Answers = dict[str, "tuple[int, str] | Exception"]


class Programs:
    """Stands in for `checker.base.process.run`: answers by the beginning of the command line."""

    def __init__(self) -> None:
        self.answers: Answers = {}
        self.calls: list[str] = []
        self.environments: list[dict[str, str]] = []

    def run(self, argv: list[str], **options: object) -> Completed:
        line = " ".join(str(word) for word in argv)
        self.calls.append(line)
        self.environments.append(dict(options.get("env") or {}))  # type: ignore[call-overload]
        matching = [start for start in self.answers if line.startswith(start)]
        answer = self.answers[max(matching, key=len)] if matching else (0, "")
        if isinstance(answer, Exception):
            raise answer
        status, output = answer
        done = Completed(tuple(map(str, argv)), status, output, "", 0.0)
        if options.get("check", True) and status != 0:
            raise process.CommandFailed(f"{line} ended with status {status}.", done)
        return done


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    fake = Programs()
    monkeypatch.setattr(process, "run", fake.run)
    return fake


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any engine."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", settings.HANDED_OUT):
        monkeypatch.delenv(name, raising=False)
    for name in ("COURSE_CACHE", "COURSE_STATE", "COURSE_WORK", "HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    (tmp_path / "home").mkdir()
    run = tmp_path / "run"
    monkeypatch.setattr(endpoint, "daemon_folder", lambda: run)
    monkeypatch.setattr(endpoint, "SYSTEM_SOCKET", tmp_path / "system.sock")
    return tmp_path


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def get_request(self):  # type: ignore[no-untyped-def]
        request, _ = super().get_request()
        return request, ("local", 0)


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Starts an engine at a socket that answers to pings alone; returns its DOCKER_HOST."""
    servers = []

    def start(path: Path, server: str = "Docker/26.1.5 (linux)", status: int = 200) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(status)
                self.send_header("Server", server)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"OK")

            def log_message(self, *words: object) -> None: ...

        path.parent.mkdir(parents=True, exist_ok=True)
        running = _Server(str(path), Handler)
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(running)
        return f"unix://{path}"

    yield start
    for running in servers:
        running.shutdown()
        running.server_close()


class Client:
    """Stands in for the SDK's client: things by kind and id, and images that bear names."""

    def __init__(self) -> None:
        self.things: dict[str, set[str]] = {
            kind: set()
            for kind in ("container", "network", "volume", "service", "secret", "config")
        }
        self.tasks: dict[str, set[str]] = {}
        """Containers by the id of their service."""
        self.lingers = 0
        """So often a removed network is still listed."""
        self.tags: dict[str, str] = {}
        self.untagged: set[str] = set()
        self.refuses: set[str] = set()
        self.fails: Exception | None = None
        self.removed: list[str] = []
        self.closed = False
        self.api = SimpleNamespace(
            images=self._images,
            volumes=lambda: {"Volumes": [{"Name": each} for each in self.things["volume"]] or None},
            remove_container=lambda identity, v, force: self._remove("container", identity),
            remove_network=self._remove_network,
            networks=self._networks,
            remove_service=lambda identity: self._remove("service", identity),
            remove_secret=lambda identity: self._remove("secret", identity),
            remove_config=lambda identity: self._remove("config", identity),
            containers=self._tasks,
            remove_volume=lambda identity, force: self._remove("volume", identity),
            remove_image=self._remove_image,
            tag=lambda identity, name, tag: self.tags.update({f"{name}:{tag}": identity}),
        )
        self.images = SimpleNamespace(get=self._image)

    def close(self) -> None:
        self.closed = True

    def _remove_network(self, identity: str) -> None:
        if identity in self.things["network"]:
            self._remove("network", identity)
        elif not self.lingers:
            raise NotFound("No such network")

    def _networks(self, ids: list[str]) -> list[dict[str, str]]:
        if self.lingers:
            self.lingers -= 1
            return [{"Id": ids[0]}]
        return []

    def _tasks(self, all: bool, filters: dict[str, str]) -> list[dict[str, str]]:
        service = filters["label"].partition("=")[2]
        left = self.tasks.get(service, set()) - set(self.removed)
        return [{"Id": each} for each in sorted(left)]

    def _images(self) -> list[dict[str, object]]:
        found: dict[str, list[str]] = {identity: [] for identity in sorted(self.untagged)}
        for name, identity in self.tags.items():
            found.setdefault(identity, []).append(name)
        return [{"Id": identity, "RepoTags": names or None} for identity, names in found.items()]

    def _image(self, name: str) -> SimpleNamespace:
        self._refuse(name)
        identity = self.tags.get(name, name)
        if identity not in {*self.tags.values(), *self.untagged}:
            raise ImageNotFound("No such image")
        tags = [each for each, other in self.tags.items() if other == identity]
        return SimpleNamespace(id=identity, tags=tags)

    def _remove_image(self, name: str) -> None:
        self._image(name)
        self.tags.pop(name, None)
        self.untagged.discard(name)
        self.removed.append(name)

    def _remove(self, kind: str, identity: str) -> None:
        self._refuse(identity)
        if identity not in self.things[kind]:
            raise NotFound("No such thing")
        self.things[kind].remove(identity)
        self.removed.append(identity)

    def _refuse(self, identity: str) -> None:
        if self.fails:
            raise self.fails
        if identity in self.refuses:
            raise APIError("409 Conflict", explanation="it is in use")


@pytest.fixture
def client() -> Client:
    return Client()
