"""All that Compose reads is looked at, and a secret is found wherever it stands."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from checker.checks import CheckFailed
from checker.checks.compose.compose_file import read_compose_files
from checker.checks.compose.project_files import WrittenFile, list_project_files
from checker.checks.files.fixture import Workspace

SECRET = "cinnamon-41"


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Workspace]:
    def write(**files: str) -> Workspace:
        for name, text in files.items():
            (tmp_path / name.replace("__", ".")).write_text(text)
        return Workspace(tmp_path)

    return write


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({}, ["compose.yaml"]),
        ({"compose__override__yaml": ""}, ["compose.yaml", "compose.override.yaml"]),
        (
            {"compose__override__yaml": "", "compose__override__yml": ""},
            ["compose.yaml", "compose.override.yml"],
        ),
        ({"__env": "A=1\nCOMPOSE_FILE=compose.yaml:b.yaml # two\n"}, ["compose.yaml", "b.yaml"]),
        (
            {"__env": "export COMPOSE_FILE='compose.yaml,b.yaml'\nCOMPOSE_PATH_SEPARATOR=,"},
            ["compose.yaml", "b.yaml"],
        ),
    ],
)
def test_files_that_compose_reads(folder, files, names) -> None:
    assert list_project_files(folder(**files), "compose.yaml") == names


def test_other_name_stands_for_itself(folder) -> None:
    assert list_project_files(folder(compose__override__yaml=""), "test.yaml") == ["test.yaml"]


@pytest.mark.parametrize(
    ("value", "words"), [("other.yaml", "names other.yaml"), ("../a.yaml", "found ../a.yaml")]
)
def test_other_files_in_env_are_refused(folder, value, words) -> None:
    with pytest.raises(CheckFailed, match=words):
        list_project_files(folder(__env=f"COMPOSE_FILE={value}"), "compose.yaml")


def test_included_and_extended_files_are_read_too(folder) -> None:
    workspace = folder(
        compose__yaml="include: [b.yaml]\nservices: {a: {extends: {file: c.yaml, service: x}}}",
        b__yaml="services: {}",
        c__yaml="services: {x: {}}",
    )
    found = read_compose_files(workspace, ["compose.yaml"])
    assert [each.name for each in found] == ["compose.yaml", "b.yaml", "c.yaml"]


def find(text: str) -> str:
    return WrittenFile("compose.yaml", text, yaml.safe_load(text)).find_value(SECRET)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "services: {db: {labels: {pw: cinnamon-41}}}",
            "services.db.labels.pw in compose.yaml, as",
        ),
        ("configs: {a: {content: 'x cinnamon-41 y'}}", "configs.a.content"),
        ("a: ['${PW:-cinnamon-41}']", "a in compose.yaml, as it is"),
        ('a: "\\x63innamon\\u002d41"', "a in compose.yaml, as it is"),
        ("a: postgres://s:cinnamon%2D41@db", "URL-encoded"),
        ("a: 1 # cinnamon-41", "line 1 of compose.yaml, as it is"),
        ("cinnamon-41: x", "the top in compose.yaml, as it is"),
    ],
)
def test_secret_is_found_wherever_it_stands(text: str, place: str) -> None:
    assert place in find(text)


@pytest.mark.parametrize("before", ["", "a", "ab", "shop:"])
def test_secret_is_found_in_base64_of_a_longer_text(before: str) -> None:
    coded = base64.encodebytes(f"{before}{SECRET}@db:5432/shop and so on and on".encode()).decode()
    assert find(f"a: {coded!r}").endswith("in base64")


@pytest.mark.parametrize("text", ["a: ${PASSWORD}", "a: cinnamon", "a: cinnamon-42", "a: 41"])
def test_other_words_are_no_secret(text: str) -> None:
    assert find(text) == ""
