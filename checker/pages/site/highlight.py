"""Code and output as HTML, with the token classes that the site's theme colours."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename  # type: ignore[import-untyped]
from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from checker.pages.comparing.match import ANY, ANY_LINES, CAPTURE

_WILDCARD = '<span class="block-any" title="{title}">{text}</span>'


def highlight_code(text: str, language: str, title: str = "") -> str:
    """Return the text as HTML, its tokens in spans that never go beyond a line.

    Args:
        text: Code, or the content of a file.
        language: Its language, where it is one that Pygments knows.
        title: The name of the file, which may tell the language better.
    """
    html = highlight(text, find_lexer(language, title), HtmlFormatter(nowrap=True))
    return str(html).removesuffix("\n")


def find_lexer(language: str, title: str) -> Lexer:
    """Find the lexer by the language, or else by the file's name; or one for plain text."""
    options = {"stripnl": False, "ensurenl": True}
    for find, name in ((get_lexer_by_name, language), (get_lexer_for_filename, title)):
        try:
            return find(name, **options)
        except ClassNotFound:
            continue
    return TextLexer(**options)


def render_output(lines: Sequence[str]) -> str:
    """Return expected output as HTML that tells wildcards and captures from literal text."""
    return f'<samp class="block-output">{chr(10).join(map(render_line, lines))}</samp>'


def render_line(line: str) -> str:
    """Return a line of expected output as HTML."""
    if line.rstrip() == ANY_LINES:
        return _WILDCARD.format(title="any lines", text=ANY_LINES)
    html = escape(CAPTURE.sub(lambda each: f"\0{each['name']}\1", line), quote=False)
    html = html.replace("\0", "<var>&lt;").replace("\1", "&gt;</var>")
    return html.replace(ANY, _WILDCARD.format(title="any text", text="…"))
