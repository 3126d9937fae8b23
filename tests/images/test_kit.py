"""The offline kit holds every image; what is damaged, or no kit, loads nothing."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.process import CommandFailed
from checker.images import kit
from tests.images.conftest import Engine

NAMES = ["base:1", "tool:1", "tool:latest", "app:latest"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


@pytest.fixture
def file(engine: Engine, folder: Path) -> Path:
    """A kit of all images, made on another machine."""
    kit.export_kit(folder / "kit.tar")
    engine.held.clear()
    engine.calls.clear()
    return folder / "kit.tar"


def archive(file: Path, *members: tuple[str, bytes | None]) -> Path:
    """A tar file of these members; one without content is a folder."""
    with tarfile.open(file, "w") as made:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if content is None:
                member.type = tarfile.DIRTYPE
            member.size = len(content or b"")
            made.addfile(member, io.BytesIO(content or b""))
    return file


def refused(file: Path) -> CourseError:
    with pytest.raises(CourseError) as caught:
        kit.import_kit(file)
    return caught.value


def is_clean() -> bool:
    return [each.name for each in paths.cache().iterdir() if each.name.startswith("tmp")] == []


def test_round_trip_brings_every_name(engine: Engine, file: Path, capsys) -> None:
    kit.import_kit(file)
    assert list(engine.held) == NAMES
    assert f"Loaded: {', '.join(NAMES)}" in capsys.readouterr().out
    assert is_clean()


def test_export_makes_available_what_is_missing(engine: Engine, folder: Path) -> None:
    kit.export_kit(folder / "kit.tar")
    assert engine.made == ["base:1", "tool:1", "app:latest"]
    assert engine.calls[-1].startswith("docker save --output")


def test_export_tells_the_size_and_leaves_one_file(engine: Engine, folder: Path, capsys) -> None:
    kit.export_kit(folder / "kit.tar")
    assert f"{folder}/kit.tar: 0 MB, 4 image names" in capsys.readouterr().out
    assert [each.name for each in folder.iterdir()] == ["kit.tar"]


def test_kit_says_what_is_inside(file: Path) -> None:
    with tarfile.open(file) as made:
        assert made.getnames() == ["kit.json", "images.tar"]
        contents = json.load(made.extractfile("kit.json"))  # type: ignore[arg-type]
    assert (contents["schema"], contents["images"]) == (1, NAMES)


def test_missing_folder_is_told_before_anything_is_built(engine: Engine, folder: Path) -> None:
    with pytest.raises(CourseError, match=f"There is no folder {folder}/nowhere"):
        kit.export_kit(folder / "nowhere/kit.tar")
    assert engine.calls == []


def test_export_that_fails_leaves_what_was_there(engine: Engine, file: Path) -> None:
    before = file.read_bytes()
    engine.answers["docker save"] = CommandFailed("docker save ended with status 1.")
    with pytest.raises(CouldNotFindOut, match="docker save"):
        kit.export_kit(file)
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == ["kit.tar"]


def test_export_that_cannot_write_is_told(engine: Engine, file: Path) -> None:
    before = file.read_bytes()
    engine.answers["docker save"] = OSError(28, "No space left on device")
    with pytest.raises(CourseError, match=f"{file} could not be written") as caught:
        kit.export_kit(file)
    assert "No space left on device" in caught.value.found
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == ["kit.tar"]


def test_export_to_a_folder_is_told(engine: Engine, folder: Path) -> None:
    (folder / "kit.tar").mkdir()
    with pytest.raises(CourseError, match="could not be written"):
        kit.export_kit(folder / "kit.tar")


def test_import_that_cannot_write_is_told(engine: Engine, file: Path, monkeypatch) -> None:
    def full(*arguments: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kit, "copy_file", full)
    error = refused(file)
    assert error.message == f"{file} could not be loaded."
    assert "No space left on device" in error.found
    assert engine.calls == []
    assert is_clean()


def test_engine_that_refuses_the_images_is_told(engine: Engine, file: Path) -> None:
    engine.answers["docker load"] = CommandFailed("docker load ended with status 1.")
    with pytest.raises(CouldNotFindOut, match="docker load"):
        kit.import_kit(file)
    assert is_clean()


def test_changed_byte_is_damage(engine: Engine, file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data.replace(b"base:1 tool:1", b"base:1 tool:2"))
    error = refused(file)
    assert error.message == f"{file} is damaged."
    assert error.expected.startswith("sha256 ")
    assert error.found.startswith("sha256 ")
    assert error.expected != error.found
    assert "Copy it again" in error.next_step
    assert engine.calls == []
    assert is_clean()


def test_copy_that_ended_too_soon_is_damage(engine: Engine, file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: data.index(b"base:1 tool:1") + 5])
    assert refused(file).message == f"{file} is damaged."
    assert engine.calls == []


GOOD = json.dumps({"schema": 1, "images": [], "sha256": "0"}).encode()

NO_KITS: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text("not a kit"),
    "empty": lambda file: file.touch(),
    "another archive": lambda file: archive(file, ("manifest.json", b"[]")),
    "images alone": lambda file: archive(file, ("images.tar", b"")),
    "contents alone": lambda file: archive(file, ("kit.json", GOOD)),
    "folders": lambda file: archive(file, ("kit.json", None), ("images.tar", None)),
    "no JSON": lambda file: archive(file, ("kit.json", b"{"), ("images.tar", b"")),
    "a list": lambda file: archive(file, ("kit.json", b"[]"), ("images.tar", b"")),
    "no names": lambda file: archive(file, ("kit.json", b'{"sha256": ""}'), ("images.tar", b"")),
    "no checksum": lambda file: archive(file, ("kit.json", b'{"images": []}'), ("images.tar", b"")),
}


@pytest.mark.parametrize("make", NO_KITS.values(), ids=NO_KITS)
def test_what_is_no_kit_is_refused(engine: Engine, folder: Path, make) -> None:
    make(folder / "kit.tar")
    error = refused(folder / "kit.tar")
    assert error.message == f"{folder}/kit.tar is not an offline kit."
    assert "./course images export FILE" in error.next_step
    assert engine.calls == []
