"""The rules of pages: each has a page that keeps it and one that breaks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.pages.lint import AssertionCount, count_assertions, count_minutes, lint_page
from checker.pages.parsing.fences import parse_page

GOOD = """\
---
title: A page
engine: docker
minutes: 5
lab: docker/a
---
# A page

## What you will be able to do
See.

## The lesson

``` console { #see }
$ echo seen
seen
```

??? hint
    ``` console
    $ true
    ```

## Clean up
Nothing is left.

## What next
Go on.
"""


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    (tmp_path / "labs/docker/a").mkdir(parents=True)
    (tmp_path / "labs/docker/a/lab.md").touch()
    path = tmp_path / "docs/docker/page.md"
    path.parent.mkdir(parents=True)
    return path


def findings(path: Path, text: str) -> list[str]:
    path.write_text(text)
    return [f"{each.line}: {each.message}" for each in lint_page(path)]


def test_a_good_page_has_no_findings(page: Path) -> None:
    assert findings(page, GOOD) == []


def test_a_finding_names_file_and_line(page: Path) -> None:
    page.write_text(GOOD.replace("docker/a", "docker/b"))
    assert [str(each) for each in lint_page(page)] == [
        "docs/docker/page.md:5: there is no lab 'docker/b'."
    ]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("minutes: 5\n", "", "1: the front matter of a chapter must say its minutes."),
        ("engine: docker\n", "", "1: the front matter of a chapter must say its engine."),
        ("# A page\n", "# Another\n", "7: the heading 'Another' must be the title 'A page'."),
        ("# A page\n", "", "1: a chapter has exactly one heading of the first level."),
        ("See.\n", "# Second\n", "10: a chapter has exactly one heading of the first level."),
        ("## Clean up\n", "## Tidy\n", "1: a chapter has one section 'Clean up'."),
        ("## The lesson\n", "## What next\n", "1: a chapter has one section 'What next'."),
        ("## The lesson\n", "", "9: there is no lesson between the fixed sections."),
        ("Go on.\n", "## And more\n", "28: 'Clean up' and 'What next' must be the last."),
        (
            "# A page\n",
            "# A page\n\n## First\n",
            "9: 'What you will be able to do' must be the first section.",
        ),
        ("seen\n```\n", "...\n```\n", ""),
        (
            "## The lesson\n\n```",
            "## The lesson\n```",
            "13: there must be an empty line before a block.",
        ),
        ("seen\n```\n\n", "seen\n```\n", "17: there must be an empty line after a block."),
        ("seen\n```\n", "seen\n", "14: this block is never closed."),
    ],
)
def test_a_broken_rule_is_found(page: Path, old: str, new: str, finding: str) -> None:
    assert old in GOOD
    found = findings(page, GOOD.replace(old, new, 1))
    if finding:
        assert any(each.startswith(finding) for each in found), found
    else:
        assert found == []


def test_a_page_whose_blocks_assert_nothing_is_found(page: Path) -> None:
    text = GOOD.replace("$ echo seen\nseen", "$ echo seen\n[..]").replace(
        "$ true", "$ true\n    ..."
    )
    assert findings(page, text) == [
        "14: the blocks of this page assert nothing: every output is '...' or '[..]'."
    ]


def test_sections_are_free_outside_the_chapters(page: Path) -> None:
    other = page.parents[1] / "reference/words.md"
    other.parent.mkdir()
    assert findings(other, "# Words\n\nText.\n") == []


def test_commands_and_those_that_assert_are_counted() -> None:
    text = '``` console { tty="# " }\n$ sh\n...\n# ls\n[..]\n# exit\n```\n'
    assert count_assertions(parse_page(Path("p.md"), text)) == AssertionCount(
        commands=3, asserting=1
    )


COMPOSE = """
``` yaml {{ title="{name}" }}
{text}
```

``` console
$ {command}
...
```
"""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": 'version: "3"'}, "compose.yaml: `version:` is ignored"),
        ({"text": "services: {db: {image: redis, ports: [6379]}}"}, "published on all addresses"),
        ({"command": "cd . && docker-compose -f compose.yaml up"}, "say `docker compose`"),
    ],
)
def test_old_and_careless_compose_is_found(page: Path, values, words: str) -> None:
    good = {"name": "compose.yaml", "text": "services: {}", "command": "ls compose.yaml"}
    text = GOOD.replace("## Clean up", COMPOSE.format(**{**good, **values}) + "\n## Clean up")
    (found,) = findings(page, text)
    assert words in found


def test_compose_file_that_is_an_illustration_may_be_broken_but_not_careless(page: Path) -> None:
    shown = '``` yaml {{ .illustration reason="{why}" title="compose.yaml" }}\n{text}\n```\n'
    text = GOOD.replace(
        "## Clean up", shown.format(why="a tab", text="a:\n\tb: 1") + "\n## Clean up"
    )
    assert findings(page, text) == []
    text = GOOD.replace("## Clean up", shown.format(why="old", text="version: 3") + "\n## Clean up")
    (found,) = findings(page, text)
    assert "compose.yaml: `version:` is ignored" in found


def test_each_document_of_a_compose_file_is_looked_at(page: Path) -> None:
    values = {
        "name": "compose.yaml",
        "text": "services: {}\n---\nversion: 3",
        "command": "ls compose.yaml",
    }
    (found,) = findings(
        page, GOOD.replace("## Clean up", COMPOSE.format(**values) + "\n## Clean up")
    )
    assert "compose.yaml: `version:` is ignored" in found


@pytest.mark.parametrize(
    "values",
    [
        {"name": "old.yaml", "text": 'version: "3"', "command": "ls old.yaml"},
        {"text": "- no mapping"},
        {"command": "apt-cache policy docker-compose compose.yaml"},
        {"command": "docker compose -f compose.yaml up"},
    ],
)
def test_what_is_shown_on_purpose_or_good_is_no_finding(page: Path, values) -> None:
    good = {"name": "compose.yaml", "text": "services: {}", "command": "ls compose.yaml"}
    text = GOOD.replace("## Clean up", COMPOSE.format(**{**good, **values}) + "\n## Clean up")
    assert findings(page, text) == []


def test_minutes_that_a_page_does_not_take_are_told(page: Path) -> None:
    told = "4: minutes: 20, but by its words and commands it takes 5."
    assert findings(page, GOOD.replace("minutes: 5", "minutes: 20")) == [told]


def test_words_commands_quizzes_and_predictions_take_time(page: Path) -> None:
    def minutes(more: str) -> int:
        page.write_text(GOOD.replace("See.\n", f"See.\n\n{more}\n"))
        return count_minutes(parse_page(page))

    assert minutes("word " * 1500) == 10
    assert minutes("``` console\n" + "$ true\n" * 20 + "```\n") == 10
    assert minutes("**Predict:** what?\n\n" * 20) == 10
    assert minutes("``` python\n" + "# word\n" * 1500 + "```\n") == 5
