"""Found output is written into the page, and nothing else changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.pages.events import collect_edits
from checker.pages.parsing.fences import parse_page
from checker.pages.reporting.rewrite import rewrite_page
from checker.pages.running.runner import Runner

PAGE = """\
# Page

``` console { #a }
$ echo 0af1
<id:hex>
$ printf '1\\n2\\n3\\n'
old
...

$ true
noise
```

??? hint
    ``` console
    $ echo one; echo; echo <id>
    ```

Text, untouched: `$ echo`.
"""


def accepted(text: str, workspace: Path) -> str:
    page = parse_page(Path("p.md"), text)
    with Runner(workspace, os.environ, page.blocks, accept=True) as runner:
        events = [event for block in page.blocks for event in runner.run_block(block)]
        return rewrite_page(page, collect_edits(events))


def test_only_the_differing_output_is_replaced(tmp_path: Path) -> None:
    expected = PAGE.replace("old\n...\n", "...\n").replace("$ true\nnoise\n", "$ true\n")
    expected = expected.replace("<id>\n    ```", "<id>\n    one\n\n    0af1\n    ```")
    assert accepted(PAGE, tmp_path) == expected


def test_what_was_accepted_needs_no_second_time(tmp_path: Path) -> None:
    once = accepted(PAGE, tmp_path)
    assert accepted(once, tmp_path) == once


def test_replies_of_a_dialog_are_written_too(tmp_path: Path) -> None:
    text = "``` console { tty=\"in# \" }\n$ PS1='in# ' bash --noprofile --norc -i\n"
    page = text + "in# echo a\nb\nin# exit\n```\n"
    assert accepted(page, tmp_path) == page.replace("\nb\n", "\na\n")


def test_a_page_that_would_no_longer_hold_is_not_written(tmp_path: Path) -> None:
    text = "``` console\n$ echo 'no number'\n<n:int>\n$ echo <n>\n<n>\n$ echo 1\n<n:int>\n```\n"
    with pytest.raises(CourseError, match="cannot be written"):
        accepted(text, tmp_path)
