"""A quiz block: a question, its answers, and for each answer why it is right or wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from checker.formats.markdown import Fence

ANSWER = re.compile(r"- \[(?P<mark>.)\]\s+(?P<rest>.*)")


@dataclass(frozen=True)
class QuizAnswer:
    """An answer; `why` is shown once it was chosen."""

    text: str
    correct: bool
    why: str


@dataclass(frozen=True)
class QuizQuestion:
    """A question; where several answers are right, all of them must be chosen."""

    text: str
    answers: tuple[QuizAnswer, ...]

    @property
    def has_several_answers(self) -> bool:
        return sum(answer.correct for answer in self.answers) > 1


def parse_quiz(fence: Fence) -> QuizQuestion:
    """Read a quiz: text, then lines `- [x] answer : why` and `- [ ] answer : why`.

    Raises:
        CourseError: It has no question, fewer than two answers, no right or no wrong one, a wrong
            one without its why, or lines that are none of these.
    """
    text: list[str] = []
    answers: list[QuizAnswer] = []
    for number, line in enumerate(fence.content.split("\n"), 1):
        if match := ANSWER.fullmatch(line):
            answers.append(parse_answer(fence, match, number))
        elif answers and line.strip():
            raise fence.make_error(
                "this is not an answer.", line=number, expected="- [ ] answer : why"
            )
        elif line.strip():
            text.append(line)
    validate_quiz(fence, text, answers)
    return QuizQuestion("\n".join(text), tuple(answers))


def parse_answer(fence: Fence, match: re.Match[str], number: int) -> QuizAnswer:
    """Read an answer; NUMBER is its line in the block."""
    if match["mark"] not in "xX ":
        raise fence.make_error(
            "this answer is neither right nor wrong.", line=number, expected="[x] or [ ]"
        )
    text, _, why = f" {match['rest']} ".partition(" : ")
    correct = match["mark"] in "xX"
    if not text.strip():
        raise fence.make_error("this answer is empty.", line=number)
    if not correct and not why.strip():
        raise fence.make_error(
            "a wrong answer must say why it is wrong.", line=number, expected="- [ ] answer : why"
        )
    return QuizAnswer(text.strip(), correct, why.strip())


def validate_quiz(fence: Fence, text: list[str], answers: list[QuizAnswer]) -> None:
    """Refuse a quiz that lacks a question, a right answer or a wrong one."""
    if not text:
        raise fence.make_error("this quiz asks nothing.", expected="a question before the answers")
    if len(answers) < 2:
        raise fence.make_error(
            "a quiz needs two answers at least.", expected="lines - [ ] and - [x]"
        )
    if not any(answer.correct for answer in answers):
        raise fence.make_error("this quiz has no right answer.", expected="a line - [x]")
    if all(answer.correct for answer in answers):
        raise fence.make_error("this quiz has no wrong answer.", expected="a line - [ ]")
