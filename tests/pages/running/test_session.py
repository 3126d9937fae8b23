"""One shell for a page: what commands leave behind is there for the next; nothing outlives it."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from checker.base.errors import CouldNotFindOut
from checker.pages.running.session import MOST_OUTPUT, Session


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Session]:
    with Session(tmp_path, os.environ) as session:
        yield session


@pytest.fixture
def python(tmp_path: Path) -> Iterator[Session]:
    with Session(tmp_path, os.environ, python=True) as session:
        yield session


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_folder_variables_functions_and_options_stay(shell: Session, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    for command in ("cd inside", "x=1; export y=2", "f() { echo f; }", "set -o pipefail"):
        assert shell.run(command, 5).status == 0
    outcome = shell.run("pwd; echo $x; bash -c 'echo $y'; f; false | true || echo failed", 5)
    assert outcome.output == f"{tmp_path}/inside\n1\n2\nf\nfailed\n"


def test_errors_and_output_come_in_their_order(shell: Session) -> None:
    outcome = shell.run("echo 1; echo 2 >&2; sh -c 'echo 3; echo 4 >&2'; echo 5", 5)
    assert outcome.output == "1\n2\n3\n4\n5\n"


def test_the_status_is_the_commands_and_the_next_command_can_see_it(shell: Session) -> None:
    assert shell.run("sh -c 'exit 7'", 5).status == 7
    assert shell.run("echo $?", 5).output == "7\n"


def test_a_syntax_error_is_a_failed_command_and_no_more(shell: Session) -> None:
    assert shell.run("if", 5).status != 0
    assert shell.run("echo on", 5).output == "on\n"


def test_a_command_of_many_lines(shell: Session) -> None:
    command = "cat <<END | tr a-z A-Z\nhello\nworld\nEND\nfor i in 1 2\ndo echo $i\ndone"
    assert shell.run(command, 5).output == "HELLO\nWORLD\n1\n2\n"


def test_standard_input_is_empty(shell: Session) -> None:
    assert shell.run("cat; read x || echo nothing", 5).output == "nothing\n"


def test_all_that_was_written_is_there(shell: Session) -> None:
    assert len(shell.run("seq 1 100000", 10).output.split()) == 100000


def test_text_that_is_not_utf8_is_replaced(shell: Session) -> None:
    assert shell.run(r"printf '\xff\xc3\xa9'", 5).output == "\ufffdé"


def test_output_without_end_is_cut_but_read(shell: Session) -> None:
    outcome = shell.run("head -c 3000000 /dev/zero | tr '\\0' x; echo end", 10)
    assert (outcome.cut, outcome.status, len(outcome.output)) == (True, 0, MOST_OUTPUT)


def test_after_its_time_a_command_is_killed_with_its_children(shell: Session) -> None:
    started = time.monotonic()
    outcome = shell.run("echo begun; setsid sleep 4711 & sleep 4712", 0.4)
    assert (outcome.output, outcome.status) == ("begun\n", None)
    assert time.monotonic() - started < 3
    assert eventually(lambda: not running("4711") and not running("4712"))
    assert shell.is_over


def running(argument: str) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.info["cmdline"] == ["sleep", argument]
    ]


def test_exit_ends_the_session_with_that_status(shell: Session) -> None:
    outcome = shell.run("echo bye; exit 3", 5)
    assert (outcome.output, outcome.status, outcome.ended) == ("bye\n", 3, True)
    assert shell.run("echo more", 5).ended


def test_a_shell_replaced_by_a_program_without_end_is_killed(shell: Session) -> None:
    outcome = shell.run("exec sleep 4713", 0.4)
    assert (outcome.status, outcome.ended) == (None, True)
    assert not running("4713")


def test_closing_ends_what_runs_in_the_background(tmp_path: Path) -> None:
    with Session(tmp_path, os.environ) as session:
        assert session.run("sleep 4714 &", 5).status == 0
        assert eventually(lambda: bool(running("4714")))
    assert eventually(lambda: not running("4714"))
    session.close()


def test_a_background_job_keeps_nobody_waiting(shell: Session) -> None:
    assert shell.run("sleep 4715 & echo started", 5).seconds < 2


def test_a_session_that_cannot_be_started_says_so(tmp_path: Path) -> None:
    with pytest.raises(CouldNotFindOut, match="could not be started"):
        Session(tmp_path / "gone", os.environ)


def test_a_session_leaves_no_open_files(tmp_path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with Session(tmp_path, os.environ) as session:
            session.run("true", 5)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_hundred_commands_cost_little(shell: Session) -> None:
    started = time.monotonic()
    for _ in range(100):
        shell.run(":", 5)
    assert time.monotonic() - started < 1


def test_python_shows_values_at_a_prompt_only(python: Session) -> None:
    assert python.run(">1 + 1", 5).output == "2\n"
    assert python.run(" 1 + 1", 5).output == ""


def test_python_remembers_names_and_the_folder(python: Session, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("price = 3\n")
    assert python.run(">import shop, os", 5).status == 0
    assert python.run(">print(shop.price, os.getcwd(), __name__)", 5).output == (
        f"3 {tmp_path} __main__\n"
    )


def test_python_shows_a_traceback_without_our_own_lines(python: Session) -> None:
    outcome = python.run(">1 / 0", 5)
    assert outcome.status == 1
    assert outcome.output.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<page>", line 1, in <module>',
        "ZeroDivisionError: division by zero",
    ]


def test_python_that_exits_ends_its_session(python: Session) -> None:
    outcome = python.run(">raise SystemExit(4)", 5)
    assert (outcome.status, outcome.ended) == (4, True)


def test_python_children_write_in_order(python: Session) -> None:
    statement = " import subprocess\nprint(1)\nsubprocess.run(['echo', '2'])\nprint(3)"
    assert python.run(statement, 5).output == "1\n2\n3\n"


def test_nothing_of_the_learners_bash_files_is_read(tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("echo learner\n")
    with Session(tmp_path, {**os.environ, "HOME": str(tmp_path)}) as session:
        assert session.run("echo only", 5).output == "only\n"


def test_the_script_can_be_read_by_bash() -> None:
    from checker.pages.running.session import SHELL

    script = SHELL.format(commands=7, answers=8)
    subprocess.run(["bash", "-n", "-c", script], check=True, timeout=10)
