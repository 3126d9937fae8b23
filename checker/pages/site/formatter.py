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

from html import escape
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.formats.markdown import Attributes, Fence
from checker.pages.comparing.match import ANY
from checker.pages.parsing.blocks import Block, parse_block
from checker.pages.parsing.transcript import Statement, compile_prompt
from checker.pages.site import quiz_html
from checker.pages.site.highlight import highlight_code, render_output

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
    """Return the HTML of a fence (a SuperFences formatter, whose documentation names the rest)."""
    values = {key: str(value) for key, value in options.items()}
    attributes = Attributes(id_value, tuple(classes), values)
    return render_fence(Fence(Path("page"), 0, 0, "", language or "", attributes, source))


def render_fence(fence: Fence) -> str:
    """Return the HTML of a fence, as described at the top of this module."""
    try:
        block = parse_block(fence)
    except CourseError:
        block = Block(fence, "code")
    if block.question:
        return quiz_html.render_quiz(block)
    if block.statements:
        return wrap_block(block, render_transcript(block))
    code = highlight_code(fence.content, fence.language, block.title)
    return wrap_block(block, f"<code data-content>{code}</code>")


def wrap_block(block: Block, inner: str) -> str:
    """Return the frame of a block with its bar, around the HTML of what it shows."""
    values = {
        "timeout": f"{block.seconds:g}" if "timeout" in block.attributes else "",
        "until": f"{block.until:g}" if block.until else "",
        "exit": str(block.exit) if block.exit else "",
        "tty": block.attributes.get("tty", ""),
    }
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in values.items() if value)
    label = f"File {block.title}" if block.kind == "file" else LABELS[block.kind]
    caption = f'<span class="block-title">{escape(block.title)}</span>' if block.title else ""
    if block.kind == "illustration":
        reason = escape(block.attributes["reason"])
        caption += f'<span class="block-reason">Not run here: {reason}</span>'
    identifier = f' id="{escape(block.id)}"' if block.id else ""
    return (
        f'<div class="block block-{block.kind}"{identifier} role="group"'
        f' aria-label="{escape(label)}" data-block="{block.kind}"{data}>'
        f'<div class="block-bar">{caption}'
        '<span class="block-run" data-block-run></span>'
        '<button type="button" class="block-copy" data-block-copy hidden>Copy</button>'
        '<span class="block-status" data-block-status role="status"></span></div>'
        f'<div class="highlight"><pre tabindex="0">{inner}</pre></div></div>'
    )


def render_transcript(block: Block) -> str:
    """Return the HTML of commands and their output, prompts as the page has them."""
    first, more = (">>> ", "... ") if block.kind == "python" else ("$ ", "> ")
    if block.kind == "python" and not block.content.startswith(">>>"):
        first = more = ""
    language = "python" if block.kind == "python" else "bash"
    lines = block.content.split("\n")
    parts: list[str] = []
    for statement in block.statements:
        code = highlight_code(statement.text, language).split("\n")
        prompts = [first] + [more] * (len(code) - 1)
        shown = map(str.__add__, map(render_prompt, prompts), code)
        parts.append(render_command("block-command", statement, "\n".join(shown)))
        parts += [render_output(statement.expected)] if statement.expected else []
        for reply in statement.replies:
            prompt = compile_prompt(block.attributes["tty"]).match(lines[reply.first - 1])
            line = render_prompt(prompt[0] if prompt else "") + escape(reply.text, quote=False)
            parts.append(render_command("block-command block-reply", reply, line))
            parts += [render_output(reply.expected)] if reply.expected else []
    return "\n".join(parts)


def render_command(classes: str, statement: Statement, shown: str) -> str:
    """Return the HTML of a command that page scripts can copy and run."""
    # Line ends are escaped too, since Markdown would take them for its own.
    command = escape(statement.text).replace("\n", "&#10;")
    return f'<code class="{classes}" data-command="{command}">{shown}</code>'


def render_prompt(prompt: str) -> str:
    """Return the HTML of a prompt, which is shown but neither read aloud nor copied."""
    if not prompt:
        return ""
    text = escape(prompt.replace(ANY, "…"), quote=False)
    return f'<span class="block-prompt" aria-hidden="true">{text}</span>'
