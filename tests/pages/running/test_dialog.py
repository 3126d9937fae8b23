"""A command under a terminal is talked to at its prompt, in the page's own shell."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.pages.parsing.transcript import compile_prompt
from checker.pages.running.dialog import DialogResult, run_dialog
from checker.pages.running.session import Session

SHELL = "PS1='in# ' bash --noprofile --norc -i"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Session]:
    with Session(tmp_path, {**os.environ, "HISTFILE": ""}) as session:
        yield session


def talk(shell: Session, command: str, *replies: str, seconds: float = 20) -> DialogResult:
    return run_dialog(shell, command, compile_prompt("in# "), replies, seconds)


def test_each_reply_has_its_own_output(shell: Session) -> None:
    found = talk(shell, SHELL, "echo one", "x=2; echo $x", "false", "exit 3")
    assert found.outputs == ("", "one", "2", "", "exit\n")
    assert (found.status, found.trouble) == (3, "")


def test_what_stands_before_the_first_prompt_is_the_commands(shell: Session) -> None:
    found = talk(shell, f"echo welcome; {SHELL}", "exit")
    assert found.outputs == ("welcome", "exit\n")


def test_folder_and_variables_are_those_of_the_page(shell: Session, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    shell.run("cd inside; export word=kept", 5)
    assert talk(shell, SHELL, "echo $word $PWD", "exit").outputs[1] == f"kept {tmp_path}/inside"
    assert shell.run("pwd", 5).output == f"{tmp_path}/inside\n"


def test_a_session_can_talk_again_and_again(shell: Session) -> None:
    for _ in range(3):
        assert talk(shell, SHELL, "tty", "exit").outputs[1].startswith("/dev/pts/")
    assert shell.run("tty", 5).output == "not a tty\n"


def test_a_command_without_a_prompt_just_ends(shell: Session) -> None:
    found = talk(shell, "test -t 0 && test -t 1 && test -t 2 && printf 'a\\033[1mb\\n'")
    assert (found.outputs, found.status, found.trouble) == (("ab\n",), 0, "")


def test_a_prompt_that_waits_after_the_last_reply_is_trouble(shell: Session) -> None:
    found = talk(shell, SHELL, "echo one")
    assert "let the block end with 'exit'" in found.trouble
    assert found.status is None
    assert shell.is_over


def test_an_end_before_all_was_typed_is_trouble(shell: Session) -> None:
    found = talk(shell, SHELL, "exit", "echo more")
    assert found.trouble == "It ended before 'echo more' was typed."


def test_a_prompt_that_never_comes_is_trouble(shell: Session) -> None:
    found = talk(shell, "echo other; sleep 4716", "echo more", seconds=0.5)
    assert found.trouble == "The prompt did not appear in time, to type 'echo more'."
    assert found.outputs[0] == "other\n"


def test_a_command_that_does_not_end_is_trouble(shell: Session) -> None:
    assert talk(shell, "sleep 4717", seconds=0.3).trouble == "It did not end in time."


def test_a_session_that_is_over_is_trouble(shell: Session) -> None:
    shell.run("exit", 5)
    assert talk(shell, "true").trouble == "The page's shell has ended before."
