"""kubectl and kind come out of the node image or the compiler, and have their usual names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from checker.base import process
from checker.base.process import Completed
from checker.docker import connection
from checker.images import catalogue, golang
from checker.orchestrators.kind import cluster_files, cluster_tools
from tests.images.conftest import Engine

NODE = catalogue.find_image(cluster_tools.IMAGE)


class Tools(Engine):
    """An engine whose containers hold programs, and a compiler."""

    def __init__(self) -> None:
        super().__init__()
        self.compiled: list[str] = []
        self.is_killed = False
        self.answers["docker create"] = (0, "c0ffee\n")

    def run(self, argv: list[str], **options: Any) -> Completed:
        done = super(Engine, self).run(argv, **options)
        if argv[1] == "cp":
            if self.is_killed:
                raise KeyboardInterrupt
            Path(argv[3]).write_text("copied")
        return done

    def compile_all(self, wanted: list[golang.Program], progress: golang.Progress) -> None:
        for program in wanted:
            if not program.file.exists():
                self.compiled.append(f"{program.name} {program.system}")
                program.folder.mkdir(parents=True)
                program.file.write_text("compiled")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Tools:
    fake = Tools()
    monkeypatch.setattr(process, "run", fake.run)
    monkeypatch.setattr(connection, "open_client", lambda timeout=60: fake)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    monkeypatch.setattr(golang, "compile_programs", fake.compile_all)
    monkeypatch.setattr(sys, "platform", "linux")
    return fake


@pytest.fixture
def node(engine: Tools) -> Tools:
    """The engine has the node image that the course built."""
    engine.hold(NODE.reference, catalogue.fingerprint_recipe(NODE))
    return engine


def ensure() -> dict[str, str]:
    """Have the tools; what each name leads to."""
    cluster_tools.ensure_tools(lambda detail: None)
    return {
        each.name: each.read_text() for each in sorted(cluster_files.programs_folder().iterdir())
    }


def test_recipe_has_the_programs_and_what_it_builds_is_in_the_catalogue() -> None:
    names = {golang.find_program(cluster_tools.RECIPE, name).name for name in cluster_tools.NAMES}
    assert names == set(cluster_tools.INSIDE)
    assert NODE.recipe == cluster_tools.RECIPE


def test_without_a_node_image_they_are_compiled(engine: Tools) -> None:
    assert ensure() == {"kind": "compiled", "kubectl": "compiled"}
    assert engine.compiled == ["kind linux", "kubernetes linux"]
    assert engine.calls == []


def test_node_image_that_the_course_built_gives_them(node: Tools) -> None:
    assert ensure() == {"kind": "copied", "kubectl": "copied"}
    assert node.compiled == []
    assert node.calls[0] == f"docker create --label course.owner=images {NODE.reference}"
    assert node.calls[-1] == "docker rm c0ffee"


@pytest.mark.parametrize("recipe", ["", "of another version"], ids=["pulled", "outdated"])
def test_other_node_images_are_not_asked(engine: Tools, recipe: str) -> None:
    engine.hold(NODE.reference, recipe, pulled=not recipe)
    assert ensure() == {"kind": "compiled", "kubectl": "compiled"}
    assert engine.calls == []


@pytest.mark.parametrize("step", ["create", "cp"])
def test_engine_that_fails_means_that_they_are_compiled(node: Tools, step: str) -> None:
    node.answers[f"docker {step}"] = (1, "no such file")
    assert ensure() == {"kind": "compiled", "kubectl": "compiled"}
    assert (node.calls[-1] == "docker rm c0ffee") == (step == "cp")


def test_killed_copying_leaves_no_program(node: Tools) -> None:
    node.is_killed = True
    with pytest.raises(KeyboardInterrupt):
        ensure()
    assert not golang.find_program(cluster_tools.RECIPE, "kind").folder.exists()
    node.is_killed = False
    assert ensure() == {"kind": "copied", "kubectl": "copied"}


def test_what_is_there_is_left_alone(node: Tools) -> None:
    ensure()
    node.calls.clear()
    links = {each: each.lstat().st_ino for each in cluster_files.programs_folder().iterdir()}
    ensure()
    assert node.calls == []
    assert {each: each.lstat().st_ino for each in links} == links


def test_only_the_one_that_is_missing_is_copied(node: Tools) -> None:
    ensure()
    (cluster_files.programs_folder() / "kind").resolve().unlink()
    (cluster_files.programs_folder() / "kind").readlink().parent.rmdir()
    node.calls.clear()
    assert ensure()["kind"] == "copied"
    assert [call.split()[2] for call in node.calls if call.startswith("docker cp")] == [
        f"c0ffee:{cluster_tools.INSIDE['kind']}"
    ]


def test_names_of_an_earlier_version_lead_to_the_new_one(engine: Tools) -> None:
    folder = cluster_files.programs_folder()
    folder.mkdir(parents=True)
    (folder / "kubectl").symlink_to("/old/kubectl")
    (folder / ".kubectl").symlink_to("/left/by/a/kill")
    assert ensure() == {"kind": "compiled", "kubectl": "compiled"}


def test_macs_own_programs_are_compiled(node: Tools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert ensure() == {"kind": "compiled", "kubectl": "compiled"}
    assert node.compiled == ["kind darwin", "kubernetes darwin"]
    assert node.calls == []
