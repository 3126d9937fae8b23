"""Settings are read at the edge and then passed: two threads can have settings of their own."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from checker.base import paths, settings
from checker.base.settings import Settings, current_settings, use_settings, with_settings


def settings_below(folder: Path) -> Settings:
    return Settings(folder, folder / "work", folder / "cache", folder / "state")


def test_folders_that_are_not_named_are_below_the_home_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    found = Settings.from_environment({})
    assert found.root == settings.IMPORT_ROOT
    assert found.work == settings.IMPORT_ROOT / "work"
    assert found.cache == Path("/home/ada/.cache") / settings.NAME
    assert found.state == Path("/home/ada/.local/state") / settings.NAME


def test_xdg_folders_count_and_the_courses_own_count_more() -> None:
    xdg = {"XDG_CACHE_HOME": "/c", "XDG_STATE_HOME": "/s"}
    found = Settings.from_environment(xdg)
    assert (found.cache, found.state) == (Path("/c") / settings.NAME, Path("/s") / settings.NAME)
    found = Settings.from_environment({**xdg, "COURSE_CACHE": "/cc", "COURSE_STATE": "/ss"})
    assert (found.cache, found.state) == (Path("/cc"), Path("/ss"))


def test_engine_that_the_course_handed_out_is_not_the_learners() -> None:
    host = {"DOCKER_HOST": "unix:///a.sock"}
    assert Settings.from_environment(host).engine == "unix:///a.sock"
    assert Settings.from_environment({**host, settings.HANDED_OUT: "unix:///a.sock"}).engine == ""
    assert Settings.from_environment({**host, settings.HANDED_OUT: ""}).engine == "unix:///a.sock"


def test_a_process_of_the_course_reads_the_same_settings(tmp_path: Path) -> None:
    passed = settings_below(tmp_path)
    assert Settings.from_environment(passed.environment()) == passed


def test_runtime_folder_is_one_for_each_state_folder(tmp_path: Path) -> None:
    one, other = settings_below(tmp_path / "one"), settings_below(tmp_path / "other")
    assert one.runtime != other.runtime
    assert one.runtime == settings_below(tmp_path / "one").runtime


def test_settings_hold_inside_and_are_those_of_the_process_again_after(tmp_path: Path) -> None:
    before = current_settings()
    with use_settings(settings_below(tmp_path)) as used:
        assert current_settings() is used
        assert paths.state() == tmp_path / "state"
    assert current_settings() == before
    with pytest.raises(KeyError), use_settings(settings_below(tmp_path)):
        raise KeyError
    assert current_settings() == before


def test_two_threads_have_settings_of_their_own(tmp_path: Path) -> None:
    both_inside = threading.Barrier(2, timeout=10)
    found: dict[str, list[Path]] = {}

    def work(name: str) -> None:
        with use_settings(settings_below(tmp_path / name)):
            both_inside.wait()
            found[name] = [paths.root(), paths.work(), paths.cache(), paths.state()]
            both_inside.wait()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    for name in ("one", "other"):
        folder = tmp_path / name
        assert found[name] == [folder, folder / "work", folder / "cache", folder / "state"]


def test_thread_gets_settings_only_where_they_are_passed_on(tmp_path: Path) -> None:
    found: list[Path] = []

    def look(name: str, *, below: str) -> None:
        found.append(paths.state() / name / below)

    with use_settings(settings_below(tmp_path)):
        targets = [look, with_settings(look)]
    for target in targets:
        thread = threading.Thread(target=target, args=("a",), kwargs={"below": "b"})
        thread.start()
        thread.join(10)
    assert found == [Settings.from_environment(os.environ).state / "a/b", tmp_path / "state/a/b"]
