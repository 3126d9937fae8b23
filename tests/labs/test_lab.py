"""lab.md is read as its author meant it, or refused with file and line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.labs.lab import load_lab, read_lab

HEAD = """---
title: T
engine: docker
minutes: 5
chapter: docker/c
teaches: [a]
---
# T

"""
TASK = '## Task: do it { #do points="2" }\nText.\n\n``` bash { .solution }\ntrue\n```\n'


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "lab.md"
    path.write_text(text)
    with pytest.raises(CourseError) as caught:
        read_lab(path, "docker/x")
    return str(caught.value).replace(f"{path}:", "")


def test_all_parts_of_a_lab_are_found(make_lab) -> None:
    folder = make_lab()
    lab = load_lab("first")
    assert (lab.id, lab.title, lab.engine, lab.minutes) == (
        "docker/first",
        "First steps",
        "none",
        5,
    )
    assert (lab.chapter, lab.teaches, lab.requires) == ("docker/first", ("files",), ())
    assert lab.prose == "Two files are missing here."
    assert [code.text for code in lab.setup] == ["echo made by setup > ready.txt"]
    assert [task.id for task in lab.tasks] == ["word", "count"]
    assert lab.max_points == 3
    assert lab.source == folder / "lab.md"


def test_task_has_text_hints_and_solution_apart_from_each_other(make_lab) -> None:
    make_lab()
    task = load_lab("first").find_task("word")
    assert task.title == "Write a word"
    assert task.text == "Write the word `yes` into `word.txt`."
    assert task.hints == (
        "Which command prints a word?",
        "`echo` does; `>` brings it into a file.",
    )
    assert [code.text for code in task.solution] == ["echo yes > word.txt # the secret way"]
    lines = load_lab("first").source.read_text().split("\n")
    assert lines[task.line - 1].startswith("## Task: write a word")
    assert lines[task.solution[0].line - 1] == "``` bash { .solution }"


def test_fences_that_are_no_solution_stay_in_the_text(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(HEAD + TASK + "\n``` yaml\na: 1\n```\n\nAfter.\n")
    assert read_lab(path, "docker/x").tasks[0].text.endswith("``` yaml\na: 1\n```\n\nAfter.")


def test_hint_may_hold_a_fence(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(
        HEAD + TASK + "\n??? hint\n    See:\n\n    ``` console\n    $ ls\n    ```\n\nEnd.\n"
    )
    task = read_lab(path, "docker/x").tasks[0]
    assert task.hints == ("See:\n\n``` console\n$ ls\n```",)
    assert task.text.endswith("End.")
    assert len(task.solution) == 1


def test_heading_inside_a_fence_opens_no_task(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(HEAD + TASK + "\n``` text\n## Task: no { #no }\n```\n")
    assert len(read_lab(path, "docker/x").tasks) == 1


def test_points_are_one_unless_said_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_text(HEAD + TASK.replace(' points="2"', ""))
    assert read_lab(path, "docker/x").tasks[0].points == 1


def test_unknown_task_is_answered_with_those_there_are(make_lab) -> None:
    make_lab()
    with pytest.raises(CourseError, match=r"no task 'wrod'") as caught:
        load_lab("first").find_task("wrod")
    assert "word, count" in caught.value.next_step


def test_unknown_lab_is_refused(make_lab) -> None:
    make_lab()
    with pytest.raises(CourseError, match="no lab 'frist'"):
        load_lab("frist")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n", "1: lab.md must begin with front matter"),
        ("---\ntitle: [\n---\n", "2: the front matter is not YAML"),
        ("---\n- a\n---\n", "1: the front matter must be names with values"),
        (HEAD.replace("minutes: 5\n", "") + TASK, "1: the front matter lacks 'minutes'"),
        (HEAD.replace("title", "color: red\ntitle") + TASK, "1: unknown 'color'"),
        (HEAD.replace("minutes: 5", "minutes: long") + TASK, "1: 'minutes' has the wrong type"),
        (HEAD.replace("engine: docker", "engine: vm") + TASK, "1: unknown engine 'vm'"),
        (HEAD.replace("title", "kernel: ruby\ntitle") + TASK, "1: unknown kernel 'ruby'"),
        (HEAD, "1: the lab has no task"),
        (HEAD + "``` bash\necho\n", "10: this block is never closed"),
        (HEAD + "## Task: do it\n", "10: a task needs an id"),
        (HEAD + '## Task: do it { #Do points="1" }\n', "10: a task needs an id"),
        (HEAD + "## Task: do it { do }\n", "10: the braces are not understood"),
        (HEAD + TASK + TASK, "16: task 'do' is already on line 10"),
        (HEAD + TASK.replace('"2"', '"0"'), "10: points='0' must be a whole number above 0"),
        (HEAD + TASK.replace(" { .solution }", ""), "10: task 'do' has no .solution fence"),
        (
            HEAD + "``` bash { .solution }\na\n```\n" + TASK,
            "10: a .solution fence must be inside",
        ),
        (HEAD + TASK + "``` bash { .setup }\na\n```\n", "16: a .setup fence must come before"),
        (HEAD + "``` sh { .setup }\na\n```\n" + TASK, "10: this fence must be bash, not sh"),
        (HEAD + TASK.replace("``` bash", "``` python"), "13: this fence must be bash, not python"),
        (HEAD + "??? hint\n    a\n" + TASK, "10: a hint must be inside a task"),
        (HEAD + TASK + "??? hint\nnot indented\n", "16: the hint is empty"),
    ],
)
def test_malformed_lab_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    assert refused(tmp_path, text).startswith(said)


def test_solutions_of_a_python_lab_are_python(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    head = HEAD.replace("title: T", "title: T\nkernel: python")
    path.write_text(
        head + "``` bash { .setup }\ntrue\n```\n" + TASK.replace("``` bash", "``` python")
    )
    assert read_lab(path, "docker/x").kernel == "python"
    assert re.match(r"\d+: this fence must be python", refused(tmp_path, head + TASK))


def test_unreadable_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lab.md"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CourseError, match="cannot be read"):
        read_lab(path, "docker/x")
