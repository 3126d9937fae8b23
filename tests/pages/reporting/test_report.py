"""A failure tells a person everything: place, command, difference, status, what to try."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from checker.base.verdict import Verdict
from checker.pages.reporting import report
from checker.pages.reporting.results import BlockResult, Failure, PageResult

DIFFERS = Failure(7, "seq 2\nmore", "The output differs.", 0, "1\n3", "1\n2", ("  1", "- 3", "+ 2"))


def printed(*blocks: BlockResult, trouble: str = "", accepted: int = 0) -> str:
    console = Console(file=io.StringIO(), highlight=False, soft_wrap=True)
    report.show_page(PageResult(Path("p.md"), blocks, 1.25, accepted, trouble), console)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def failed(failure: Failure) -> BlockResult:
    return BlockResult("a", 6, "console", Verdict.FAILED, 1.0, failure)


def test_a_difference_is_shown_whole() -> None:
    assert printed(failed(DIFFERS)) == (
        "failed          p.md  1 blocks, 1.2 s\n"
        "  p.md:7 (a): The output differs.\n"
        "    $ seq 2\n"
        "    > more\n"
        "    - expected, + found\n"
        "      1\n"
        "    - 3\n"
        "    + 2\n"
        "    exit status 0\n"
        "    try: if the page is wrong: ./course verify p.md --accept\n"
    )


def test_what_was_not_run_is_counted_but_illustrations_are_not() -> None:
    blocks = (
        BlockResult("a", 1, "console", Verdict.PASSED),
        BlockResult("b", 4, "illustration", Verdict.NOT_RUN, reason="r"),
        BlockResult("c", 8, "console", Verdict.NOT_RUN, reason="an earlier block failed"),
    )
    assert printed(*blocks) == "passed          p.md  1 blocks, 1.2 s, 1 not run\n"


def test_accepted_outputs_are_counted() -> None:
    assert "2 outputs accepted" in printed(accepted=2)


def test_trouble_is_told() -> None:
    assert printed(trouble="No engine.").endswith("No engine.\n")


def test_output_is_never_read_as_markup() -> None:
    failure = Failure(7, "echo '[red]'", "The output differs.", 0, "", "[/x]", ("+ [/x] [bold]",))
    assert "+ [/x] [bold]" in printed(failed(failure))


def test_a_long_difference_is_cut_in_its_middle() -> None:
    lines = tuple(f"+ {number}" for number in range(200))
    text = printed(failed(Failure(7, "seq", "The output differs.", 0, difference=lines)))
    assert "+ 0\n" in text
    assert "+ 199\n" in text
    assert "(140 more lines)" in text
    assert "+ 100\n" not in text


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure(1, "x", "It ended with status 4 instead of 0.", 4), 'exit="4"'),
        (Failure(1, "x", "It did not end within 60 s."), "timeout="),
        (Failure(1, "x", "The prompt did not appear in time, to type 'ls'."), "timeout="),
        (Failure(1, "x", "It ended the page's shell.", 0), "by hand"),
        (Failure(1, "x", "The output differs.", 0), "--accept"),
        (
            Failure(
                1,
                "x",
                "It ended with status 1 instead of 0.",
                1,
                found="Cannot connect to the Docker daemon at x",
            ),
            "./course doctor",
        ),
    ],
)
def test_advice(failure: Failure, words: str) -> None:
    assert words in report.suggest_next_step(Path("p.md"), failure)


def test_a_hidden_command_shows_what_it_printed() -> None:
    failure = Failure(3, "make", "It ended with status 2 instead of 0.", 2, found="no rule")
    assert "    + no rule\n" in printed(failed(failure))
