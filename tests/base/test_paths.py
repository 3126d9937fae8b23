"""Folders can be moved, and files are written whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from checker.base import paths


@pytest.mark.parametrize(
    ("variable", "function"),
    [
        ("COURSE_ROOT", paths.root),
        ("COURSE_WORK", paths.work),
        ("COURSE_CACHE", paths.cache),
        ("COURSE_STATE", paths.state),
    ],
)
def test_each_folder_can_be_moved(
    variable: str, function, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "moved"))
    assert function() == tmp_path / "moved"


def test_runtime_folder_is_private_and_short_enough_for_a_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / ("deep" * 20)))
    folder = paths.ensure_folder(paths.runtime())
    assert folder.stat().st_mode & 0o077 == 0
    assert len(str(folder / "a-socket-with-a-name.sock")) < 104
    folder.rmdir()


def test_asking_for_a_folder_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COURSE_WORK", "COURSE_CACHE", "COURSE_STATE"):
        monkeypatch.setenv(name, str(tmp_path / name))
    folders = [paths.work(), paths.cache(), paths.state(), paths.runtime()]
    assert not any(folder.exists() for folder in folders)
    assert list(tmp_path.iterdir()) == []


def test_ensured_folder_is_made_with_those_above_it_and_may_be_there(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert paths.ensure_folder(folder) == paths.ensure_folder(folder) == folder
    assert folder.is_dir()


def test_written_file_has_the_new_content_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "new" / "file"
    paths.write_atomically(file, "one")
    assert file.stat().st_mode & 0o777 == 0o644
    file.chmod(0o755)
    paths.write_atomically(file, b"two")
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o755


def test_failed_write_leaves_the_old_content_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        paths.write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_link_stays_a_link_to_what_was_written(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    paths.write_atomically(link, "new")
    assert link.is_symlink()
    assert file.read_text() == "new"


def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    device = tmp_path / "device"
    os.mkfifo(device)
    reader = os.open(device, os.O_RDONLY | os.O_NONBLOCK)
    paths.write_atomically(device, "new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert device.is_fifo()
    assert list(tmp_path.iterdir()) == [device]


def hold(started, release) -> None:
    with paths.lock("test"):
        started.set()
        release.wait(10)


def test_lock_is_held_by_one_and_freed_by_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))
    context = multiprocessing.get_context("fork")
    started, release = context.Event(), context.Event()
    holder = context.Process(target=hold, args=(started, release))
    holder.start()
    assert started.wait(10)
    waited: list[float] = []

    def waiting() -> None:
        waited.append(time.monotonic())
        holder.kill()

    with paths.lock("test", waiting):
        assert len(waited) == 1
    holder.join()
