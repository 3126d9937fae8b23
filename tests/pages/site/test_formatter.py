"""Blocks as the site shows them, made by Markdown with the site's own extensions."""

from __future__ import annotations

from xml.etree import ElementTree

import markdown
import pytest

from checker.pages.site import formatter

FENCES = [
    {
        "name": "*",
        "class": "block",
        "validator": formatter.validate,
        "format": formatter.format_block,
    }
]


def html(text: str) -> str:
    extensions = ["attr_list", "pymdownx.details", "pymdownx.superfences"]
    config = {"pymdownx.superfences": {"custom_fences": FENCES}}
    return markdown.markdown(text, extensions=extensions, extension_configs=config)


def element(text: str) -> ElementTree.Element:
    """The one element that a block becomes; attributes without value get one, as XML wants."""
    made = html(text)
    for name in ("hidden", "data-block-copy", "data-block-run", "data-content"):
        made = made.replace(f" {name}>", f' {name}="">')
    for name in ("data-block-status", "data-quiz-why", "data-quiz-check", "data-quiz-status"):
        made = made.replace(f" {name}", f' {name}=""')
    made = made.replace('data-block-copy hidden=""', 'data-block-copy="" hidden=""')
    return ElementTree.fromstring(made)


def inside(parent: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [each for each in parent.iter() if name in each.get("class", "").split()]


def text_of(parent: ElementTree.Element) -> str:
    return "".join(parent.itertext())


def test_commands_and_outputs_are_apart() -> None:
    block = element("``` console { #run }\n$ docker ps \\\n>   -a\nNAMES\nweb\n$ true\n```")
    assert (block.get("id"), block.get("data-block")) == ("run", "console")
    assert [each.get("data-command") for each in inside(block, "block-command")] == [
        "docker ps \\\n  -a",
        "true",
    ]
    assert [text_of(each) for each in inside(block, "block-output")] == ["NAMES\nweb"]
    pre = block.find(".//pre")
    assert pre is not None
    assert text_of(pre) == "$ docker ps \\\n>   -a\nNAMES\nweb\n$ true"


def test_prompts_are_not_read_out() -> None:
    block = element("``` console\n$ true\n```")
    assert [(each.text, each.get("aria-hidden")) for each in inside(block, "block-prompt")] == [
        ("$ ", "true")
    ]


def test_a_block_has_a_place_for_each_button_and_its_status() -> None:
    block = element("``` console\n$ true\n```")
    assert [each.get("class") for each in inside(block, "block-bar")[0]] == [
        "block-run",
        "block-copy",
        "block-status",
    ]


def test_attributes_are_handed_to_scripts() -> None:
    made = html('``` console { timeout="2m" until="30s" exit="3" tty="# " }\n$ sh\n# exit\n```')
    for part in ('data-timeout="120"', 'data-until="30"', 'data-exit="3"', 'data-tty="# "'):
        assert part in made


def test_wildcards_and_captures_are_told_from_text() -> None:
    made = html("``` console\n$ a\n<web:hex> [..] <none>\n...\n```")
    assert "<var>&lt;web&gt;</var>" in made
    assert '<span class="block-any" title="any text">…</span> &lt;none&gt;' in made
    assert '<span class="block-any" title="any lines">...</span>' in made


def test_replies_show_their_prompt() -> None:
    block = element('``` console { tty="root@[..]:/# " }\n$ sh\nroot@[..]:/# ls\nbin\n```')
    reply = inside(block, "block-reply")[0]
    assert (reply.get("data-command"), text_of(reply)) == ("ls", "root@…:/# ls")


def test_a_file_shows_its_name() -> None:
    block = element('``` yaml { title="compose.yaml" }\nservices: {}\n```')
    assert block.get("aria-label") == "File compose.yaml"
    assert text_of(inside(block, "block-title")[0]) == "compose.yaml"
    assert "services: {}" in text_of(block)


def test_an_illustration_shows_its_reason() -> None:
    block = element('``` text { .illustration reason="it needs a cloud" }\n<b>\n```')
    assert text_of(inside(block, "block-reason")[0]) == "Not run here: it needs a cloud"
    assert "<b>" in text_of(block)


def test_python_with_and_without_prompts() -> None:
    block = element("``` python\n>>> if 1:\n...     2\n...\n2\n```")
    assert [each.get("data-command") for each in inside(block, "block-command")] == [
        "if 1:\n    2\n"
    ]
    assert inside(element("``` python\nx = 1\n```"), "block-prompt") == []


@pytest.mark.parametrize(
    "text", ["``` bash\nls\n```", "```\nls\n```", "``` console\nls\n```", "``` quiz\nx\n```"]
)
def test_what_is_no_block_of_a_page_is_plain_code(text: str) -> None:
    block = element(text)
    assert block.get("data-block") == "code"
    assert "ls" in text_of(block) or "x" in text_of(block)


@pytest.mark.parametrize(
    "text",
    [
        '``` console { tty="<i>\'" }\n$ echo "<b>&amp;"\n<script>\n```',
        '``` text { title="<b>&" }\n</code><script>\n```',
        '``` text { .illustration reason="<b>" }\n<script>\n```',
        "``` quiz\n<script>\n- [x] <b>a</b>\n- [ ] <i> : <u>\n```",
    ],
)
def test_nothing_that_a_page_shows_becomes_markup(text: str) -> None:
    made = html(text)
    for tag in ("<script", "<b>", "<i>", "<u>"):
        assert tag not in made


QUIZ = "``` quiz { #q }\nWhat does `ls` *do*?\n- [x] It lists. : Yes.\n- [ ] Nothing. : No.\n```"


def test_a_quiz_is_a_form_with_radio_buttons() -> None:
    form = element_of_quiz(QUIZ)
    assert (form.tag, form.get("id"), form.get("data-quiz")) == ("form", "q", "one")
    legend = form.find(".//legend")
    assert legend is not None
    assert text_of(legend) == "What does ls do?"
    assert [each.get("data-correct") for each in inside(form, "quiz-answer")] == ["true", "false"]
    assert all("hidden" in each.attrib for each in inside(form, "quiz-why"))
    assert 'type="radio" name="q" value="1"' in html(QUIZ)


def test_a_quiz_with_several_right_answers_has_checkboxes() -> None:
    made = html("``` quiz\nWhich?\n- [x] a\n- [x] b\n- [ ] c : no\n```")
    assert made.count('type="checkbox"') == 3
    assert 'data-quiz="several"' in made


def element_of_quiz(text: str) -> ElementTree.Element:
    made = html(text).replace("data-quiz-why hidden", 'data-quiz-why="" hidden=""')
    made = made.replace(" data-quiz-check>", ">").replace(" data-quiz-status ", " ")
    return ElementTree.fromstring(
        made.replace('value="0">', 'value="0"/>').replace('value="1">', 'value="1"/>')
    )
