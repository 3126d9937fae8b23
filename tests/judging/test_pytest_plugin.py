"""Checks are collected, ordered, run or skipped, and each is told as soon as it is known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.judging.check_run import run_pytest
from checker.judging.request import Request

HEAD = "from checker.checks import CheckFailed, task\n"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """pytest inside pytest: its module of checks must not be taken for the next one."""
    sys.modules.pop("checks", None)
    yield
    sys.modules.pop("checks", None)


def run(folder: Path, code: str, **options: object) -> list[dict]:
    (folder / "checks.py").write_text(HEAD + code)
    messages: list[dict] = []
    request = Request(str(folder), str(folder), "none", ("a", "b", "c"), **options)  # type: ignore[arg-type]
    run_pytest(request, messages.append, _Client)
    return messages


def done(messages: list[dict]) -> dict[str, str]:
    return {each["done"]: each["verdict"] for each in messages if "done" in each}


THREE = """
@task("c", requires="b")
def test_c(): pass

@task("b", requires=["a"])
def test_b(): pass

@task("a")
def test_a():
    "First line.
    "
    {body}
""".replace('"First line.\n    "', '"""First line.\n\n    More.\n    """')


def test_checks_are_described_and_run_in_the_order_of_the_tasks(tmp_path: Path) -> None:
    messages = run(tmp_path, THREE.format(body="pass"))
    described = {each["function"]: each for each in messages[0]["checks"]}
    assert described["test_a"] == {
        "function": "test_a",
        "line": 9,
        "name": "First line.",
        "described": True,
        "task": "a",
        "requires": (),
        "timeout": 30.0,
    }
    assert (described["test_b"]["name"], described["test_b"]["described"]) == ("test_b", False)
    order = [each["begin"] for each in messages if "begin" in each]
    assert order == ["test_a", "test_b", "test_c"]
    assert set(done(messages).values()) == {"passed"}


def test_failure_skips_what_requires_it_and_what_requires_that(tmp_path: Path) -> None:
    body = 'raise CheckFailed("one", "two", "Do it.")'
    messages = run(tmp_path, THREE.format(body=body))
    assert done(messages) == {"test_a": "failed", "test_b": "skipped", "test_c": "skipped"}
    failed = next(each for each in messages if each.get("done") == "test_a")
    assert (failed["expected"], failed["found"], failed["next_step"]) == ("one", "two", "Do it.")


def test_prerequisites_can_be_left_out_of_account(tmp_path: Path) -> None:
    messages = run(tmp_path, THREE.format(body="1 / 0"), all_checks=True)
    assert done(messages) == {"test_a": "could-not-check", "test_b": "passed", "test_c": "passed"}


def test_one_task_brings_all_that_it_requires(tmp_path: Path) -> None:
    assert list(done(run(tmp_path, THREE.format(body="pass"), only="b"))) == ["test_a", "test_b"]


def test_collecting_runs_nothing(tmp_path: Path) -> None:
    messages = run(tmp_path, THREE.format(body="pass"), collect_only=True)
    assert len(messages) == 1
    assert len(messages[0]["checks"]) == 3


def test_fixtures_are_there(tmp_path: Path) -> None:
    code = """
@task("a")
def test_a(docker, http, workspace):
    assert callable(http.get)
    assert workspace.path.is_dir()
    assert docker.container
"""
    messages = run(tmp_path, code)
    assert done(messages) == {"test_a": "passed"}
    assert _Client.closed == 1


class _Client:
    closed = 0
    api = None

    def close(self) -> None:
        type(self).closed += 1


def test_unknown_fixture_is_a_fault_of_the_lab(tmp_path: Path) -> None:
    messages = run(tmp_path, '@task("a")\ndef test_a(kubernetes): pass\n')
    assert done(messages) == {"test_a": "could-not-check"}
    assert "kubernetes" in messages[-1]["found"]


def test_checks_that_cannot_be_loaded_are_told_once(tmp_path: Path) -> None:
    messages = run(tmp_path, "nowhere\n")
    broken = [each["broken"] for each in messages if "broken" in each]
    assert broken[0] == f"{tmp_path}/checks.py:2: NameError: name 'nowhere' is not defined"


def test_exit_while_loading_is_told(tmp_path: Path) -> None:
    messages = run(tmp_path, "import sys; sys.exit(2)\n")
    assert messages[-1] == {"broken": f"{tmp_path}/checks.py:2: SystemExit: 2"}
