"""Renders blocks for the site: one SuperFences custom fence named '*' that knows all kinds.

In mkdocs.yml, under pymdownx.superfences, custom_fences:

    - name: "*"
      class: block
      validator: !!python/name:checker.pages.site.formatter.validate
      format: !!python/name:checker.pages.site.formatter.format_block

The HTML, which page scripts and style sheets rely on (KIND is console, python, file, illustration
or code; SECONDS are numbers; attributes in brackets are there only where the block has them):

    <div class="block block-KIND" id="ID" role="group" aria-label="..." data-block="KIND"
         [data-timeout="SECONDS"] [data-until="SECONDS"] [data-exit="N"] [data-tty="PROMPT"]>
      <div class="block-bar">
        [<span class="block-title">compose.yaml</span>]          the name of a file
        [<span class="block-reason">Not run here: ...</span>]    why an illustration is one
        <span class="block-run" data-block-run></span>           empty: a Run button goes here
        <button type="button" class="block-copy" data-block-copy hidden>Copy</button>
        <span class="block-status" data-block-status role="status"></span>
      </div>
      <div class="highlight"><pre tabindex="0">...</pre></div>
    </div>

Inside <pre>, a console or python block is a sequence of
    <code class="block-command" data-command="TEXT WITHOUT PROMPTS">
      <span class="block-prompt" aria-hidden="true">$ </span>...highlighted...</code>
    <samp class="block-output">...</samp>
and inner prompts of a tty block are commands with class "block-reply" as well. In an output,
<span class="block-any"> stands for a wildcard and <var> for a captured name. All other kinds hold
one <code data-content>. Copy takes every [data-command] that is no .block-reply, joined by line
ends, or else the text of [data-content]. The button is hidden until a script shows it.

    <form class="block block-quiz" id="ID" data-block="quiz" data-quiz="one|several">
      <fieldset>
        <legend>...</legend>
        <div class="quiz-answer" data-correct="true|false">
          <label><input type="radio|checkbox" name="..." value="N"> ...</label>
          <p class="quiz-why" data-quiz-why hidden>...</p>       not there where nothing is said
        </div>
        <button type="submit" class="md-button quiz-check" data-quiz-check>Check</button>
        <p class="quiz-status" data-quiz-status role="status"></p>
      </fieldset>
    </form>

A malformed block is rendered as plain code; `lint` and `verify` are where it is refused.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.formats.markdown import Attributes, Fence
from checker.pages.parsing.blocks import Block, block
from checker.pages.parsing.transcript import Statement, prompt_pattern
from checker.pages.site import quiz_html
from checker.pages.site.highlight import highlighted, output_html

LABELS = {
    "console": "Commands and their output",
    "python": "Python and its output",
    "illustration": "Illustration",
    "code": "Code",
}


def validate(
    language: str, inputs: dict[str, str], options: dict[str, Any], attrs: dict[str, str], md: Any
) -> bool:
    """Take every attribute of a fence as it is (a SuperFences validator)."""
    options.update(inputs)
    return True


def format_block(
    source: str,
    language: str | None,
    class_name: str,
    options: dict[str, Any],
    md: Any,
    *,
    classes: list[str],
    id_value: str,
    attrs: dict[str, str],
    **_: Any,
) -> str:
    """The HTML of a fence (a SuperFences formatter; its documentation names the arguments)."""
    given = Attributes(
        id_value, tuple(classes), {key: str(value) for key, value in options.items()}
    )
    fence = Fence(Path("page"), 0, 0, "", language or "", given, source)
    return render(fence)


def render(fence: Fence) -> str:
    """The HTML of a fence, as described at the top of this module."""
    try:
        found = block(fence)
    except CourseError:
        return _wrapped(Block(fence, "code"), _content(fence))
    if found.question:
        return quiz_html.render(found)
    return _wrapped(found, _transcript(found) if found.statements else _content(fence))


def _wrapped(found: Block, inner: str) -> str:
    return (
        f'<div class="block block-{found.kind}"{_id(found)} role="group"'
        f' aria-label="{escape(_label(found))}" data-block="{found.kind}"{_data(found)}>'
        f'<div class="block-bar">{_caption(found)}'
        '<span class="block-run" data-block-run></span>'
        '<button type="button" class="block-copy" data-block-copy hidden>Copy</button>'
        '<span class="block-status" data-block-status role="status"></span></div>'
        f'<div class="highlight"><pre tabindex="0">{inner}</pre></div></div>'
    )


def _id(found: Block) -> str:
    return f' id="{escape(found.id)}"' if found.id else ""


def _label(found: Block) -> str:
    return f"File {found.title}" if found.kind == "file" else LABELS[found.kind]


def _data(found: Block) -> str:
    given = found.attributes
    values = {
        "timeout": f"{found.seconds:g}" if "timeout" in given else "",
        "until": f"{found.until:g}" if found.until else "",
        "exit": str(found.exit) if found.exit else "",
        "tty": given.get("tty", ""),
    }
    return "".join(f' data-{name}="{escape(value)}"' for name, value in values.items() if value)


def _caption(found: Block) -> str:
    caption = f'<span class="block-title">{escape(found.title)}</span>' if found.title else ""
    if found.kind == "illustration":
        reason = escape(found.attributes["reason"])
        caption += f'<span class="block-reason">Not run here: {reason}</span>'
    return caption


def _content(fence: Fence) -> str:
    title = fence.attributes.get("title", "")
    return f"<code data-content>{highlighted(fence.content, fence.language, title)}</code>"


def _transcript(found: Block) -> str:
    prompts = (">>> ", "... ") if found.kind == "python" else ("$ ", "> ")
    prompted = found.kind == "console" or found.content.startswith(">>>")
    lines = found.content.split("\n")
    parts: list[str] = []
    for statement in found.statements:
        parts.append(_command(statement, prompts if prompted else ("", ""), found.kind))
        parts += [output_html(statement.expected)] if statement.expected else []
        for reply in statement.replies:
            parts.append(_reply(reply, lines, found.attributes["tty"]))
            parts += [output_html(reply.expected)] if reply.expected else []
    return "\n".join(parts)


def _command(statement: Statement, prompts: tuple[str, str], kind: str) -> str:
    language = "python" if kind == "python" else "bash"
    lines = highlighted(statement.text, language).split("\n")
    shown = "\n".join(
        _prompt(prompts[0] if number == 0 else prompts[1]) + line
        for number, line in enumerate(lines)
    )
    return f'<code class="block-command" data-command="{_attribute(statement.text)}">{shown}</code>'


def _reply(reply: Statement, lines: list[str], prompt: str) -> str:
    line = lines[reply.first - 1]
    match = prompt_pattern(prompt).match(line)
    shown = _prompt(match[0] if match else "") + escape(reply.text, quote=False)
    text = _attribute(reply.text)
    return f'<code class="block-command block-reply" data-command="{text}">{shown}</code>'


def _prompt(prompt: str) -> str:
    if not prompt:
        return ""
    text = escape(prompt.replace("[..]", "…"), quote=False)
    return f'<span class="block-prompt" aria-hidden="true">{text}</span>'


def _attribute(text: str) -> str:
    """Escaped for an attribute; line ends too, since Markdown would take them for its own."""
    return re.sub(r"\n", "&#10;", escape(text))
