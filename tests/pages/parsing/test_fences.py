"""A page is read with its lines, and every malformed one gets a clear error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.pages.parsing.fences import parse_page

CORPUS = sorted((Path(__file__).parent / "malformed").glob("*.md"))

PAGE = """\
---
title: A page
engine: docker
minutes: 5
lab: docker/a
setup: touch ready
cleanup: [rm ready, "true"]
---
# A page

``` console { #run timeout="90s" }
$ docker run -d busybox sleep 1
<box:hex>
$ docker logs <box>
```

=== "Linux"
    ``` yaml { title="compose.yaml" }
    services: {}

    volumes: {}
    ```

??? hint
    ``` console { exit="2" until="1m" }
    $ docker compose ps \\
    >   --all
    $ false
    ```
"""


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_a_malformed_page_gets_an_error_that_names_the_place(path: Path) -> None:
    says = re.search(r"<!-- says: (.*) -->", path.read_text())
    assert says
    with pytest.raises(CourseError) as caught:
        parse_page(path)
    message = caught.value.message
    assert message.startswith(f"{path}:")
    assert says[1] in message


def test_front_matter_headings_and_blocks_are_read() -> None:
    page = parse_page(Path("p.md"), PAGE)
    assert (page.front_matter.title, page.front_matter.minutes, page.front_matter.lab) == (
        "A page",
        5,
        "docker/a",
    )
    assert (page.front_matter.setup, page.front_matter.cleanup) == (
        ("touch ready",),
        ("rm ready", "true"),
    )
    assert [(heading.line, heading.title) for heading in page.headings] == [(9, "A page")]
    assert [(block.kind, block.line, block.fence.end) for block in page.blocks] == [
        ("console", 11, 15),
        ("file", 18, 22),
        ("console", 25, 29),
    ]


def test_an_indented_block_loses_its_indent_and_knows_its_lines() -> None:
    _, file, hint = parse_page(Path("p.md"), PAGE).blocks
    assert file.content == "services: {}\n\nvolumes: {}"
    assert (file.fence.indent, file.title) == ("    ", "compose.yaml")
    assert [(each.line, each.text) for each in hint.statements] == [
        (26, "docker compose ps \\\n  --all"),
        (28, "false"),
    ]


def test_attributes_become_seconds_and_statuses() -> None:
    first, _, last = parse_page(Path("p.md"), PAGE).blocks
    assert (first.id, first.seconds, first.until, first.exit) == ("run", 90.0, 0.0, 0)
    assert (last.id, last.seconds, last.until, last.exit) == ("", 60.0, 60.0, 2)


def test_what_the_sites_theme_reads_in_front_matter_is_left_to_it() -> None:
    page = parse_page(Path("p.md"), "---\ntitle: Home\ntemplate: home.html\nhide: [toc]\n---\n")
    assert page.front_matter.title == "Home"


def test_words_in_angle_brackets_that_nothing_captures_are_text() -> None:
    text = "``` console\n$ docker images -f dangling=true\n<none> <none>\n```\n"
    assert parse_page(Path("p.md"), text).blocks[0].statements[0].expected == ("<none> <none>",)


def test_a_name_may_be_captured_again_later() -> None:
    text = "``` console\n$ id\n<a:word>\n$ echo <a>\n<a>\n$ id\n<a:word>\n```\n"
    assert len(parse_page(Path("p.md"), text).blocks[0].statements) == 3


def test_a_page_without_front_matter_needs_docker_only_if_it_names_it() -> None:
    assert parse_page(Path("p.md"), "``` console\n$ docker ps\n...\n```\n").engine == "docker"
    assert parse_page(Path("p.md"), "``` console\n$ ls\n```\n").engine == "none"


@pytest.mark.parametrize(
    "command", ["cat data.csv", "docker build .", "docker run -v $PWD:/x busybox ls", "cp -r . /x"]
)
def test_a_file_is_used_by_its_name_or_with_its_folder(command: str) -> None:
    text = f'``` text {{ title="data.csv" }}\n1,2\n```\n\n``` console\n$ {command}\n...\n```\n'
    assert parse_page(Path("p.md"), text).blocks[0].title == "data.csv"


def test_a_python_file_is_used_by_importing_it() -> None:
    text = (
        '``` python { title="shop.py" }\nprice = 3\n```\n\n``` python\n>>> import shop\n'
        ">>> shop.price\n3\n```\n"
    )
    assert [block.kind for block in parse_page(Path("p.md"), text).blocks] == ["file", "python"]


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.md"
    path.write_bytes(b"\xff\xfe# page")
    with pytest.raises(CourseError, match=r"p\.md cannot be read"):
        parse_page(path)


def test_a_page_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"p\.md cannot be read"):
        parse_page(tmp_path / "p.md")
