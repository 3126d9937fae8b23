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


def highlighted(text: str, language: str, title: str = "") -> str:
    """The text as HTML, its tokens in spans that never go beyond a line.

    Args:
        language: Its language, where it is one that Pygments knows.
        title: The name of the file, which may tell the language better.
    """
    html = highlight(text, _lexer(language, title), HtmlFormatter(nowrap=True))
    return str(html).removesuffix("\n")


def _lexer(language: str, title: str) -> Lexer:
    options = {"stripnl": False, "ensurenl": True}
    for find, name in ((get_lexer_by_name, language), (get_lexer_for_filename, title)):
        try:
            return find(name, **options)
        except ClassNotFound:
            continue
    return TextLexer(**options)


def output_html(lines: Sequence[str]) -> str:
    """Expected output: wildcards and captures are told apart from what is printed as it stands."""
    return f'<samp class="block-output">{chr(10).join(map(_line, lines))}</samp>'


def _line(line: str) -> str:
    if line.rstrip() == ANY_LINES:
        return _WILDCARD.format(title="any lines", text=ANY_LINES)
    html = escape(CAPTURE.sub(lambda each: f"\0{each['name']}\1", line), quote=False)
    html = html.replace("\0", "<var>&lt;").replace("\1", "&gt;</var>")
    return html.replace(ANY, _WILDCARD.format(title="any text", text="…"))
