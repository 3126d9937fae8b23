"""`./course convert` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from click.testing import CliRunner

from checker.cli.main import main
from tests.convert.samples import sample


def call(*words: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["convert", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


def test_manifests_go_to_standard_output_and_warnings_to_standard_error() -> None:
    shop = sample("sample-shop")
    status, out, err = call(shop.file, "--service", shop.service, "--namespace", "market")
    assert status == 0
    kinds = {each["kind"]: each["metadata"]["namespace"] for each in yaml.safe_load_all(out)}
    assert kinds == {"Deployment": "market", "Service": "market"}
    assert "warning: containerDefinitions[0].healthCheck.command: runs as" in err
    assert "warning" not in out


def test_the_name_can_be_chosen() -> None:
    _, out, _ = call(sample("single-web").file, "--name", "door")
    assert {each["metadata"]["name"] for each in yaml.safe_load_all(out)} == {"door"}


def test_bad_input_is_status_2_and_nothing_on_standard_output(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    path.write_text(json.dumps({"family": "a", "containerDefinition": []}))
    status, out, err = call(path)
    assert (status, out) == (2, "")
    assert "unknown field 'containerDefinition'" in err
    assert "expected: containerDefinitions" in err


def test_a_warning_with_letters_of_any_kind_can_be_printed(tmp_path: Path) -> None:
    path = tmp_path / "task.json"
    container = {"name": "a", "image": "a:1", "memory": 64, "user": "\ud800"}
    path.write_text(json.dumps({"family": "\ud800", "containerDefinitions": [container]}))
    status, _, err = call(path)
    assert status == 0
    assert "family" in err
