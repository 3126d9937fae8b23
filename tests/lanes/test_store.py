"""Images for lanes: made once, again where a recipe changed, and copied by hard links."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import Settings, current_settings
from checker.docker import connection, endpoint
from checker.docker.connection import EngineStatus
from checker.images import catalogue, provider
from checker.images.store import ImageState
from checker.lanes import store
from checker.lanes.engine import LaneEngine
from checker.lanes.store import copy_store, ensure_store

ENGINE = LaneEngine("/usr/bin/dockerd", "/usr/bin")


class Lane:
    """Stands in for a lane that is opened to fill a store."""

    def __init__(self, folder: Path) -> None:
        self.opened: list[Path] = []
        self.ensured: list[list[str]] = []
        self.settings = Settings(folder, folder / "work", folder / "cache", folder / "state")
        self.fails: BaseException | None = None
        self.host = "unix:///run/a-lane/docker.sock"

    @contextlib.contextmanager
    def open(self, engine: LaneEngine, data: Path) -> Iterator[Lane]:
        assert engine.dockerd == ENGINE.dockerd
        self.opened.append(data)
        data.mkdir(parents=True, exist_ok=True)
        yield self

    def ensure_images(self, references: list[str]) -> None:
        # what is compiled stays in the cache of this user, what is built goes to the lane
        assert paths.cache() != self.settings.cache
        assert current_settings().engine == self.host
        self.ensured.append(references)
        if self.fails:
            raise self.fails


@pytest.fixture
def lane(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Lane:
    fake = Lane(machine / "lane")
    monkeypatch.setattr(store, "open_lane", fake.open)
    monkeypatch.setattr(provider, "ensure_images", fake.ensure_images)
    return fake


def stamp(name: str = "images") -> Path:
    return paths.cache() / "lanes" / name / "images.json"


def test_new_store_is_filled_with_images_and_their_bases(lane: Lane) -> None:
    data = ensure_store("images", ["hello-world", "nginx:1.26"], ENGINE)
    assert data == paths.cache() / "lanes/images/docker-data"
    assert lane.opened == [data]
    wanted = ["debian:trixie-slim", "busybox:1.37", "hello-world:latest", "nginx:1.26"]
    assert lane.ensured == [wanted]
    assert set(json.loads(stamp().read_text())) == set(wanted)


def test_whole_store_needs_no_lane(lane: Lane) -> None:
    data = ensure_store("images", ["busybox:1.37"], ENGINE)
    assert ensure_store("images", ["busybox:1.37"], ENGINE) == data
    assert len(lane.opened) == 1


def test_stores_do_not_share_their_data(lane: Lane) -> None:
    newer = replace(ENGINE, suffix="-29")
    made = [ensure_store("one", ["busybox:1.37"], ENGINE)]
    made += [ensure_store("two", ["busybox:1.37"], ENGINE)]
    made += [ensure_store("one", ["busybox:1.37"], newer)]
    assert lane.opened == made == list(dict.fromkeys(made))


def test_changed_recipe_fills_the_store_again(lane: Lane, monkeypatch) -> None:
    ensure_store("images", ["busybox:1.37"], ENGINE)
    monkeypatch.setattr(catalogue, "fingerprint_recipe", lambda image: f"new {image.reference}")
    data = ensure_store("images", ["busybox:1.37"], ENGINE)
    assert lane.opened == [data, data]
    assert json.loads(stamp().read_text())["busybox:1.37"] == "new busybox:1.37"
    ensure_store("images", ["busybox:1.37"], ENGINE)
    assert len(lane.opened) == 2


def test_store_that_lacks_an_image_is_filled_again(lane: Lane) -> None:
    ensure_store("images", ["busybox:1.37"], ENGINE)
    ensure_store("images", ["busybox:1.37", "redis:8"], ENGINE)
    assert lane.ensured[-1] == ["debian:trixie-slim", "busybox:1.37", "redis:8"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), CouldNotFindOut("No image.")])
def test_interrupted_fill_leaves_no_stamp_and_is_done_again(
    lane: Lane, trouble: BaseException
) -> None:
    ensure_store("images", ["busybox:1.37"], ENGINE)
    lane.fails = trouble
    with pytest.raises(type(trouble)):
        ensure_store("images", ["redis:8"], ENGINE)
    assert not stamp().exists()
    lane.fails = None
    ensure_store("images", ["busybox:1.37"], ENGINE)
    assert len(lane.opened) == 3
    assert stamp().exists()


@pytest.mark.parametrize("text", ["", "{"])
def test_stamp_that_cannot_be_read_counts_as_none(lane: Lane, text: str) -> None:
    ensure_store("images", ["busybox:1.37"], ENGINE)
    stamp().write_text(text)
    ensure_store("images", ["busybox:1.37"], ENGINE)
    assert len(lane.opened) == 2


def test_new_store_starts_from_another_and_a_filled_one_does_not(lane: Lane, machine: Path) -> None:
    other = machine / "other"
    (other / "overlay2/layer").mkdir(parents=True)
    data = ensure_store("cluster", ["busybox:1.37"], ENGINE, start_from=other)
    assert (data / "overlay2/layer").is_dir()
    (other / "overlay2/late").mkdir()
    ensure_store("cluster", ["redis:8"], ENGINE, start_from=other)
    assert not (data / "overlay2/late").exists()


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


@pytest.fixture
def data(machine: Path) -> Path:
    """What a stopped engine left in which an image was built."""
    folder = machine / "data"
    write(folder / "overlay2/abc/diff/bin/sh", "#!").chmod(0o755)
    (folder / "overlay2/l").mkdir()
    (folder / "overlay2/l/SHORT").symlink_to("../abc/diff")
    write(folder / "image/overlay2/layerdb/sha256/abc/cache-id", "abc")
    write(folder / "image/overlay2/layerdb/mounts/container/mount-id", "abc")
    write(folder / "image/overlay2/repositories.json", "{}")
    write(folder / "buildkit/cache.db", "cache")
    write(folder / "engine-id", "one")
    write(folder / "containers/container/config.v2.json", "{}")
    write(folder / "volumes/metadata.db", "volumes")
    write(folder / "network/files/local-kv.db", "networks")
    return folder


def test_copy_has_the_same_files_of_layers_and_its_own_of_all_else(
    data: Path, machine: Path
) -> None:
    target = machine / "new/lane/data"
    copy_store(data, target)
    layer = "overlay2/abc/diff/bin/sh"
    assert (target / layer).samefile(data / layer)
    assert (target / layer).stat().st_mode & 0o777 == 0o755
    assert (target / "overlay2/l/SHORT").readlink() == Path("../abc/diff")
    own = ["image/overlay2/layerdb/sha256/abc/cache-id", "image/overlay2/repositories.json"]
    for name in [*own, "buildkit/cache.db", "engine-id"]:
        assert (target / name).read_text() == (data / name).read_text()
        assert not (target / name).samefile(data / name)


def test_what_a_copy_changes_leaves_the_store_as_it_was(data: Path, machine: Path) -> None:
    target = machine / "lane"
    copy_store(data, target)
    write(target / "image/overlay2/repositories.json", "changed")
    write(target / "overlay2/new/diff/file", "new")
    (target / "overlay2/abc/diff/bin/sh").unlink()
    assert (data / "image/overlay2/repositories.json").read_text() == "{}"
    assert not (data / "overlay2/new").exists()
    assert (data / "overlay2/abc/diff/bin/sh").read_text() == "#!"


def test_containers_their_mounts_volumes_and_networks_are_left_out(
    data: Path, machine: Path
) -> None:
    target = machine / "lane"
    copy_store(data, target)
    assert sorted(each.name for each in target.iterdir()) == [
        "buildkit",
        "engine-id",
        "image",
        "overlay2",
    ]
    assert not (target / "image/overlay2/layerdb/mounts").exists()
    assert (data / "image/overlay2/layerdb/mounts/container/mount-id").exists()


def test_store_of_an_engine_without_images_is_copied_too(machine: Path) -> None:
    (machine / "empty").mkdir()
    copy_store(machine / "empty", machine / "target")
    assert list((machine / "target").iterdir()) == []


DOCKER = """\
#!/bin/sh
echo "$DOCKER_HOST $*" >> "{folder}/calls"
case $1 in save) echo "the images" ;; load) cat > "{folder}/loaded"; exit {status} ;; esac
"""


@pytest.fixture
def engines(machine: Path, lane: Lane, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives this user's engine and the lane's images, and a docker that hands them over."""

    def make(own: dict[str, str], lanes: dict[str, str], status: int = 0) -> None:
        program = write(machine / "bin/docker", DOCKER.format(folder=machine, status=status))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{machine / 'bin'}:/usr/bin:/bin")

        def open_client() -> SimpleNamespace:
            inside = paths.cache() == lane.settings.cache
            return SimpleNamespace(close=lambda: None, has=lanes if inside else own)

        def inspect_image(client: SimpleNamespace, image: catalogue.Image) -> ImageState:
            return ImageState(image, client.has.get(image.reference, "missing"))

        monkeypatch.setattr(endpoint, "daemon_folder", lambda: paths.cache() / "run")
        running = EngineStatus("docker", True, "26.1.5", "")
        monkeypatch.setattr(connection, "engine_status", lambda: running)
        monkeypatch.setattr(connection, "open_client", open_client)
        monkeypatch.setattr(store, "inspect_image", inspect_image)

    return make


