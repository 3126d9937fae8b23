"""Blocks are run in one session and judged by output and status."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import pytest

from checker.pages.events import PageEvent, collect_edits, collect_results
from checker.pages.parsing.fences import parse_page
from checker.pages.reporting.results import BlockResult
from checker.pages.running.runner import Runner, generate_pauses


class Bench:
    """Runs all blocks of a text."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.edits: list[list[str]] = []
        self.events: list[PageEvent] = []

    def __call__(self, text: str, accept: bool = False) -> list[BlockResult]:
        page = parse_page(Path("p.md"), text)
        with Runner(self.workspace, os.environ, page.blocks, accept) as runner:
            self.events = [event for block in page.blocks for event in runner.run_block(block)]
        self.edits = [lines for _, _, lines in collect_edits(self.events)]
        return list(collect_results(self.events))

    def problem(self, text: str) -> str:
        """What is wrong with the last block; nothing if it passed."""
        failure = self(text)[-1].failure
        return failure.problem if failure else ""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def console(content: str, braces: str = "") -> str:
    return f"``` console {{ {braces} }}\n{content}\n```\n\n"


def test_a_block_that_is_as_the_page_says_passes(bench: Bench) -> None:
    result = bench(console("$ echo one\none\n$ true"))[0]
    assert (result.verdict, result.failure) == ("passed", None)


def test_output_that_differs_is_shown_beside_the_expected(bench: Bench) -> None:
    failure = bench(console("$ seq 3\n1\n[..]\n4"))[0].failure
    assert failure
    assert (failure.line, failure.command) == (2, "seq 3")
    assert (failure.problem, failure.status) == ("The output differs.", 0)
    assert failure.difference == ("  1", "  2", "- 4", "+ 3")
    assert (failure.expected, failure.found) == ("1\n[..]\n4", "1\n2\n3")


def test_a_silent_command_must_be_silent(bench: Bench) -> None:
    assert bench.problem(console("$ echo noise\n$ true")) == "The output differs."


def test_captures_are_used_in_later_blocks(bench: Bench) -> None:
    text = console("$ echo 0af1\n<id:hex>") + console("$ echo id <id>\nid <id>")
    assert [result.verdict for result in bench(text)] == ["passed", "passed"]


def test_a_failure_shows_captures_filled_in(bench: Bench) -> None:
    text = console("$ echo 0af1\n<id:hex>") + console("$ echo gone <id>\nhere <id>")
    failure = bench(text)[-1].failure
    assert failure
    assert failure.command == "echo gone 0af1"
    assert failure.difference == ("- here 0af1", "+ gone 0af1")


def test_a_failed_command_is_a_failure_even_with_the_right_output(bench: Bench) -> None:
    assert bench.problem(console("$ echo x; false\nx")) == "It ended with status 1 instead of 0."


def test_exit_is_for_the_last_command_alone(bench: Bench) -> None:
    assert (
        bench.problem(console("$ true\n$ exit_with() { return 4; }; exit_with", 'exit="4"')) == ""
    )
    wrong = console("$ sh -c 'exit 4'\n$ sh -c 'exit 4'", 'exit="4"')
    assert bench.problem(wrong) == "It ended with status 4 instead of 0."
    assert bench.problem(console("$ true", 'exit="4"')) == "It ended with status 0 instead of 4."


def test_a_command_that_takes_too_long_says_so_with_what_it_printed(bench: Bench) -> None:
    failure = bench(console("$ echo begun; sleep 4718\nbegun", 'timeout="300ms"'))[0].failure
    assert failure
    assert (failure.problem, failure.status) == ("It did not end within 0.3 s.", None)
    assert failure.found == "begun"


def test_after_a_killed_shell_the_next_block_has_a_new_one(bench: Bench) -> None:
    text = console("$ sleep 4719", 'timeout="200ms"') + console("$ echo on\non")
    assert [result.verdict for result in bench(text)] == ["failed", "passed"]


