"""Kinds of blocks and their attributes; wrong ones are in the corpus of malformed pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.formats.markdown import Attributes, Fence
from checker.pages.parsing.blocks import find_kind, locate_file, parse_block


def fence(language: str, content: str = "$ true", **given: object) -> Fence:
    classes = given.pop("classes", ())
    assert isinstance(classes, tuple)
    values = {name: str(value) for name, value in given.items()}
    return Fence(Path("p.md"), 1, 3, "", language, Attributes("", classes, values), content)


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (fence("console"), "console"),
        (fence("python", "x = 1"), "python"),
        (fence("python", "x = 1", title="x.py"), "file"),
        (fence("dockerfile", "FROM x", title="Dockerfile"), "file"),
        (fence("", "text", title="note"), "file"),
        (fence("console", "?", classes=("illustration",), reason="r"), "illustration"),
        (fence("yaml", "a: 1", classes=("illustration",), reason="r", title="t"), "illustration"),
        (fence("quiz", "Q?\n- [x] a\n- [ ] b : c"), "quiz"),
    ],
)
def test_kind(made: Fence, kind: str) -> None:
    assert find_kind(made) == kind
    assert parse_block(made).kind == kind


@pytest.mark.parametrize(
    ("given", "seconds"), [("90s", 90), ("2m", 120), ("500ms", 0.5), ("1.5s", 1.5)]
)
def test_times(given: str, seconds: float) -> None:
    found = parse_block(fence("console", timeout=given, until=given))
    assert (found.seconds, found.until) == (seconds, seconds)


def test_a_command_has_a_minute_and_ends_with_zero_unless_said() -> None:
    found = parse_block(fence("console"))
    assert (found.seconds, found.until, found.exit) == (60, 0, 0)


@pytest.mark.parametrize("title", ["compose.yaml", "k8s/web.yml"])
def test_a_file_may_hold_several_yaml_documents(title: str) -> None:
    made = fence("yaml", "a: 1\n---\nb: 2", title=title)
    assert locate_file(parse_block(made).fence, Path("/w")) == Path("/w") / title


def test_a_file_may_be_a_program() -> None:
    assert parse_block(fence("sh", "true", title="run.sh", mode="755")).attributes["mode"] == "755"
