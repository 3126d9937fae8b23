"""A quiz as an accessible form, which page scripts grade by what formatter.py documents."""

from __future__ import annotations

import hashlib
from html import escape

import markdown

from checker.pages.parsing.blocks import Block
from checker.pages.parsing.quiz import QuizAnswer, QuizQuestion


def render_quiz(found: Block) -> str:
    """Return the HTML of a quiz block."""
    question = found.question
    assert question
    name = found.id or "quiz-" + hashlib.sha256(found.content.encode()).hexdigest()[:8]
    answers = "".join(
        render_answer(answer, question, name, number)
        for number, answer in enumerate(question.answers)
    )
    several = "several" if question.has_several_answers else "one"
    return (
        f'<form class="block block-quiz" id="{escape(name)}" data-block="quiz"'
        f' data-quiz="{several}"><fieldset><legend>{render_inline(question.text)}</legend>{answers}'
        '<button type="submit" class="md-button quiz-check" data-quiz-check>Check</button>'
        '<p class="quiz-status" data-quiz-status role="status"></p></fieldset></form>'
    )


def render_answer(answer: QuizAnswer, question: QuizQuestion, name: str, number: int) -> str:
    """Return the HTML of an answer; all answers of a quiz have its name."""
    kind = "checkbox" if question.has_several_answers else "radio"
    why = render_inline(answer.why)
    why = f'<p class="quiz-why" data-quiz-why hidden>{why}</p>' if why else ""
    return (
        f'<div class="quiz-answer" data-correct="{str(answer.correct).lower()}"><label>'
        f'<input type="{kind}" name="{escape(name)}" value="{number}"> {render_inline(answer.text)}'
        f"</label>{why}</div>"
    )


def render_inline(text: str) -> str:
    """Return Markdown within a line, such as code, emphasis and links, as HTML."""
    html = markdown.markdown(escape(text, quote=False).replace("&amp;", "&"))
    return html.removeprefix("<p>").removesuffix("</p>")