def test_images_of_this_user_are_taken_as_far_as_they_are_of_now(
    engines: Callable[..., None], lane: Lane, machine: Path
) -> None:
    own = {"busybox:1.37": "rebuilt", "redis:8": "outdated", "nginx:1.26": "pulled"}
    engines({**own, "debian:trixie-slim": "rebuilt"}, {"debian:trixie-slim": "rebuilt"})
    ensure_store("images", ["busybox:1.37", "redis:8", "nginx:1.26"], ENGINE)
    saved, loaded = sorted((machine / "calls").read_text().splitlines(), key=lambda x: "load" in x)
    names = " ".join(catalogue.find_image("busybox:1.37").names)
    assert saved == f"unix://{paths.cache()}/run/docker.sock save {names}"
    assert loaded == f"unix://{lane.settings.cache}/run/docker.sock load --quiet"
    assert (machine / "loaded").read_text() == "the images\n"
    assert len(lane.ensured) == 1


def test_nothing_is_taken_that_the_lane_has(
    engines: Callable[..., None], lane: Lane, machine: Path
) -> None:
    both = {"busybox:1.37": "rebuilt", "debian:trixie-slim": "rebuilt"}
    engines(both, both)
    ensure_store("images", ["busybox:1.37"], ENGINE)
    assert not (machine / "calls").exists()


def test_images_that_cannot_be_loaded_are_an_error_and_leave_no_stamp(
    engines: Callable[..., None], lane: Lane
) -> None:
    engines({"busybox:1.37": "rebuilt"}, {}, status=1)
    with pytest.raises(CouldNotFindOut, match="could not be loaded"):
        ensure_store("images", ["busybox:1.37"], ENGINE)
    assert not stamp().exists()
