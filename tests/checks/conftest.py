"""An engine that answers from dictionaries, in the shapes in which Docker Engine 26 answers."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from checker.checks.docker.fixture import Docker


def container(name: str, **changes: Any) -> dict[str, Any]:
    """What `docker inspect` says of a running container, with changes by section."""
    found: dict[str, Any] = {
        "Id": f"id-{name}",
        "Name": f"/{name}",
        "Image": "sha256:busybox",
        "Path": "sh",
        "Args": ["-c", "true"],
        "RestartCount": 0,
        "State": {"Status": "running", "Running": True, "ExitCode": 0, "StartedAt": "2026-01-01"},
        "Config": {"Image": "busybox", "Env": ["A=1", "PATH=/bin"], "Labels": {}, "User": ""},
        "HostConfig": {"RestartPolicy": {"Name": "no"}, "AutoRemove": False, "PortBindings": {}},
        "NetworkSettings": {"Ports": {}, "Networks": {"bridge": {"IPAddress": "172.17.0.2"}}},
        "Mounts": [],
    }
    for section, values in changes.items():
        found[section] = {**found[section], **values} if isinstance(values, dict) else values
    return found


def exited(name: str, status: int = 3, **changes: Any) -> dict[str, Any]:
    """A container that has ended."""
    state = {"Status": "exited", "Running": False, "ExitCode": status}
    return container(name, State=state, **changes)


def image(*tags: str, **config: Any) -> dict[str, Any]:
    """What `docker image inspect` says."""
    return {
        "Id": f"sha256:{tags[0] if tags else 'none'}",
        "RepoTags": list(tags),
        "RepoDigests": [],
        "Size": 80_000_000,
        "Architecture": "amd64",
        "RootFS": {"Layers": ["sha256:l1", "sha256:l2"]},
        "Config": {"Env": ["A=1"], "Labels": None, "User": "", "Cmd": ["sh"], **config},
    }


QUESTIONS = ("test -e ", "cat /")


class Engine:
    """The SDK's client and its `api` in one."""

    def __init__(self) -> None:
        self.there: list[dict[str, Any]] = []
        self.pictures: dict[str, dict[str, Any]] = {}
        self.volumes_there: dict[str, dict[str, Any]] = {}
        self.networks_there: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes | str] = {}
        self.filters: dict[str, Any] = {}
        self.written = b""
        self.status = 0
        self.outputs: dict[str, bytes] = {}
        self.swap_limit = True
        self.enforced: int | None = None
        self.processes: list[list[str]] = []
        self.made: list[str] = []
        self.gone: list[str] = []
        self.api = self
        self.images = self
        self.closed = False

    def close(self) -> None:
        self.closed = True

    # --- containers

    def inspect_container(self, name: str) -> dict[str, Any]:
        for each in self.there:
            if name in (each["Id"], each["Name"][1:]):
                return each
        raise NotFound(name)

    def containers(self, all: bool, filters: dict[str, Any]) -> list[dict[str, Any]]:
        self.filters = filters
        if filters.get("ancestor") == "nowhere":
            raise ImageNotFound("nowhere")
        found = [each for each in self.there if all or each["State"]["Running"]]
        if volume := filters.get("volume"):
            found = [x for x in found if volume in [m.get("Name") for m in x["Mounts"]]]
        return [
            {
                "Id": x["Id"],
                "Names": [x["Name"]],
                "State": x["State"]["Status"],
                "Labels": x["Config"]["Labels"],
            }
            for x in found
        ]

    def logs(self, identity: str, tail: int) -> bytes:
        return self.written

    def info(self) -> dict[str, Any]:
        return {"SwapLimit": self.swap_limit, "SystemTime": "2026-01-01T00:01:00.123456789Z"}

    def stats(self, identity: str, stream: bool, one_shot: bool) -> dict[str, Any]:
        return {"memory_stats": {} if self.enforced is None else {"limit": self.enforced}}

    def top(self, identity: str, ps_args: str) -> dict[str, Any]:
        return {"Titles": ["PID", "UID"], "Processes": self.processes}

    def exec_create(self, identity: str, words: list[str], user: str) -> dict[str, str]:
        command = " ".join(words)
        self.made.append(command)
        return {"Id": command}

    def exec_start(self, identity: str, stream: bool):
        yield self.outputs.get(identity, b"" if identity.startswith(QUESTIONS) else self.written)

    def exec_inspect(self, identity: str) -> dict[str, int]:
        # the vocabulary's own questions are answered only where a test says so
        unanswered = identity.startswith(QUESTIONS) and identity not in self.outputs
        return {"ExitCode": 1 if unanswered else self.status}

    def create_container(self, name: str, command: list[str], labels: dict) -> dict[str, str]:
        self.made.append(name)
        return {"Id": f"made-of-{name}"}

    def remove_container(self, identity: str, v: bool, force: bool) -> None:
        self.gone.append(identity)

    # --- files

    def get_archive(self, identity: str, path: str):
        inside = {p: d for p, d in self.files.items() if p == path or p.startswith(f"{path}/")}
        if not inside:
            raise NotFound(path)
        return iter(_pieces(path, inside)), {}

    # --- images

    def get(self, reference: str):
        if reference not in self.pictures:
            raise ImageNotFound(reference)
        return type("Image", (), {"id": self.pictures[reference]["Id"]})

    def inspect_image(self, reference: str) -> dict[str, Any]:
        if reference not in self.pictures:
            raise ImageNotFound(reference)
        return self.pictures[reference]

    def __call__(self, filters: dict | None = None) -> list[dict[str, Any]]:
        wanted = (filters or {}).get("label", "")
        key, _, value = wanted.partition("=")
        every = [
            {"Labels": each.get("Config", {}).get("Labels"), **each}
            for each in self.pictures.values()
        ]
        return [x for x in every if not key or (x["Labels"] or {}).get(key) == value]

    def history(self, identity: str) -> list[dict[str, str]]:
        return [{"CreatedBy": "CMD"}, {"CreatedBy": "COPY"}]

    def remove_image(self, name: str, force: bool = False) -> None:
        if name == "stuck":
            raise APIError("stuck")
        self.gone.append(name)

    # --- volumes and networks

    def inspect_volume(self, name: str) -> dict[str, Any]:
        if name not in self.volumes_there:
            raise NotFound(name)
        return self.volumes_there[name]

    def volumes(self, filters: dict | None = None) -> dict[str, Any]:
        return {"Volumes": list(self.volumes_there.values()) or None}

    def inspect_network(self, name: str) -> dict[str, Any]:
        if name not in self.networks_there:
            raise NotFound(name)
        return self.networks_there[name]

    def networks(self, filters: dict | None = None) -> list[dict[str, Any]]:
        return list(self.networks_there.values())

    def remove_volume(self, name: str) -> None:
        self.gone.append(name)

    def remove_network(self, identity: str) -> None:
        self.gone.append(identity)


def _pieces(path: str, inside: dict[str, bytes | str]) -> list[bytes]:
    """A tar archive as the engine sends it: names begin with the last part of the path."""
    buffer = io.BytesIO()
    parent = path.rpartition("/")[0]
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        if path not in inside:
            folder = tarfile.TarInfo(path.removeprefix(f"{parent}/"))
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
        for name, data in inside.items():
            entry = tarfile.TarInfo(name.removeprefix(f"{parent}/"))
            if isinstance(data, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, data
                archive.addfile(entry)
            else:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    data = buffer.getvalue()
    return [data[at : at + 1000] for at in range(0, len(data), 1000)]


@pytest.fixture
def engine() -> Engine:
    """An engine with nothing in it."""
    return Engine()


@pytest.fixture
def docker(engine: Engine) -> Docker:
    """The facts of that engine."""
    return Docker(engine)  # type: ignore[arg-type]
