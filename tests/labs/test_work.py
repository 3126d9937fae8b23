"""Labs are begun, begun again and hinted at; what a learner wrote is never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.cli.main import main
from checker.labs import created_resources, stage, work
from checker.labs.check import check_and_record
from checker.sandbox import background_recorder


def course(*words: str):
    return CliRunner().invoke(main, words)


def test_workspace_holds_starter_files_notebook_and_what_setup_made(make_lab) -> None:
    make_lab(**{"starter/app/main.py": "print()\n", "starter/.gitkeep": ""})
    folder = work.prepare_lab("first")
    assert folder == paths.work() / "docker/first"
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert there == {"app/main.py", "ready.txt", "first.ipynb"}
    assert work.locate_notebook("docker/first") == folder / "first.ipynb"


def test_second_start_changes_nothing_and_runs_no_setup(make_lab) -> None:
    make_lab(**{"starter/a.txt": "given"})
    folder = work.prepare_lab("first")
    (folder / "a.txt").write_text("mine")
    (folder / "first.ipynb").write_text("mine")
    (folder / "ready.txt").unlink()
    work.prepare_lab("first")
    assert (folder / "a.txt").read_text() == "mine"
    assert (folder / "first.ipynb").read_text() == "mine"
    assert not (folder / "ready.txt").exists()


def test_file_that_was_there_before_the_first_start_is_kept(make_lab, workspace: Path) -> None:
    make_lab(**{"starter/a.txt": "given", "starter/b.txt": "given"})
    (workspace / "a.txt").write_text("mine")
    (workspace / "b.txt").symlink_to("nowhere")
    work.prepare_lab("first")
    assert (workspace / "a.txt").read_text() == "mine"
    assert (workspace / "b.txt").is_symlink()


def test_lost_notebook_is_written_again(make_lab) -> None:
    make_lab()
    folder = work.prepare_lab("first")
    (folder / "first.ipynb").unlink()
    work.prepare_lab("first")
    assert json.loads((folder / "first.ipynb").read_text())["nbformat"] == 4


def test_setup_that_fails_is_named_and_run_again_next_time(make_lab) -> None:
    text = (make_lab() / "lab.md").read_text()
    make_lab(text.replace("echo made by setup", "echo oops >&2; test -e allowed; echo x"))
    with pytest.raises(CourseError, match=r"lab\.md:13: the setup failed \(status 1\)") as caught:
        work.prepare_lab("first")
    assert caught.value.found == "oops"
    (paths.work() / "docker/first/allowed").touch()
    assert (work.prepare_lab("first") / "ready.txt").exists()


def test_workspace_that_was_deleted_is_made_again(make_lab) -> None:
    make_lab()
    folder = work.prepare_lab("first")
    folder.rename(folder.with_name("elsewhere"))
    assert (work.prepare_lab("first") / "ready.txt").exists()


def test_start_says_where_to_work_and_what_is_first(make_lab) -> None:
    make_lab()
    result = course("start", "first")
    assert result.exit_code == 0
    for words in (
        "First steps",
        "work/docker/first",
        "word: Write a word (1)",
        "Write the word `yes`",
    ):
        assert words in result.output
    assert "./course check docker/first" in result.output


def test_reset_keeps_every_kind_of_file_and_says_where(make_lab) -> None:
    make_lab(**{"starter/a.txt": "given"})
    folder = work.prepare_lab("first")
    (folder / "a.txt").write_text("mine")
    (folder / "binary").write_bytes(b"\x00\xff")
    (folder / "read-only").write_text("x")
    (folder / "read-only").chmod(0)
    (folder / "locked").mkdir(mode=0o500)
    (folder / "ready.txt").unlink()
    result = course("reset", "first")
    assert result.exit_code == 0
    (kept,) = folder.parent.glob("first.bak-*")
    assert str(kept) in result.output.replace("\n", "")
    assert (kept / "a.txt").read_text() == "mine"
    assert (kept / "binary").read_bytes() == b"\x00\xff"
    assert (kept / "read-only").exists()
    assert (kept / "locked").is_dir()
    assert (folder / "a.txt").read_text() == "given"
    assert (folder / "ready.txt").exists()


def test_two_resets_in_one_second_keep_both_copies(make_lab) -> None:
    make_lab()
    for text in ("one", "two"):
        (work.prepare_lab("first") / "mine").write_text(text)
        work.begin_again("first")
    kept = sorted((paths.work() / "docker").glob("first.bak-*"))
    assert sorted((each / "mine").read_text() for each in kept) == ["one", "two"]


def test_reset_of_a_lab_that_was_never_started_starts_it(make_lab) -> None:
    make_lab()
    assert work.begin_again("first") is None
    assert (paths.work() / "docker/first/ready.txt").exists()


def test_folder_that_cannot_be_moved_is_named(make_lab, monkeypatch) -> None:
    make_lab()
    work.prepare_lab("first")

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(CouldNotFindOut, match="cannot be moved"):
        work.begin_again("first")
    assert (paths.work() / "docker/first/ready.txt").exists()


def test_hints_come_one_by_one_and_the_last_stays(make_lab) -> None:
    make_lab()
    given = [work.take_next_hint("first", "word") for _ in range(3)]
    assert [hint.number for hint in given] == [1, 2, 2]
    assert {hint.of for hint in given} == {2}
    assert given[0].text == "Which command prints a word?"
    assert work.take_next_hint("first", "count").number == 1


def test_hint_begins_with_what_the_last_check_found(make_lab, workspace: Path) -> None:
    make_lab()
    (workspace / "word.txt").write_text("no")
    check_and_record("first")
    result = course("hint", "first", "word")
    assert "Your last check found: no Write yes, nothing else." in result.output
    assert "Hint 1 of 2: Which command prints a word?" in result.output


def test_hint_for_unknown_task_or_without_hints_is_refused(make_lab) -> None:
    text = (make_lab() / "lab.md").read_text()
    make_lab(text.partition("??? hint")[0] + "## Task: b { #b }\n``` bash { .solution }\na\n```\n")
    assert course("hint", "first", "nowhere").exit_code == 2
    result = course("hint", "first", "b")
    assert result.exit_code == 2
    assert "Read the page docker/first" in result.output


class Recording:
    """Stands in for engine, images and recorder of a lab that needs Docker."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.made: list[str] = []
        recorder = type("Recorder", (), {"__init__": self._recorder, "remove": self._remove})
        recorder.__enter__ = lambda itself: itself
        recorder.__exit__ = lambda *itself: None
        monkeypatch.setattr("checker.sandbox.recorder.Recorder", recorder)
        monkeypatch.setattr(stage, "ensure_engine", lambda lab: self.calls.append("images"))
        for name in ("start_recording", "stop_recording", "stop_recording_others"):
            monkeypatch.setattr(background_recorder, name, self._keeper(name))
        monkeypatch.setattr(created_resources, "list_entries", lambda lab_id: self.made)
        monkeypatch.setattr(created_resources, "remove_created_resources", self._removed)
        monkeypatch.setattr(
            created_resources,
            "describe_created_resources",
            lambda lab_id: [f"container {n}" for n in self.made],
        )

    def _keeper(self, name: str):
        return lambda *args: self.calls.append(f"keeper {name}")

    def _recorder(self, itself: object, name: str = "") -> None:
        self.calls.append("record")

    def _remove(self, *itself: object) -> list[str]:
        return []

    def _removed(self, lab_id: str) -> list[str]:
        self.calls.append("removed")
        self.made = []
        return []


