"""The script `course` makes its Python environment: whole, once, and from whatever it finds."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from checker import bootstrap

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A course without a single requirement, whose command prints its arguments."""
    (tmp_path / "checker").mkdir()
    shutil.copy(ROOT / "course", tmp_path)
    shutil.copy(ROOT / "checker" / "bootstrap.py", tmp_path / "checker")
    (tmp_path / "checker" / "__init__.py").touch()
    (tmp_path / "checker" / "__main__.py").write_text("import sys; print(sys.argv[1:])\n")
    for name in ("requirements", "requirements-dev"):
        (tmp_path / f"{name}.txt").write_text(f"# {name}\n")
    return tmp_path


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes venv and pip do nothing but leave a Python that can be executed."""

    really = subprocess.run

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        if "venv" not in command and "pip" not in command:
            return really(command, **options)  # type: ignore[call-overload, no-any-return]
        if command[1:3] == ["-m", "venv"]:
            (Path(command[3]) / "bin").mkdir(parents=True)
            (Path(command[3]) / "bin" / "python").touch(mode=0o755)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap.subprocess, "run", run)


def course(checkout: Path, *words: str, path: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COURSE_PYTHON": sys.executable}
    if path:
        environment = {"PATH": path}
    command = [str(checkout / "course"), *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_first_call_prepares_and_the_next_one_does_not(checkout: Path) -> None:
    first, second = course(checkout, "status"), course(checkout, "status", "--json")
    assert (first.returncode, first.stdout) == (0, "['status']\n")
    assert "Prepared in" in first.stderr
    assert (second.stdout, second.stderr) == ("['status', '--json']\n", "")
    third = course(checkout, "test", "--fast")
    assert "Preparing the tests" in third.stderr
    assert (third.returncode, third.stdout) == (0, "['test', '--fast']\n")
    assert course(checkout, "test").stderr == ""


def test_folder_named_checker_where_the_learner_stands_is_not_run(
    checkout: Path, pretend: None, tmp_path: Path
) -> None:
    bootstrap.main([], checkout)
    (checkout / ".venv/bin/python").unlink()
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    (tmp_path / "own" / "checker").mkdir(parents=True)
    done = subprocess.run(
        [checkout / "course", "status"],
        cwd=tmp_path / "own",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "['status']\n"


def test_changed_requirements_are_installed_into_a_new_environment(
    checkout: Path, pretend: None
) -> None:
    bootstrap.main([], checkout)
    before = (checkout / ".venv").resolve()
    (checkout / "requirements.txt").write_text("# changed\n")
    bootstrap.main([], checkout)
    assert (checkout / ".venv").resolve() != before
    assert before.exists()
    (checkout / "requirements.txt").write_text("# changed again\n")
    bootstrap.main([], checkout)
    assert not before.exists()


def test_folder_of_an_older_version_gives_way(checkout: Path, pretend: None) -> None:
    (checkout / ".venv" / "bin").mkdir(parents=True)
    assert bootstrap.main([], checkout) == 0
    assert (checkout / ".venv").is_symlink()


def test_environment_whose_python_went_away_is_made_again(checkout: Path, pretend: None) -> None:
    bootstrap.main([], checkout)
    (checkout / ".venv" / "bin" / "python").unlink()
    bootstrap.main([], checkout)
    assert (checkout / ".venv" / "bin" / "python").exists()


def test_two_at_once_prepare_once(checkout: Path) -> None:
    environment = {**os.environ, "COURSE_PYTHON": sys.executable}
    both = [
        subprocess.Popen([checkout / "course"], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [each.communicate(timeout=120)[1] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sum("Prepared in" in each for each in said) == 1
    assert sum("waiting for it" in each for each in said) == 1


def test_killed_preparation_is_begun_again_when_its_children_have_ended(checkout: Path) -> None:
    environment = {**os.environ, "COURSE_PYTHON": sys.executable}
    process = subprocess.Popen(
        [sys.executable, "-I", checkout / "checker" / "bootstrap.py"], env=environment
    )
    deadline = time.monotonic() + 30
    while not list(checkout.glob(".venv-*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (checkout / ".venv").exists()
    again = course(checkout)
    assert again.returncode == 0, again.stderr


def test_machine_without_a_new_enough_python_is_told_what_to_install(
    checkout: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "dirname", "readlink", "cmp"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    (folder / "python3").write_text("#!/bin/sh\n[ $1 = --version ] && echo Python 3.9.2\nexit 1\n")
    (folder / "python3").chmod(0o755)
    refused = course(checkout, path=str(folder))
    assert refused.returncode == 3
    assert "Python 3.11 or newer is needed; found: Python 3.9.2" in refused.stderr
    assert "apt-get install python3" in refused.stderr


@pytest.fixture
def without_venv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Debian's Python without python3-venv, as root, at no terminal; programs are recorded."""
    calls: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    for name in ("apt-get", "sudo"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return calls


@pytest.mark.parametrize(("user", "prefix"), [(0, ["env"]), (1000, ["sudo", "-n", "env"])])
def test_missing_venv_is_installed_as_root_or_with_sudo(
    without_venv: list[list[str]], monkeypatch: pytest.MonkeyPatch, user: int, prefix: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(sys, "executable", str(Path("/usr/bin/python3").resolve()))
    bootstrap._need_venv(assume_yes=False)
    assert without_venv[0][: len(prefix)] == prefix
    assert without_venv[0][-2:] == ["apt-get", "update"]
    assert without_venv[1][-1] == "python3-venv"


def test_other_python_needs_its_own_package(
    without_venv: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/python")
    bootstrap._need_venv(assume_yes=True)
    assert without_venv[1][-1] == f"python3.{sys.version_info.minor}-venv"


@pytest.mark.parametrize("missing", ["apt-get", "sudo"])
def test_where_nothing_may_be_installed_the_command_is_said(
    without_venv: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    (tmp_path / missing).unlink()
    with pytest.raises(bootstrap.Failed, match="sudo apt-get update && sudo apt-get install"):
        bootstrap._need_venv(assume_yes=True)
    assert without_venv == []


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "agrees"), [("\n", True), ("y\n", True), ("n\n", False)])
def test_terminal_is_asked(
    without_venv: list[list[str]], monkeypatch: pytest.MonkeyPatch, answer: str, agrees: bool
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    if agrees:
        bootstrap._need_venv(assume_yes=False)
    else:
        with pytest.raises(bootstrap.Failed, match="next: type"):
            bootstrap._need_venv(assume_yes=False)
    assert bool(without_venv) is agrees


def test_failed_apt_is_quoted(
    without_venv: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 100, "", "E: no network\n")

    monkeypatch.setattr(bootstrap.subprocess, "run", fail)
    with pytest.raises(bootstrap.Failed, match="E: no network"):
        bootstrap._need_venv(assume_yes=True)


def test_main_prepares_what_its_arguments_need(
    checkout: Path, pretend: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main(["test"], checkout) == 0
    assert bootstrap.is_installed(checkout, "requirements")
    assert bootstrap.is_installed(checkout, "requirements-dev")
    assert bootstrap.main(["status"], checkout) == 0
    assert capsys.readouterr().err.count("Preparing the course") == 1


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (bootstrap.Failed("no network"), 3, "course: no network"),
        (OSError(28, "No space left on device"), 3, "No space left"),
        (KeyboardInterrupt(), 130, "run the same command again"),
    ],
)
def test_main_turns_trouble_into_words(
    checkout: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    words: str,
) -> None:
    def fail(root: Path, files: list[str], assume_yes: bool) -> None:
        raise error

    monkeypatch.setattr(bootstrap, "prepare", fail)
    assert bootstrap.main([], checkout) == status
    assert words in capsys.readouterr().err


def test_failed_installation_leaves_no_environment_and_the_next_one_completes(
    checkout: Path, pretend: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1)

    with monkeypatch.context() as broken:
        broken.setattr(bootstrap.subprocess, "run", fail)
        with pytest.raises(bootstrap.Failed, match="check the network"):
            bootstrap.prepare(checkout, ["requirements"], assume_yes=True)
    assert not (checkout / ".venv").exists()
    assert bootstrap.main([], checkout) == 0
    assert (checkout / ".venv").exists()


def test_waiting_for_another_command_is_said(
    checkout: Path, pretend: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with (checkout / ".venv.lock").open("w") as held:
        bootstrap._wait_for(held.fileno())
        second = threading.Thread(target=bootstrap.main, args=([], checkout))
        second.start()
        deadline = time.monotonic() + 10
        said = ""
        while "waiting for it" not in said:
            said += capsys.readouterr().err
            assert time.monotonic() < deadline
            time.sleep(0.01)
    second.join(10)
    assert bootstrap.is_installed(checkout, "requirements")
