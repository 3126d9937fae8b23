"""Scripts and files of a lab reach a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.base.process import CommandFailed
from checker.labs import stage
from checker.labs.lab import load_lab
from tests.lab_fakes import LAB, MakeLab


@pytest.fixture(autouse=True)
def course(root) -> None:
    """Away from the learner's state."""


@pytest.mark.parametrize("status", [1, 2, 125, 126, 127])
def test_script_ends_at_what_is_surely_a_mistake(tmp_path: Path, status: int) -> None:
    with pytest.raises(CommandFailed):
        stage.run_script(f"sh -c 'exit {status}'\ntouch after", tmp_path)
    assert not (tmp_path / "after").exists()


def test_script_goes_on_after_the_status_of_a_container(tmp_path: Path) -> None:
    assert stage.run_script("sh -c 'exit 3'\necho on\nsh -c 'exit 137'", tmp_path) == "on\n"


def test_script_ends_at_an_unset_variable_and_inside_functions_and_pipes(tmp_path: Path) -> None:
    for script in ("echo $nowhere", "f() { false; true; }; f", "false | true"):
        with pytest.raises(CommandFailed):
            stage.run_script(script, tmp_path)


def test_script_knows_where_the_course_is(root, tmp_path: Path) -> None:
    assert stage.run_script("echo $COURSE_ROOT", tmp_path).strip() == str(root)


def test_script_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="took longer"):
        stage.run_script("sleep 60", tmp_path, timeout=0.3)


def test_only_missing_files_are_copied_and_overlay_takes_all(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for name in ("a", "deep/b", ".gitkeep"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text("new")
    target.mkdir()
    (target / "a").write_text("mine")
    assert stage.copy_missing_files(source, target) == [target / "deep/b"]
    assert (target / "a").read_text() == "mine"
    stage.overlay_files(source, target)
    assert (target / "a").read_text() == "new"
    assert not (target / ".gitkeep").exists()
    assert stage.copy_missing_files(tmp_path / "nowhere", target) == []


def test_images_that_any_file_of_the_lab_names_are_made_available(make_lab, monkeypatch) -> None:
    wanted: list[str] = []
    monkeypatch.setattr("checker.images.provider.ensure_images", wanted.extend)
    monkeypatch.setattr("checker.docker.docker_engine.ensure_engine", lambda: None)
    make_lab(
        LAB.replace("engine: none", "engine: docker"),
        **{"starter/Dockerfile": "FROM debian:trixie-slim\n"},
    )
    stage.ensure_engine(load_lab("first"))
    assert wanted == ["debian:trixie-slim"]


def test_lab_without_an_engine_needs_no_images(make_lab, monkeypatch) -> None:
    monkeypatch.setattr("checker.images.provider.ensure_images", lambda names: 1 / 0)
    make_lab()
    stage.ensure_engine(load_lab("first"))


@pytest.mark.parametrize(
    ("said", "next_step"),
    [
        ("listen tcp4 127.0.0.1:8093: bind: address already in use", stage.TAKEN),
        ("Bind for 127.0.0.1:8093 failed: port is already allocated", stage.TAKEN),
        ('The container name "/door" is already in use', stage.SAME_NAME),
    ],
)
def test_setup_that_fails_says_what_to_do(
    make_lab: MakeLab, tmp_path: Path, said: str, next_step: str
) -> None:
    make_lab(LAB.replace("{ .setup }\n", f"{{ .setup }}\necho '{said}' >&2; exit 1\n"))
    with pytest.raises(CourseError, match="the setup failed") as caught:
        stage.prepare_workspace(load_lab("docker/first"), tmp_path)
    assert caught.value.next_step == next_step
