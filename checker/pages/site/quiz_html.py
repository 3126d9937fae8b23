"""A quiz as an accessible form, which page scripts judge by what formatter.py documents."""

from __future__ import annotations

import hashlib
from html import escape

import markdown

from checker.pages.parsing.blocks import Block
from checker.pages.parsing.quiz import Answer, Question


def render(found: Block) -> str:
    """The HTML of a quiz block."""
    question = found.question
    assert question
    name = found.id or "quiz-" + hashlib.sha256(found.content.encode()).hexdigest()[:8]
    answers = "".join(
        _answer(answer, question, name, number) for number, answer in enumerate(question.answers)
    )
    several = "several" if question.several else "one"
    return (
        f'<form class="block block-quiz" id="{escape(name)}" data-block="quiz"'
        f' data-quiz="{several}"><fieldset><legend>{inline(question.text)}</legend>{answers}'
        '<button type="submit" class="md-button quiz-check" data-quiz-check>Check</button>'
        '<p class="quiz-status" data-quiz-status role="status"></p></fieldset></form>'
    )


def _answer(answer: Answer, question: Question, name: str, number: int) -> str:
    kind = "checkbox" if question.several else "radio"
    why = f'<p class="quiz-why" data-quiz-why hidden>{inline(answer.why)}</p>' if answer.why else ""
    return (
        f'<div class="quiz-answer" data-correct="{str(answer.correct).lower()}"><label>'
        f'<input type="{kind}" name="{escape(name)}" value="{number}"> {inline(answer.text)}'
        f"</label>{why}</div>"
    )


def inline(text: str) -> str:
    """Markdown within a line: code, emphasis, links."""
    html = markdown.markdown(escape(text, quote=False).replace("&amp;", "&"))
    return html.removeprefix("<p>").removesuffix("</p>")
