"""Every rule of labs has a lab that breaks it, and is told where."""

from __future__ import annotations

import pytest

from checker.labs.lab import load_lab
from checker.labs.lint import lint_lab, list_secrets
from tests.lab_fakes import CHECKS, LAB, RIGHT, WRONG


def found(name: str = "docker/first") -> list[str]:
    return [f"{each.path.name}:{each.line}: {each.message}" for each in lint_lab(name)]


def test_good_lab_keeps_all_rules(make_lab) -> None:
    make_lab()
    assert found() == []


HINT = "??? hint\n    `wc` counts.\n"
LINE_OF = {text: LAB[: LAB.index(text)].count("\n") + 1 for text in ("## Task: count", HINT)}


@pytest.mark.parametrize(
    ("lab", "said"),
    [
        (
            LAB.replace("docker/first\n", "docker/none\n"),
            "lab.md:1: there is no chapter docs/docker",
        ),
        (LAB.replace("[]", "[docker/none]"), "lab.md:1: it requires an unknown lab 'docker/none'"),
        (LAB.replace("minutes: 5", "minutes: 0"), "lab.md:1: minutes must be above 0"),
        (LAB.replace("[files]", "[]"), "lab.md:1: teaches is empty"),
        (LAB.replace("Two files are missing here.", ""), "lab.md:1: nothing is said before"),
        (LAB.replace(HINT, ""), "task 'count' has 1 hints; 2 are the least"),
        (
            LAB.replace("Write the number of its letters into `count.txt`.", ""),
            "'count' says nothing",
        ),
        (
            LAB.replace("echo made by setup", "echo 'made"),
            "lab.md:13: bash: line 1: unexpected EOF",
        ),
        (LAB.replace("tr -d", "tr '-d'\" "), "bash: line 1: unexpected EOF"),
        (
            LAB.replace("Write the word `yes` into", "Type echo yes > word.txt # the secret way,"),
            "lab.md:18: gives a solution away: echo yes > word.txt # the secret way",
        ),
        (LAB.replace("engine: none", "engine: vm"), "lab.md:1: unknown engine 'vm'"),
    ],
)
def test_broken_lab_md_is_told(make_lab, lab: str, said: str) -> None:
    make_lab(lab)
    assert len(found()) == 1
    assert said in found()[0]


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        (CHECKS.replace('    """count.txt is a number."""\n', ""), "has no docstring"),
        (CHECKS + "    assert workspace\n", "assert tells a learner nothing"),
        (CHECKS.replace('@task("word")', '@task("wrod")'), "unknown task 'wrod'"),
        (CHECKS + "def test_more(): pass\n", "test_more belongs to no task"),
        (CHECKS + "nowhere\n", "NameError"),
        ("", "no check covers task 'word'"),
    ],
)
def test_broken_checks_are_told(make_lab, checks: str, said: str) -> None:
    make_lab(checks=checks)
    assert any(said in line for line in found())


def test_missing_checks_are_told(make_lab) -> None:
    (make_lab() / "checks.py").unlink()
    assert "is not there" in found()[0]


def test_wrong_answers_that_are_too_few_or_miss_a_task_are_told(make_lab) -> None:
    make_lab(wrong={"no.sh": WRONG["no.sh"]})
    assert found() == [
        f"lab.md:{LINE_OF['## Task: count']}: task 'count' has no wrong answer in wrong/",
        "wrong:1: 1 wrong answers; 3 are the least",
    ]


def test_task_without_another_right_answer_is_told(make_lab) -> None:
    make_lab(right={"a.sh": "# passes: word\necho yes > word.txt\n"})
    assert found() == [
        f"lab.md:{LINE_OF['## Task: count']}: task 'count' has no other right answer in right/"
    ]


def test_right_answers_of_other_kinds_and_broken_ones_are_told(make_lab) -> None:
    make_lab(right={**RIGHT, "x.py": "", "z.sh": "# passes: word\nif\n"})
    told = found()
    assert "x.py:1: right answers are scripts named *.sh" in told
    assert any("syntax error" in each for each in told)


def test_wrong_answers_of_other_kinds_and_broken_ones_are_told(make_lab) -> None:
    make_lab(wrong={**WRONG, "x.py": "", "z.sh": "# fails: word\n# says: x\nif\n"})
    said = found()
    assert "x.py:1: wrong answers are scripts named *.sh" in said
    assert any(line.startswith("z.sh:1: bash: line 4: syntax error") for line in said)


def test_wrong_answer_that_states_nothing_is_told(make_lab) -> None:
    make_lab(wrong={"a.sh": "true\n"})
    assert "no line '# fails: ...'" in found()[0]


def test_solution_in_a_starter_file_is_told(make_lab) -> None:
    make_lab(**{"starter/a.sh": "echo yes > word.txt # the secret way\n"})
    assert found() == ["a.sh:1: gives a solution away: echo yes > word.txt # the secret way"]


def test_lines_that_starter_files_hold_are_no_secrets_of_solved_files(make_lab) -> None:
    make_lab(**{"starter/a": "the same line\n", "solution/a": "the same line\nanother line\n"})
    assert "another line" in list_secrets(load_lab("first"))
    assert "the same line" not in list_secrets(load_lab("first"))
