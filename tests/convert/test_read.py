"""What a file must be, and what a person is told who gives another one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from checker.base.errors import CourseError
from checker.convert import read

GOOD: dict[str, Any] = {
    "family": "web",
    "containerDefinitions": [{"name": "web", "image": "nginx:1.26", "memory": 64}],
}


def written(folder: Path, value: object) -> Path:
    path = folder / "task.json"
    path.write_text(value if isinstance(value, str) else json.dumps(value))
    return path


def refused(path: Path) -> CourseError:
    with pytest.raises(CourseError) as error:
        read.read_task_definition(path)
    return error.value


def test_what_register_takes_is_read(tmp_path: Path) -> None:
    assert read.read_task_definition(written(tmp_path, GOOD)) == GOOD


def test_what_describe_prints_is_read_with_its_tags(tmp_path: Path) -> None:
    tags = [{"key": "a", "value": "b"}]
    path = written(tmp_path, {"taskDefinition": {**GOOD, "revision": 3}, "tags": tags})
    assert read.read_task_definition(path) == {**GOOD, "revision": 3, "tags": tags}


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode())
    assert read.read_task_definition(path) == GOOD


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(json.dumps(GOOD).encode())

    monkeypatch.setattr("sys.stdin", Input())
    assert read.read_task_definition(Path("-")) == GOOD


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert "standard input is closed" in refused(Path("-")).found


@pytest.mark.parametrize("text", ["family: web", "{", "[" * 100_000, "\x00"])
def test_what_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    assert "is not JSON" in refused(written(tmp_path, text)).message


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not JSON" in refused(path).message


@pytest.mark.parametrize("value", [[], 3, None, {}, {"Family": "web"}, {"services": []}])
def test_json_that_is_no_task_definition_is_refused(tmp_path: Path, value: object) -> None:
    assert "holds no task definition" in refused(written(tmp_path, value)).message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path / "none.json")
    assert "none.json cannot be read" in error.message
    assert error.found == "No such file or directory"


def test_a_file_that_is_much_too_large_is_not_read_in_whole(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text(" " * (read.LARGEST + 1))
    assert "too large" in refused(path).message


@pytest.mark.parametrize(
    ("change", "path", "near"),
    [
        ({"familly": "x"}, "'familly'", "family"),
        ({"NetworkMode": "host"}, "'NetworkMode'", "networkMode"),
        ({"zzz": 1}, "'zzz'", "one of compatibilities, containerDefinitions"),
    ],
)
def test_an_unknown_field_is_named_with_the_nearest_one(
    tmp_path: Path, change: dict[str, Any], path: str, near: str
) -> None:
    error = refused(written(tmp_path, GOOD | change))
    assert f"unknown field {path}" in error.message
    assert near in error.expected


def test_an_unknown_field_deep_inside_is_named_with_its_path(tmp_path: Path) -> None:
    container = {**GOOD["containerDefinitions"][0], "portMappings": [{"containerport": 80}]}
    error = refused(written(tmp_path, {**GOOD, "containerDefinitions": [container]}))
    assert "containerDefinitions[0].portMappings[0].containerport" in error.message
    assert error.expected == "containerPort, perhaps"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("memory", "512", "a whole number"),
        ("memory", 1.5, "a whole number"),
        ("memory", True, "a whole number"),
        ("memory", 2**40, "at most 2147483647"),
        ("essential", "yes", "true or false"),
        ("essential", 1, "true or false"),
        ("image", 3, "a text"),
        ("command", "sleep 3", "a list"),
        ("environment", {"A": "b"}, "a list"),
        ("environment", [None], "an object"),
        ("dockerLabels", ["a"], "an object"),
        ("dockerLabels", {"a": 1}, "a text"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(
    tmp_path: Path, field: str, value: object, expected: str
) -> None:
    container = {**GOOD["containerDefinitions"][0], field: value}
    error = refused(written(tmp_path, {**GOOD, "containerDefinitions": [container]}))
    assert f"containerDefinitions[0].{field}" in error.message
    assert error.expected == expected


def test_a_value_that_is_none_of_those_that_ecs_knows_is_refused(tmp_path: Path) -> None:
    error = refused(written(tmp_path, {**GOOD, "networkMode": "overlay"}))
    assert error.expected == "one of bridge, host, awsvpc, none"


def test_null_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    assert read.read_task_definition(written(tmp_path, {**GOOD, "networkMode": None}))


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"service": s}, lambda s: {"services": [s]}]
)
def test_a_service_is_read_bare_or_as_printed(tmp_path: Path, wrap: Any) -> None:
    service = {"serviceName": "web", "desiredCount": 2}
    assert read.read_service(written(tmp_path, wrap(service))) == service


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"services": []}, "must hold one service"),
        ({"services": [{"serviceName": "a"}, {"serviceName": "b"}]}, "must hold one service"),
        ({"services": [3]}, "holds no service"),
        ({"desiredCount": 2}, "holds no service"),
        ({"serviceName": "a", "desiredcount": 2}, "unknown field 'desiredcount'"),
        ({"serviceName": "a", "desiredCount": "2"}, "desiredCount is of the wrong kind"),
    ],
)
def test_what_is_no_service_is_refused(tmp_path: Path, value: object, words: str) -> None:
    with pytest.raises(CourseError, match=words):
        read.read_service(written(tmp_path, value))
