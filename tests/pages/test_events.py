"""A page tells what happens, in its order, and readers make results, progress and edits of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.base.verdict import Verdict
from checker.pages.events import (
    BlockEnded,
    BlockStarted,
    PageEvent,
    StatementCompared,
    StatementOutput,
    collect_edits,
    collect_results,
    report_progress,
)
from checker.pages.parsing.fences import parse_page
from checker.pages.running.runner import Runner, run_page

SHELL = "PS1='in# ' bash --noprofile --norc -i"


def run_text(folder: Path, text: str, accept: bool = False) -> list[PageEvent]:
    page = parse_page(Path("p.md"), text)
    with Runner(folder, os.environ, page.blocks, accept) as runner:
        return list(run_page(page, runner))


def name_events(events: list[PageEvent]) -> str:
    """Name events by one letter each: started, output, compared or wrong, ended."""
    letters = {BlockStarted: "s", StatementOutput: "o", BlockEnded: "e"}
    return "".join(
        ("w" if event.failure else "c")
        if isinstance(event, StatementCompared)
        else letters[type(event)]
        for event in events
    )


def console(content: str, braces: str = "") -> str:
    return f"``` console {{ {braces} }}\n{content}\n```\n\n"


def test_a_passing_block_tells_each_statement_and_what_it_captured(tmp_path: Path) -> None:
    text = console("$ echo 0af1\n<id:hex>\n$ echo id <id>; echo\nid <id>", "#two")
    events = run_text(tmp_path, text)
    assert name_events(events) == "sococe"
    started, first, captured, second, compared, ended = events
    assert started == BlockStarted("two", 1, "console")
    assert isinstance(first, StatementOutput)
    assert (first.statement.line, first.lines, first.status) == (2, ("0af1",), 0)
    assert isinstance(captured, StatementCompared)
    assert captured.captured == {"id": "0af1"}
    assert isinstance(second, StatementOutput)
    assert (second.command, second.lines) == ("echo id 0af1; echo", ("id 0af1",))
    assert isinstance(compared, StatementCompared)
    assert (compared.captured, compared.failure, compared.accepted) == ({}, None, None)
    assert isinstance(ended, BlockEnded)
    assert (ended.result.id, ended.result.verdict) == ("two", Verdict.PASSED)


def test_a_failing_block_ends_at_its_first_failure(tmp_path: Path) -> None:
    events = run_text(tmp_path, console("$ echo a\na\n$ echo b\nc\n$ echo d\nd"))
    assert name_events(events) == "socowe"
    wrong, ended = events[-2:]
    assert isinstance(wrong, StatementCompared)
    assert isinstance(ended, BlockEnded)
    assert wrong.failure is not None
    assert wrong.failure == ended.result.failure
    assert (wrong.failure.problem, wrong.failure.found) == ("The output differs.", "b")


def test_a_command_that_did_not_end_has_no_status(tmp_path: Path) -> None:
    events = run_text(tmp_path, console("$ echo begun; sleep 4720\nbegun", 'timeout="300ms"'))
    assert name_events(events) == "sowe"
    assert isinstance(events[1], StatementOutput)
    assert (events[1].lines, events[1].status) == (("begun",), None)


def test_each_try_of_an_until_block_has_its_events(tmp_path: Path) -> None:
    text = console("$ echo x >> t; grep -c x t\n<n:int>\n$ test $(grep -c x t) = 2", 'until="9s"')
    events = run_text(tmp_path, text)
    assert name_events(events) == "socowococe"
    assert isinstance(events[6], StatementCompared)
    assert events[6].captured == {"n": "2"}


def test_a_list_that_settles_is_compared_again(tmp_path: Path) -> None:
    counting = "$ docker() { echo x >> t; grep -c x t; }\n"
    assert name_events(run_text(tmp_path, console(counting + "$ docker ps\n2"))) == "socowoce"


def test_each_reply_of_a_dialog_has_its_own_events(tmp_path: Path) -> None:
    text = console(f"$ {SHELL}\nin# echo hi\nhi\nin# exit", 'tty="in# "')
    events = run_text(tmp_path, text)
    assert name_events(events) == "socococe"
    outputs = [event for event in events if isinstance(event, StatementOutput)]
    assert [event.command for event in outputs] == [SHELL, "echo hi", "exit"]
    assert [event.lines for event in outputs] == [(), ("hi",), ()]
    assert [event.statement.line for event in outputs] == [2, 3, 5]


def test_a_dialog_that_stops_is_wrong_where_it_stopped(tmp_path: Path) -> None:
    text = console(f"$ {SHELL}\nin# exit\nin# echo more\nmore", 'tty="in# "')
    events = run_text(tmp_path, text)
    assert name_events(events) == "soowe"
    assert isinstance(events[3], StatementCompared)
    assert events[3].failure
    assert (events[3].failure.line, events[3].failure.command) == (3, "exit")


def test_python_statements_are_told_without_their_mark(tmp_path: Path) -> None:
    events = run_text(tmp_path, "``` python\n>>> x = 41\n>>> x + 1\n42\n```\n")
    assert name_events(events) == "sococe"
    outputs = [event for event in events if isinstance(event, StatementOutput)]
    assert [(event.command, event.lines) for event in outputs] == [
        ("x = 41", ()),
        ("x + 1", ("42",)),
    ]


def test_a_file_is_a_block_without_statements(tmp_path: Path) -> None:
    text = '``` text { title="a.txt" }\nx\n```\n\n' + console("$ cat a.txt\nx")
    assert name_events(run_text(tmp_path, text)) == "sesoce"


def test_accepted_lines_are_told_and_make_the_edits(tmp_path: Path) -> None:
    text = console("$ echo same\nsame\n$ printf 'more\\n0af1\\n'\n<id:hex>\n$ echo <id>\n<id>")
    events = run_text(tmp_path, text, accept=True)
    assert name_events(events) == "socococe"
    accepted = [event for event in events if isinstance(event, StatementCompared)]
    assert [event.accepted for event in accepted] == [None, ("more", "<id:hex>"), None]
    assert accepted[1].captured == {"id": "0af1"}
    [(block, statement, lines)] = collect_edits(events)
    assert (block.line, statement.line, lines) == (1, 4, ["more", "<id:hex>"])


def test_without_accept_nothing_is_accepted(tmp_path: Path) -> None:
    assert collect_edits(run_text(tmp_path, console("$ echo new\nold"))) == []


PAGE = """---
title: A page
setup: x=1
cleanup: ["true", "true"]
---

