"""The command line passes arguments on, and turns errors into texts and exit statuses."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from checker.base.errors import CouldNotFindOut, CourseError
from checker.cli.main import main


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors that tests provoke are not kept among those of the one who runs them."""
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[tuple, dict]]]:
    """Puts a function in the place of the one that a command calls; returns its calls."""

    def replace(module: str, name: str, answer: object = 0) -> list[tuple[tuple, dict]]:
        calls: list[tuple[tuple, dict]] = []

        def called(*args: object, **options: object) -> object:
            calls.append((args, options))
            if isinstance(answer, BaseException):
                raise answer
            return answer

        fake = types.ModuleType(module)
        setattr(fake, name, called)
        monkeypatch.setitem(sys.modules, module, fake)
        return calls

    return replace


def course(*words: str) -> Result:
    return CliRunner().invoke(main, words)


COMMANDS = [
    (
        "up --port 9 --yes",
        "server.app.serve_course",
        (),
        {"port": 9, "open_browser": True, "assume_yes": True},
    ),
    ("down --purge", "server.app.stop_course", (), {"purge": True}),
    ("status --json", "machine.show_status", (), {"as_json": True}),
    ("doctor", "machine.doctor", (), {}),
    ("start docker/a", "labs.work.start_lab", ("docker/a",), {}),
    ("reset docker/a --yes", "labs.work.reset_lab", ("docker/a",), {"assume_yes": True}),
    ("hint docker/a t", "labs.work.show_hint", ("docker/a", "t"), {}),
    ("watch", "labs.watch.watch_lab", (None,), {}),
    (
        "check docker/a t --json",
        "labs.check_command.run_check",
        ("docker/a", "t", None),
        {"as_json": True},
    ),
    (
        "verify p.md --accept --lanes 3 --record r.json",
        "devtools.verify.verify_targets",
        (["p.md"],),
        {
            "accept": True,
            "changed": False,
            "junit": None,
            "as_json": False,
            "lanes": 3,
            "record": Path("r.json"),
        },
    ),
    ("lint labs", "devtools.verify.lint_targets", (["labs"],), {}),
    ("images", "images.report.show_images", (), {"as_json": False}),
    ("images pull a b", "images.provider.pull_images", (["a", "b"],), {}),
    ("images build", "images.provider.build_images", ([],), {}),
    ("images export kit.tar", "images.kit.export_kit", (Path("kit.tar"),), {}),
    ("new lab docker/a", "devtools.new_lab.new_lab", ("docker/a",), {}),
    ("new page docker/a", "devtools.new_page.new_page", ("docker/a",), {}),
    ("test --fast", "devtools.testing.run_steps", (), {"fast": True}),
]


@pytest.mark.parametrize(("line", "target", "args", "options"), COMMANDS)
def test_command_passes_its_arguments_on(
    stand_in, line: str, target: str, args: tuple, options: dict
) -> None:
    module, _, name = f"checker.{target}".rpartition(".")
    calls = stand_in(module, name)
    assert course(*line.split()).exit_code == 0
    assert calls == [(args, options)]


def test_grade_and_import_take_paths_that_exist(stand_in, tmp_path: Path) -> None:
    graded = stand_in("checker.grading.grade", "grade_submissions", 1)
    loaded = stand_in("checker.images.kit", "import_kit")
    assert course("grade", str(tmp_path), "--lab", "docker/a").exit_code == 1
    assert graded == [(([tmp_path],), {"lab": "docker/a", "report": None})]
    (tmp_path / "kit").touch()
    assert course("images", "import", str(tmp_path / "kit")).exit_code == 0
    assert loaded == [((tmp_path / "kit",), {})]
    assert course("grade", "nowhere").exit_code == 2


@pytest.mark.parametrize("status", [0, 1, 2, 3])
def test_exit_status_is_what_the_command_found(stand_in, status: int) -> None:
    stand_in("checker.labs.check_command", "run_check", status)
    assert course("check", "docker/a").exit_code == status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (CourseError("Bad lab.", next_step="Do this."), 2),
        (CouldNotFindOut("Engine away.", next_step="Do this."), 3),
    ],
)
def test_error_becomes_text_and_status_without_a_traceback(stand_in, error, status: int) -> None:
    stand_in("checker.labs.check_command", "run_check", error)
    result = course("check", "docker/a")
    assert result.exit_code == status
    assert error.message in result.output
    assert "next: Do this." in result.output
    assert "Traceback" not in result.output


def test_ctrl_c_is_said_and_ends_with_130(stand_in) -> None:
    stand_in("checker.labs.check_command", "run_check", KeyboardInterrupt())
    result = course("check", "docker/a")
    assert result.exit_code == 130
    assert "stopped" in result.output


def test_sigterm_lets_a_command_clean_up_and_ends_it_with_143(monkeypatch) -> None:
    cleaned = []

    def be_killed(*_: object, **__: object) -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            cleaned.append(True)
        return 0

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("checker.labs.check_command.run_check", be_killed)
    result = course("check", "docker/a")
    assert (result.exit_code, cleaned) == (143, [True])
    assert "stopped" in result.output
    assert signal.getsignal(signal.SIGTERM) == before


def test_unforeseen_error_is_kept_in_a_file_and_not_shown(stand_in, tmp_path: Path) -> None:
    stand_in("checker.labs.check_command", "run_check", ZeroDivisionError("by zero"))
    result = course("check", "docker/a")
    assert result.exit_code == 3
    assert "ZeroDivisionError: by zero" in result.output
    assert "Traceback" not in result.output
    assert "Traceback" in (tmp_path / "unexpected-error.txt").read_text()


def test_full_disk_is_called_a_full_disk(stand_in) -> None:
    stand_in(
        "checker.labs.check_command", "run_check", OSError(errno.ENOSPC, "No space left on device")
    )
    result = course("check", "docker/a")
    assert result.exit_code == 3
    assert "The disk is full." in result.output


def test_output_that_nobody_reads_ends_it_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "checker", "lint", "docs/index.md"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_pipe_that_breaks_elsewhere_is_an_unforeseen_error(stand_in) -> None:
    stand_in("checker.labs.check_command", "run_check", BrokenPipeError("the engine's"))
    result = course("check", "docker/a")
    assert result.exit_code == 3
    assert "BrokenPipeError: the engine's" in result.output


def test_bad_use_ends_with_2_and_shows_the_usage() -> None:
    result = course("check")
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_every_command_has_a_help_text() -> None:
    listed = re.findall(r"^  (\w+)  +(\S.*)$", course("--help").output, re.M)
    commands = {name for name, _ in listed} - {"h"}
    assert commands >= set(main.commands)


def test_shell_completes_lab_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    for name in ("docker/first", "docker/second"):
        (tmp_path / "labs" / name).mkdir(parents=True)
        (tmp_path / "labs" / name / "lab.md").touch()
    asked = {
        "_COURSE_COMPLETE": "bash_complete",
        "COMP_WORDS": "course check fir",
        "COMP_CWORD": "2",
    }
    result = CliRunner().invoke(main, [], prog_name="course", env=asked)
    assert result.output.split() == ["plain,docker/first"]