def test_a_command_that_ends_the_shell_is_a_failure(bench: Bench) -> None:
    assert bench.problem(console("$ exit 0")) == "It ended the page's shell."


def test_a_command_killed_by_a_signal_says_which(bench: Bench) -> None:
    text = console("$ sh -c 'kill -9 $$'\n...")
    assert bench.problem(text) == "It ended with status 137 instead of 0."


def test_endless_output_is_a_failure(bench: Bench) -> None:
    assert bench.problem(console("$ yes | head -c 2000000\n...")) == "It printed more than 1 MB."


def test_until_tries_the_whole_block_again(bench: Bench) -> None:
    text = console("$ echo x >> tries\n$ grep -c x tries\n3", 'until="10s"')
    result = bench(text)[0]
    assert result.verdict == "passed"
    assert (bench.workspace / "tries").read_text() == "x\nx\nx\n"


def test_untilgenerate_pauses_ever_longer_up_to_a_second() -> None:
    assert list(itertools.islice(generate_pauses(), 7)) == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0]


def test_until_ends_and_says_for_how_long_it_was_tried(bench: Bench) -> None:
    started = time.monotonic()
    problem = bench.problem(console("$ echo a\nb", 'until="500ms"'))
    assert problem == "The output differs. Tried for 0.5 s."
    assert time.monotonic() - started < 5


def test_a_failed_try_captures_nothing(bench: Bench) -> None:
    text = console("$ echo x >> t; grep -c x t\n<n:int>\n$ test $(grep -c x t) = 2", 'until="9s"')
    assert bench(text + console("$ echo <n>\n2"))[-1].verdict == "passed"


def test_a_tty_block_is_talked_to(bench: Bench) -> None:
    shell = "$ PS1='in# ' bash --noprofile --norc -i\n"
    text = console(f"{shell}in# echo hi\nhi\nin# exit", 'tty="in# "')
    assert bench.problem(text) == ""
    assert bench.problem(text.replace("\nhi\n", "\nho\n")) == "The output differs."


def test_the_word_of_a_shell_that_is_left_may_be_shown_or_not(bench: Bench) -> None:
    text = "$ PS1='in# ' bash --noprofile --norc -i\nin# exit\nexit"
    assert bench.problem(console(text, 'tty="in# "')) == ""
    assert bench.problem(console(text + "\nmore", 'tty="in# "')) == "The output differs."


def test_a_failed_reply_names_its_own_line(bench: Bench) -> None:
    text = "$ PS1='in# ' bash --noprofile --norc -i\nin# echo a\nb\nin# exit"
    failure = bench(console(text, 'tty="in# "'))[0].failure
    assert failure
    assert (failure.line, failure.command) == (3, "echo a")


def test_a_dialog_that_ends_early_is_a_failure(bench: Bench) -> None:
    text = console("$ echo no prompt\nno prompt\nin# exit", 'tty="in# "')
    assert bench.problem(text) == "It ended before 'exit' was typed."


def test_a_file_is_written_as_it_stands(bench: Bench) -> None:
    text = '``` sh { title="bin/run.sh" mode="755" }\necho "<b>"\n\necho 2\n```\n\n'
    results = bench(text + console("$ bin/run.sh\n<b>\n2"))
    assert [result.kind for result in results] == ["file", "console"]
    assert results[-1].verdict == "passed"
    assert (bench.workspace / "bin/run.sh").read_text() == 'echo "<b>"\n\necho 2\n'


def test_a_file_that_its_users_would_refuse_fails(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "checker.pages.running.validate.build_command",
        lambda file, page, engine: f"cat {file.title} && false",
    )
    text = '``` text { title="a.txt" }\nwrong\n```\n\n' + console("$ cat a.txt\nwrong")
    failure = bench(text)[0].failure
    assert failure
    assert (failure.problem, failure.found) == ("It ended with status 1 instead of 0.", "wrong")