``` console { #a }
$ echo $x
2
```

``` text { .illustration reason="a cloud" }
x
```

``` console { #b }
$ true
```
"""


def test_a_page_is_setup_blocks_up_to_a_failure_and_cleanup(tmp_path: Path) -> None:
    events = run_text(tmp_path, PAGE)
    assert name_events(events) == "sesowesesese"
    assert [
        (each.id, each.line, each.verdict, each.reason) for each in collect_results(events)
    ] == [
        ("setup", 3, Verdict.PASSED, ""),
        ("a", 7, Verdict.FAILED, ""),
        ("", 12, Verdict.NOT_RUN, "a cloud"),
        ("b", 16, Verdict.NOT_RUN, "an earlier block failed"),
        ("cleanup", 4, Verdict.PASSED, ""),
    ]


def test_progress_is_told_before_a_block_is_run_and_not_of_hidden_ones(tmp_path: Path) -> None:
    told: list[str] = []
    page = parse_page(Path("p.md"), PAGE)
    with Runner(tmp_path, os.environ, page.blocks) as runner:
        events = report_progress(run_page(page, runner), told.append)
        first = next(event for event in events if isinstance(event, StatementOutput))
        assert (first.command, told) == ("echo $x", ["line 7 a"])
        list(events)
    assert told == ["line 7 a", "line 12", "line 16 b"]


def test_a_failure_tells_nothing_while_the_engine_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from checker.docker.connection import EngineStatus

    gone = EngineStatus("docker", False, "", "")
    monkeypatch.setattr("checker.docker.connection.engine_status", lambda: gone)
    page = parse_page(Path("p.md"), console("$ false") + console("$ true"))
    with Runner(tmp_path, os.environ, page.blocks, engine="docker") as runner:
        results = collect_results(run_page(page, runner))
    assert [each.verdict for each in results] == [Verdict.COULD_NOT_CHECK, Verdict.NOT_RUN]