@pytest.fixture
def docker_lab(make_lab, monkeypatch) -> Recording:
    text = (make_lab() / "lab.md").read_text()
    make_lab(text.replace("engine: none", "engine: docker"))
    recording = Recording(monkeypatch)
    return recording


def test_setup_is_recorded_and_then_the_learner(docker_lab: Recording) -> None:
    work.prepare_lab("first")
    order = [
        "images",
        "keeper stop_recording_others",
        "keeper stop_recording",
        "record",
        "keeper start_recording",
    ]
    assert docker_lab.calls == order


def test_setup_is_run_again_once_what_it_made_was_removed(docker_lab: Recording) -> None:
    docker_lab.made = ["box"]
    work.prepare_lab("first")
    work.prepare_lab("first")
    assert docker_lab.calls.count("record") == 1
    docker_lab.made = []
    work.prepare_lab("first")
    assert docker_lab.calls.count("record") == 2


def test_reset_lists_what_it_removes(docker_lab: Recording) -> None:
    work.prepare_lab("first")
    docker_lab.made = ["box"]
    result = course("reset", "first")
    assert result.exit_code == 0
    assert "container box" in result.output
    assert "removed" in docker_lab.calls


def test_reset_asks_on_a_terminal_and_a_no_changes_nothing(docker_lab, monkeypatch, capsys) -> None:
    work.prepare_lab("first")
    docker_lab.made = ["box"]
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr("click.confirm", lambda *args, **options: False)
    work.reset_lab("first")
    assert "Nothing was changed." in capsys.readouterr().out
    assert "removed" not in docker_lab.calls


def test_reset_stops_where_something_cannot_be_removed(docker_lab, monkeypatch) -> None:
    folder = work.prepare_lab("first")
    monkeypatch.setattr(
        created_resources, "remove_created_resources", lambda lab_id: ["container box: it is stuck"]
    )
    with pytest.raises(CourseError, match="Not all could be removed") as caught:
        work.begin_again("first")
    assert "it is stuck" in caught.value.found
    assert folder.exists()
