"""Files of a learner are read, whatever they are, and never followed to the outside."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from checker.checks import CheckFailed
from checker.checks.files.fixture import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work"
    made.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    return made


@pytest.fixture
def workspace(folder: Path) -> Workspace:
    return Workspace(folder)


def refused(ask, *args: object) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        ask(*args)
    return caught.value


def test_file_is_read(folder: Path, workspace: Workspace) -> None:
    (folder / "app").mkdir()
    (folder / "app/a.txt").write_text("3\n")
    file = workspace.file("app/a.txt")
    file.expect_exists()
    file.expect_text("3")
    assert (file.exists, file.text, file.bytes) == (True, "3\n", b"3\n")
    assert workspace.files("**/*.txt") == ["app/a.txt"]
    assert workspace.folder("app") == workspace.path / "app"


def test_setting_is_what_stands_behind_its_name(folder: Path, workspace: Workspace) -> None:
    (folder / "a.txt").write_text("gone = web 1 \r\nnot_next=no\nnext=\t'x=y'\n")
    file = workspace.file("a.txt")
    assert (file.setting("gone"), file.setting("next")) == ("web 1", "'x=y'")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "an empty file"),
        ("gone=web\nnot_next=x\n", "gone=web\nnot_next=x"),
        ("next= \ngone=web\n", "next= \ngone=web"),
    ],
)
def test_setting_that_is_not_there_is_told(
    folder: Path, workspace: Workspace, text: str, found: str
) -> None:
    (folder / "a.txt").write_text(text)
    failed = refused(workspace.file("a.txt").setting, "next")
    assert (failed.expected, failed.found) == ("a line next=... in a.txt", found)
    assert failed.next_step == "Write a line next= with its value into a.txt."
    own = refused(lambda: workspace.file("a.txt").setting("next", next_step="Two lines."))
    assert own.next_step == "Two lines."


def test_setting_that_is_guessed_twice_is_told(folder: Path, workspace: Workspace) -> None:
    (folder / "a.txt").write_text("gone=web\n gone = shop\n")
    failed = refused(workspace.file("a.txt").setting, "gone")
    assert (failed.expected, failed.found) == ("one line gone=... in a.txt", "web; shop")
    assert "Leave the one that is right" in failed.next_step
    (folder / "a.txt").write_text("gone=web\ngone = web\n")
    assert workspace.file("a.txt").setting("gone") == "web"


def test_setting_is_named_as_written_not_as_a_pattern(folder: Path, workspace: Workspace) -> None:
    (folder / "a.txt").write_text("next=1\n")
    assert refused(workspace.file("a.txt").setting, "n.xt").found == "next=1"


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "a folder of that name"),
        (lambda path: path.symlink_to("gone"), "a link to gone, which is not there"),
        (lambda path: path.symlink_to("a.txt"), "a link to a.txt"),
        (lambda path: os.mkfifo(path), "something that is not an ordinary file"),
        (lambda path: path.with_name("A.TXT").touch(), "no such file, but A.TXT"),
    ],
)
def test_what_is_no_file_is_told(folder: Path, workspace: Workspace, make, found: str) -> None:
    make(folder / "a.txt")
    failed = refused(lambda: workspace.file("a.txt").text)
    assert failed.found == found
    assert refused(workspace.file("a.txt").expect_exists).next_step


def test_socket_is_no_file(folder: Path, workspace: Workspace, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("a.txt")
        found = refused(lambda: workspace.file("a.txt").text).found
    assert found == "something that is not an ordinary file"


def test_file_in_a_missing_folder_is_told(workspace: Workspace) -> None:
    failed = refused(lambda: workspace.file("app/a.txt").text)
    assert failed.found == "not even the folder app"


@pytest.mark.parametrize("target", ["../secret.txt", "/etc/hostname"])
def test_link_to_the_outside_is_not_followed(folder: Path, workspace, target: str) -> None:
    (folder / "a.txt").symlink_to(target)
    failed = refused(lambda: workspace.file("a.txt").text)
    assert failed.expected == "a.txt inside this lab's folder"
    assert failed.found == f"a link to {target}"


def test_linked_folder_to_the_outside_is_not_followed(folder: Path, workspace) -> None:
    (folder / "app").symlink_to("..")
    assert (
        "inside this lab's folder"
        in refused(lambda: workspace.file("app/secret.txt").text).expected
    )
    assert refused(workspace.folder, "app").found == "a link to .."


def test_link_inside_is_followed(folder: Path, workspace: Workspace) -> None:
    (folder / "b.txt").write_text("3")
    (folder / "a.txt").symlink_to("b.txt")
    workspace.file("a.txt").expect_text("3")


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "app/../../secret.txt"])
def test_name_that_leads_outside_is_a_mistake_of_the_author(workspace, name: str) -> None:
    with pytest.raises(ValueError, match="not a name inside"):
        workspace.file(name).text  # noqa: B018


def test_huge_file_is_not_read(folder: Path, workspace: Workspace) -> None:
    with (folder / "a.txt").open("w") as file:
        file.truncate(20 * 1024 * 1024)
    assert refused(lambda: workspace.file("a.txt").text).found == "20 MiB"


def test_unreadable_file_is_told_with_the_remedy(folder: Path, workspace, monkeypatch) -> None:
    (folder / "a.txt").write_text("3")
    (folder / "a.txt").chmod(0)

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    failed = refused(lambda: workspace.file("a.txt").text)
    assert failed.found == "it is there, but may not be read (----------)"
    assert failed.next_step == "Allow reading: chmod u+r a.txt"


def test_executable_and_missing_are_expected(folder: Path, workspace: Workspace) -> None:
    (folder / "run.sh").touch(mode=0o644)
    failed = refused(workspace.file("run.sh").expect_executable)
    assert failed.found == "its mode is -rw-r--r--"
    assert failed.next_step == "Allow it: chmod +x run.sh"
    (folder / "run.sh").chmod(0o755)
    workspace.file("run.sh").expect_executable()
    workspace.file("gone").expect_missing()
    assert refused(workspace.file("run.sh").expect_missing).next_step == "Remove run.sh."


def test_missing_folder_is_told(workspace: Workspace) -> None:
    assert refused(workspace.folder, "app").next_step == "Make the folder app."


def test_notebooks_are_no_near_names(folder: Path, workspace: Workspace) -> None:
    (folder / "status.ipynb").touch()
    assert refused(lambda: workspace.file("status.ipyn").text).found == "no such file"