def test_python_is_one_interpreter_beside_the_shell(bench: Bench) -> None:
    text = "``` python\n>>> x = 41\n>>> x + 1\n42\n```\n\n``` python\ny = x\n```\n\n"
    text += "``` python\n>>> y\n<n:int>\n```\n\n" + console("$ echo <n>\n41")
    assert [result.verdict for result in bench(text)] == ["passed"] * 4


def test_a_python_program_must_print_nothing(bench: Bench) -> None:
    assert bench.problem("``` python\nprint(1)\n```\n") == "The output differs."
    assert "status 1" in bench.problem("``` python\n1 / 0\n```\n")


def test_a_python_error_passes_only_where_it_is_shown(bench: Bench) -> None:
    shown = "Traceback (most recent call last):\n...\nZeroDivisionError: [..]"
    assert bench.problem(f"``` python\n>>> 1 / 0\n{shown}\n```\n") == ""
    assert "status 1 instead of 0" in bench.problem("``` python\n>>> 1 / 0\n...\n```\n")
    assert "status 0 instead of 1" in bench.problem(f"``` python\n>>> 1\n{shown}\n```\n")


def test_accepting_takes_the_output_but_never_the_status(bench: Bench) -> None:
    assert bench(console("$ echo new\nold"), accept=True)[0].verdict == "passed"
    assert bench.edits == [["new"]]
    assert bench(console("$ echo new; false\nold"), accept=True)[0].verdict == "failed"
    assert bench.edits == []


def test_accepting_waits_until_a_retried_block_had_its_time(bench: Bench) -> None:
    text = console("$ echo x >> t; wc -l < t\n3", 'until="9s"')
    assert bench(text, accept=True)[0].verdict == "passed"
    assert bench.edits == []
    never = console("$ echo new\nold", 'until="300ms"')
    assert bench(never, accept=True)[0].verdict == "passed"
    assert bench.edits == [["new"]]


COUNTING = "$ docker() { echo x >> t; grep -c x t; }\n"


def test_a_list_gets_a_moment_to_be_right(bench: Bench) -> None:
    assert bench.problem(console(COUNTING + "$ docker container ls -a\n3")) == ""
    assert (bench.workspace / "t").read_text() == "x\nx\nx\n"


def test_a_list_that_stays_wrong_differs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checker.pages.running.runner.SETTLE_SECONDS", 0.3)
    assert bench.problem(console(COUNTING + "$ docker ps | cat\nnever")) == "The output differs."


@pytest.mark.parametrize("command", ["docker start x", "docker ps; docker rm x", "docker psql"])
def test_what_may_change_something_is_never_run_twice(bench: Bench, command: str) -> None:
    assert bench.problem(console(f"{COUNTING}$ {command}\n3")) == "The output differs."
    assert (bench.workspace / "t").read_text().count("x") <= 2


def test_accepting_takes_a_list_once_it_had_its_moment(bench: Bench) -> None:
    text = COUNTING + "$ docker ps\n3"
    assert bench(console(text), accept=True)[0].verdict == "passed"
    assert bench.edits == []
    text = "$ docker() { echo new; }\n$ docker ps\nold"
    assert bench(console(text), accept=True)[0].verdict == "passed"
    assert bench.edits == [["new"]]


def test_what_was_accepted_is_captured_for_later(bench: Bench) -> None:
    text = console("$ printf 'more\\n0af1\\n'\n<id:hex>") + console("$ echo <id>\n<id>")
    assert [result.verdict for result in bench(text, accept=True)] == ["passed", "passed"]
    assert bench.edits == [["more", "<id:hex>"]]


def test_a_hidden_command_must_succeed(bench: Bench) -> None:
    with Runner(bench.workspace, os.environ, ()) as runner:
        assert runner.run_command("echo noise", 3, 5) is None
        failure = runner.run_command("echo why; false", 3, 5)
        killed = runner.run_command("kill -9 $$", 4, 5)
    assert failure
    assert killed
    assert (failure.line, failure.status, failure.found) == (3, 1, "why")
    assert killed.problem == "It was ended by signal 9."
