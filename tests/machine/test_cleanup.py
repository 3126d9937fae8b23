"""Down removes what the course made, purge its caches; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, NotFound

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.docker import apt, connection, docker_engine, endpoint
from checker.images import store
from checker.judging import client
from checker.machine import cleanup
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import kind_cluster
from checker.orchestrators.swarm import swarm_mode
from checker.sandbox import background_recorder, session

REMOVED: list[str] = []


def thing(name: str, error: Exception | None = None) -> SimpleNamespace:
    def remove(**options: bool) -> None:
        if error:
            raise error
        REMOVED.append(name)

    return SimpleNamespace(name=name, remove=remove)


class Engine:
    """An engine with one labelled thing of each kind."""

    def __init__(self, error: Exception | None = None) -> None:
        self.containers = self._listing(thing("box", error))
        self.networks = self._listing(thing("net"))
        self.volumes = self._listing(thing("data"))
        self.images = SimpleNamespace(remove=REMOVED.append)

    def close(self) -> None: ...

    def _listing(self, *things: SimpleNamespace) -> SimpleNamespace:
        def listed(filters: dict[str, str], **options: bool) -> list[SimpleNamespace]:
            assert filters == {"label": "course.owner"}
            return list(things)

        return SimpleNamespace(list=listed)


def leave_swarm() -> None:
    if connection.engine_status().running:
        REMOVED.append("swarm")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    REMOVED.clear()
    for name in ("COURSE_CACHE", "COURSE_STATE", "COURSE_WORK", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setattr(paths.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    monkeypatch.setattr(endpoint, "daemon_folder", lambda: tmp_path / "run")
    monkeypatch.setattr(docker_engine, "stop_engine", lambda: REMOVED.append("engine"))
    monkeypatch.setattr(local_ecs, "stop_emulator", lambda: REMOVED.append("emulator"))
    monkeypatch.setattr(connection, "engine_status", lambda: SimpleNamespace(running=False))
    monkeypatch.setattr(kind_cluster, "delete_cluster", lambda: REMOVED.append("cluster"))
    monkeypatch.setattr(swarm_mode, "leave_swarm", leave_swarm)
    monkeypatch.setattr(session, "remove_everything", lambda: [])
    monkeypatch.setattr(client, "stop_workers", lambda: None)
    monkeypatch.setattr(background_recorder, "stop_recording", lambda: None)
    found = [("redis:8", "rebuilt"), ("nginx:1.26", "pulled")]
    sources = dict(found)

    def look(client: Any, image: Any) -> SimpleNamespace:
        return SimpleNamespace(image=image, source=sources.get(image.reference, "missing"))

    monkeypatch.setattr(store, "inspect_image", look)
    return tmp_path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def answer(error: Exception | None = None) -> None:
        running = endpoint.Answer("unix:///x", "running", "26.1.5")
        monkeypatch.setattr(endpoint, "find_engine", lambda: running)
        monkeypatch.setattr(connection, "engine_status", lambda: SimpleNamespace(running=True))
        monkeypatch.setattr(connection, "open_client", lambda: Engine(error))

    return answer


def test_down_removes_by_label_and_keeps_images_and_caches(engine: Callable[..., None]) -> None:
    engine()
    (paths.cache() / "site").mkdir(parents=True)
    cleanup.clean_up(purge=False)
    assert REMOVED == ["emulator", "cluster", "swarm", "box", "net", "data", "engine"]
    assert (paths.cache() / "site").exists()


def test_purge_removes_rebuilt_images_and_caches_and_keeps_progress(
    engine: Callable[..., None], machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine()
    (paths.cache() / "site").mkdir(parents=True)
    (paths.cache() / "file").touch()
    (machine / "run").mkdir()
    paths.write_atomically(paths.runtime() / "server.log", "")
    paths.write_atomically(paths.state() / "progress.json", "{}")
    cleanup.clean_up(purge=True)
    assert REMOVED == ["emulator", "cluster", "swarm", "box", "net", "data", "redis:8", "engine"]
    assert not (machine / "course_cache").exists()
    assert not (machine / "run").exists()
    assert not list((machine / "tmp").iterdir())
    assert (paths.state() / "progress.json").exists()
    assert str(paths.state()) in capsys.readouterr().out


def test_purge_names_the_packages_that_stay(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(apt, "list_installed_packages", lambda: ["curl", "runc"])
    cleanup.clean_up(purge=True)
    assert "sudo apt-get purge curl runc" in capsys.readouterr().out


def test_down_without_engine_is_fine(capsys: pytest.CaptureFixture[str]) -> None:
    cleanup.clean_up(purge=False)
    assert REMOVED == ["emulator", "engine"]
    assert "is removed" in capsys.readouterr().out


def test_what_is_gone_already_is_fine(engine: Callable[..., None]) -> None:
    engine(NotFound("gone"))
    cleanup.clean_up(purge=False)
    assert REMOVED == ["emulator", "cluster", "swarm", "net", "data", "engine"]


def test_refusal_is_reported_after_the_rest_is_removed(engine: Callable[..., None]) -> None:
    engine(APIError("409", explanation="it is in use"))
    with pytest.raises(CouldNotFindOut, match="box: it is in use"):
        cleanup.clean_up(purge=False)
    assert REMOVED == ["emulator", "cluster", "swarm", "net", "data", "engine"]


def test_engine_that_goes_away_is_said(engine: Callable[..., None]) -> None:
    engine(ConnectionError("gone"))
    with pytest.raises(CouldNotFindOut, match="went away"):
        cleanup.clean_up(purge=False)


@pytest.mark.parametrize("inside", ["HOME", "COURSE_STATE", "COURSE_WORK", "COURSE_ROOT"])
def test_folder_that_holds_more_than_caches_is_never_emptied(
    machine: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    monkeypatch.setenv("COURSE_CACHE", str(machine / "all"))
    monkeypatch.setenv(inside, str(machine / "all" / "own"))
    (machine / "all" / "own").mkdir(parents=True)
    with pytest.raises(CourseError, match="is not removed"):
        cleanup.clean_up(purge=True)
    assert (machine / "all" / "own").exists()


def test_what_a_killed_engine_left_mounted_is_unmounted(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run: list[str] = []
    monkeypatch.setattr(
        cleanup, "run_as_root", lambda argv, timeout: run.append(" ".join(map(str, argv)))
    )
    mounts = f"overlay {machine}/data/merged overlay rw 0 0\nproc /proc proc rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda self: mounts)
    cleanup.unmount_below([machine / "data"])
    assert run == [f"umount --lazy {machine}/data/merged"]
