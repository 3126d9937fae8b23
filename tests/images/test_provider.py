"""An image is taken the first way that works, once, also when two processes want it at once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.process import CommandFailed, Completed
from checker.docker import connection
from checker.images import provider
from tests.images.conftest import Engine


def test_image_that_is_there_is_used_whoever_made_it(engine: Engine) -> None:
    engine.hold_rebuilt("base:1")
    engine.hold("tool:1", pulled=True)
    engine.hold("app:latest")
    provider.ensure_images(["base:1", "tool", "app"])
    assert engine.calls == []
    assert engine.asked == []
    assert engine.closed == 1


def test_unknown_image_is_refused_before_anything_is_done(engine: Engine) -> None:
    with pytest.raises(CourseError, match="no image 'other'"):
        provider.ensure_images(["app", "other"])
    assert engine.calls == []


def test_nothing_is_needed_for_nothing(engine: Engine) -> None:
    provider.ensure_images([])
    assert engine.calls == []


def test_without_a_registry_an_image_is_built_bases_first(engine: Engine) -> None:
    provider.ensure_images(["app"])
    assert engine.made == ["base:1", "tool:1", "app:latest"]
    assert set(engine.held) == {"base:1", "tool:1", "tool:latest", "app:latest"}


def test_base_that_is_there_is_not_built_again(engine: Engine) -> None:
    engine.hold("tool:1", pulled=True)
    engine.hold("base:1")
    provider.ensure_images(["app"])
    assert engine.made == ["app:latest"]


def test_outdated_base_is_built_again_as_well(engine: Engine, recipes: Path) -> None:
    engine.hold_rebuilt("base:1", "tool:1")
    (recipes / "tool/Dockerfile").write_text("FROM elsewhere\n")
    provider.ensure_images(["app"])
    assert engine.made == ["tool:1", "app:latest"]


def test_registry_in_reach_is_taken_and_no_base_is_needed(engine: Engine) -> None:
    engine.registry = {"app:latest"}
    provider.ensure_images(["app"])
    assert engine.made == ["app:latest"]
    assert list(engine.held) == ["app:latest"]


def test_registry_with_a_pull_limit_leads_to_the_recipe(engine: Engine) -> None:
    engine.registry = {"base:1"}
    provider.ensure_images(["tool"])
    assert engine.made == ["tool:1", "base:1", "tool:1"]
    assert engine.calls[0] == "docker pull tool:1"
    assert engine.calls[1] == "docker pull base:1"
    assert engine.calls[2].startswith("docker build")


def test_outdated_image_is_rebuilt_and_never_pulled(engine: Engine, recipes: Path) -> None:
    engine.registry = {"base:1"}
    engine.hold("base:1", recipe="earlier")
    provider.ensure_images(["base:1"])
    assert engine.calls[0].startswith("docker build")
    assert engine.asked == []
    provider.ensure_images(["base:1"])
    assert len(engine.calls) == 1


@pytest.mark.parametrize("other", [True, False])
def test_alias_that_is_gone_or_elsewhere_is_set_again(engine: Engine, other: bool) -> None:
    engine.hold("tool:1", pulled=True)
    if other:
        engine.hold("tool:latest")
    provider.ensure_images(["tool"])
    assert engine.held["tool:latest"]["Id"] == "sha256:tool:1"
    assert engine.calls == []


def test_image_that_is_named_twice_is_got_once(engine: Engine) -> None:
    provider.ensure_images(["base:1", "base:1"])
    assert engine.made == ["base:1"]


def test_failed_build_is_told_and_goes_on_where_it_was(engine: Engine) -> None:
    failed = Completed(("docker",), 1, "E: no mirror", "", 1.0)
    engine.answers["docker build"] = CommandFailed("docker build ended with status 1.", failed)
    with pytest.raises(CouldNotFindOut, match="base:1 could not be built"):
        provider.ensure_images(["tool"])
    engine.answers.clear()
    provider.ensure_images(["tool"])
    assert engine.made == ["base:1", "base:1", "tool:1"]


def test_without_an_engine_the_error_says_so(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(timeout: int = 60) -> None:
        raise CouldNotFindOut("No Docker Engine answers.")

    monkeypatch.setattr(connection, "open_client", away)
    for call in (provider.ensure_images, provider.pull_images, provider.build_images):
        with pytest.raises(CouldNotFindOut, match="No Docker Engine"):
            call(["app"])


def test_second_process_waits_and_finds_the_images_there(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    building, waiting, go_on = threading.Event(), threading.Event(), threading.Event()

    def slow(line: str) -> None:
        building.set()
        assert go_on.wait(20)

    engine.during = slow
    monkeypatch.setattr(provider, "WAITING", waiting.set)
    both = [threading.Thread(target=provider.ensure_images, args=(["app"],)) for _ in range(2)]
    both[0].start()
    assert building.wait(20)
    both[1].start()
    assert waiting.wait(20)
    go_on.set()
    for thread in both:
        thread.join(20)
    assert engine.made == ["base:1", "tool:1", "app:latest"]


def test_lock_is_free_after_a_failure(engine: Engine) -> None:
    engine.answers["docker build"] = CommandFailed("docker build took longer than 1 s.")
    with pytest.raises(CouldNotFindOut):
        provider.ensure_images(["base:1"])
    with paths.lock("images", lambda: pytest.fail("still locked")):
        pass


def test_pull_takes_the_named_images(engine: Engine) -> None:
    engine.registry = {"tool:1"}
    provider.pull_images(["tool"])
    assert engine.made == ["tool:1"]


def test_pull_without_names_takes_all_and_tells_which_failed(engine: Engine) -> None:
    engine.registry = {"tool:1"}
    with pytest.raises(CouldNotFindOut, match=r"Not pulled: base:1, app:latest\.") as caught:
        provider.pull_images([])
    assert "./course images build" in caught.value.next_step
    assert engine.made == ["base:1", "tool:1", "app:latest"]


def test_pull_replaces_a_rebuilt_image(engine: Engine) -> None:
    engine.hold_rebuilt("tool:1")
    engine.registry = {"tool:1"}
    provider.pull_images(["tool"])
    assert engine.held["tool:1"]["RepoDigests"]


def test_build_makes_bases_first_and_leaves_what_is_built(engine: Engine) -> None:
    engine.hold_rebuilt("base:1")
    provider.build_images(["app"])
    assert engine.made == ["tool:1", "app:latest"]


def test_build_replaces_a_pulled_image(engine: Engine) -> None:
    engine.hold("base:1", pulled=True)
    provider.build_images(["base:1"])
    assert engine.made == ["base:1"]


def test_build_without_names_builds_all(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    provider.build_images([])
    assert engine.made == ["base:1", "tool:1", "app:latest"]
    assert "All built." in capsys.readouterr().out


def test_build_and_pull_refuse_an_unknown_image(engine: Engine) -> None:
    for call in (provider.pull_images, provider.build_images):
        with pytest.raises(CourseError, match="no image 'other'"):
            call(["other"])
    assert engine.calls == []
