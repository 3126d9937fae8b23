"""Commands and what must stand below them; wrong blocks are in the corpus of malformed pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.formats.markdown import Attributes, Fence
from checker.pages.parsing import transcript
from checker.pages.parsing.transcript import Statement, compile_prompt


def fence(content: str, language: str = "console", **values: str) -> Fence:
    return Fence(Path("p.md"), 10, 99, "", language, Attributes("", (), values), content)


def console(content: str, **values: str) -> tuple[Statement, ...]:
    return transcript.parse_console(fence(content, **values))


def python(content: str) -> tuple[Statement, ...]:
    return transcript.parse_python(fence(content, "python"))


def texts(statements: tuple[Statement, ...]) -> list[tuple[str, list[str]]]:
    return [(each.text, list(each.expected)) for each in statements]


def test_a_command_ends_where_its_output_begins() -> None:
    assert texts(console("$ a\n$ b\n1\n2\n$ c")) == [("a", []), ("b", ["1", "2"]), ("c", [])]


def test_continuation_lines_belong_to_the_command() -> None:
    found = console("$ cat <<END\n> one\n>\n>   two\n> END\none")
    assert texts(found) == [("cat <<END\none\n\n  two\nEND", ["one"])]
    assert (found[0].line, found[0].first) == (11, 5)


def test_after_the_output_has_begun_an_angle_is_output() -> None:
    assert texts(console("$ a\nx\n> y")) == [("a", ["x", "> y"])]


def test_a_dollar_in_output_is_output() -> None:
    assert texts(console("$ a\n$5\n$x")) == [("a", ["$5", "$x"])]


def test_replies_stand_under_their_command() -> None:
    content = "$ docker run -it x\nwelcome\nroot@[..]:/# ls\nbin\nroot@ab:/# exit\n$ b"
    first, second = console(content, tty="root@[..]:/# ")
    assert texts((first, second)) == [("docker run -it x", ["welcome"]), ("b", [])]
    assert texts(first.replies) == [("ls", ["bin"]), ("exit", [])]
    assert [reply.line for reply in first.replies] == [13, 15]


def test_an_inner_prompt_before_any_command_is_refused() -> None:
    from checker.base.errors import CourseError

    with pytest.raises(CourseError, match="must begin with a command"):
        console("# ls", tty="# ")


@pytest.mark.parametrize(
    ("prompt", "line", "fits"),
    [
        ("root@[..]:/# ", "root@4f:/# ", True),
        ("root@[..]:/# ", "root@4f:/etc# ", False),
        ("/ # ", "/ # ", True),
        ("/ # ", "/ #", True),
        ("> ", "x> ", False),
    ],
)
def test_prompts(prompt: str, line: str, fits: bool) -> None:
    assert bool(compile_prompt(prompt).fullmatch(line)) is fits


@pytest.mark.parametrize(
    ("expected", "asserts"),
    [
        ((), True),
        (("",), True),
        (("...",), False),
        (("[..]",), False),
        (("[..]", "..."), False),
        (("[..] x",), True),
        (("<a:hex>",), True),
        (("...", "end"), True),
    ],
)
def test_what_could_be_wrong_asserts(expected: tuple[str, ...], asserts: bool) -> None:
    assert Statement("a", 1, 1, expected).asserts_output() is asserts


def test_python_statements_and_their_output() -> None:
    content = ">>> x = 1\n>>> x\n1\n>>> for i in range(2):\n...     print(i)\n...\n0\n1"
    assert texts(python(content)) == [
        ("x = 1", []),
        ("x", ["1"]),
        ("for i in range(2):\n    print(i)\n", ["0", "1"]),
    ]


def test_python_dots_after_a_finished_statement_stand_for_any_output() -> None:
    assert texts(python(">>> f()\n...\nend")) == [("f()", ["...", "end"])]
    assert texts(python(">>> f(\n...   1)\n... not code")) == [("f(\n  1)", ["... not code"])]


def test_python_that_can_never_be_finished_is_not_continued() -> None:
    from checker.base.errors import CourseError

    with pytest.raises(CourseError, match=r"p\.md:11: this is not Python"):
        python(">>> )\n... more")


def test_python_without_prompts_is_one_statement_that_prints_nothing() -> None:
    assert texts(python("x = 1\n\ny = 2")) == [("x = 1\n\ny = 2", [])]


def test_python_warnings_are_not_ours() -> None:
    assert texts(python(">>> '\\d' is ''\nFalse")) == [("'\\d' is ''", ["False"])]
