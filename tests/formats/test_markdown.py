"""Fences and headings are found where the site finds them."""

from __future__ import annotations

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checker.formats.markdown import scan_markdown

EXTENSIONS = ["attr_list", "pymdownx.superfences"]


def contents(text: str) -> list[str]:
    return [fence.content for fence in scan_markdown(text)[0]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("``` a\nx\n```\n", ["x"]),
        ("~~~ a\nx\n~~~\n", ["x"]),
        ("````a\n```\nx\n```\n````\n", ["```\nx\n```"]),
        ("``` a\n\n\n```\n", ["\n"]),
        ("``` a\n```\n", [""]),
        ("    ``` a\n    x\n      y\n\n    ```\n", ["x\n  y\n"]),
        ("``` a\n``` b\n```\n", ["``` b"]),
        ("text ``` a\n", []),
        ("```code``` in a line\n", []),
        ("---\ntitle: x\n---\n``` a\nx\n```\n", ["x"]),
    ],
)
def test_fences(text: str, found: list[str]) -> None:
    assert contents(text) == found


def test_headings_in_fences_are_none() -> None:
    headings = scan_markdown('# A\n``` a\n# B\n```\n## C { #c .d e="f" }\n### D ###\n')[1]
    assert [(each.level, each.title, each.id) for each in headings] == [
        (1, "A", ""),
        (2, "C", "c"),
        (3, "D", ""),
    ]
    assert headings[1].braces.values == {"e": "f"}


def test_attributes_in_any_order() -> None:
    fence = scan_markdown('``` console { timeout="3s" .x #id tty="root@[..]:/# { }" }\n```\n')[0][0]
    assert (fence.id, fence.classes) == ("id", ("x",))
    assert fence.attributes == {"timeout": "3s", "tty": "root@[..]:/# { }"}


line = st.sampled_from(["", "text", "    indented", "``` text", "```", "~~~", "    ```", "# head"])


@given(st.lists(line, max_size=10))
def test_where_nothing_is_refused_the_site_sees_the_same_blocks(lines: list[str]) -> None:
    from checker.base.errors import CourseError

    text = "\n".join(lines)
    try:
        found = contents(text)
    except CourseError:
        return
    seen: list[str] = []

    def note(source: str, *_: object, **__: object) -> str:
        seen.append(source)
        return "<pre></pre>"

    fences = [{"name": "*", "class": "x", "format": note}]
    config = {"pymdownx.superfences": {"custom_fences": fences}}
    markdown.markdown(text, extensions=EXTENSIONS, extension_configs=config)
    assert seen == found
