"""What checks make bears their labels, is removed, and is never taken for somebody's own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from testcontainers.core.config import testcontainers_config

from checker.base import process
from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.docker import temporary
from checker.checks.docker.temporary import TemporaryObjects, make_labels, remove_leftovers
from tests.checks.conftest import Engine


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


@pytest.fixture
def ran(monkeypatch) -> list[dict[str, Any]]:
    """Every program that would have been run."""
    calls: list[dict[str, Any]] = []

    def run(argv: list[str], **options: Any) -> process.Completed:
        calls.append({"argv": argv, **options})
        return process.Completed(("docker",), 0, "", "#1 [2/2] COPY . .\n#1 CACHED\n", 1.0)

    monkeypatch.setattr(process, "run", run)
    monkeypatch.setattr("checker.docker.connection.cli_environment", lambda: {"PATH": "/bin"})
    return calls


def failing(monkeypatch, errors: str, status: int = 1) -> None:
    def run(argv: list[str], **options: object) -> None:
        done = process.Completed(("docker",), status, "", errors, 1.0) if status else None
        raise process.CommandFailed("docker build ended with status 1.", done)

    monkeypatch.setattr(process, "run", run)


def test_build_has_a_name_and_labels_of_its_own_and_is_removed(engine, ran, context) -> None:
    made = TemporaryObjects(engine)
    name, progress = made.build_image(context, "Dockerfile", "web", {"V": "1"}, False)
    (call,) = ran
    words = [str(word) for word in call["argv"]]
    assert name.startswith("course-check/")
    assert progress.endswith("#1 CACHED\n")
    assert words[:2] == ["docker", "build"]
    assert f"course.check={temporary.get_run_name()}" in words
    assert "course.owner=check" in words
    joined = " ".join(words)
    assert f"--build-arg V=1 --target web --no-cache -t {name} -f {context}/Dockerfile" in joined
    assert call["timeout"] == temporary.BUILD_SECONDS
    made.remove_all()
    assert engine.gone == [name]


def test_missing_dockerfile_is_a_failure(engine, ran, context: Path) -> None:
    with pytest.raises(CheckFailed, match=r"a file Dockerfile\.web"):
        TemporaryObjects(engine).build_image(context, "Dockerfile.web", "", {}, True)
    assert ran == []


def test_dockerfile_that_does_not_build_is_quoted(engine, ran, context, monkeypatch) -> None:
    failing(monkeypatch, "#5 ERROR: early\n\nERROR: failed to solve: process did not complete\n")
    with pytest.raises(CheckFailed) as caught:
        TemporaryObjects(engine).build_image(context, "Dockerfile", "", {}, True)
    assert caught.value.expected == "Dockerfile builds"
    assert caught.value.found == "ERROR: failed to solve: process did not complete"


@pytest.mark.parametrize(
    "said",
    [
        "write: no space left on device",
        "lookup x: no such host",
        "#9 2.1 npm error code EAI_AGAIN",
        "",
    ],
)
def test_trouble_outside_the_dockerfile_is_no_failure(
    engine, ran, context, monkeypatch, said
) -> None:
    failing(monkeypatch, said, status=1 if said else 0)
    with pytest.raises(CouldNotFindOut) as caught:
        TemporaryObjects(engine).build_image(context, "Dockerfile", "", {}, True)
    assert said in caught.value.found


def test_build_that_says_nothing_is_still_told() -> None:
    assert temporary.find_build_error("") == "no reason was given"
    assert temporary.find_build_error("a\nb") == "b"


def test_container_is_published_on_this_machine_alone(engine, monkeypatch) -> None:
    seen: dict[str, Any] = {}

    class Container:
        ports: dict[int, Any]

        def __init__(self, image: str, docker_client_kw: dict[str, Any]) -> None:
            seen["image"] = image
            seen["host"] = docker_client_kw["environment"]["DOCKER_HOST"]

        def with_kwargs(self, **options: object) -> Container:
            seen["options"] = options
            return self

        def with_env(self, key: str, value: str) -> None:
            seen[key] = value

        def with_command(self, command: object) -> None:
            seen["command"] = command

        def __enter__(self) -> Container:
            seen["ports"] = self.ports
            return self

        def __exit__(self, *error: object) -> None:
            seen["ended"] = True

        def get_wrapped_container(self) -> Any:
            return type("Wrapped", (), {"id": "abc"})

    handed_out = {"DOCKER_HOST": "unix:///course.sock"}
    monkeypatch.setattr("checker.docker.connection.cli_environment", lambda: handed_out)
    monkeypatch.setattr("testcontainers.core.container.DockerContainer", Container)
    made = TemporaryObjects(engine)
    assert made.start_container("shop", ("a", "b"), {"A": "1"}, [80], {"network": "n"}) == "abc"
    assert seen["options"] == {"labels": make_labels(), "network": "n"}
    assert seen["host"] == "unix:///course.sock"
    assert (seen["A"], seen["command"]) == ("1", ["a", "b"])
    assert seen["ports"] == {80: ("127.0.0.1",)}
    assert testcontainers_config.ryuk_disabled
    made.start_container("shop", "sh -c true", {}, [], {})
    assert seen["command"] == "sh -c true"
    made.remove_all()
    assert seen["ended"]


def test_image_that_is_stuck_stops_no_tidying(engine: Engine) -> None:
    TemporaryObjects(engine)._remove_image("stuck")
    assert engine.gone == []


def test_left_overs_of_dead_runs_are_removed_and_of_living_ones_kept() -> None:
    class Left(Engine):
        def _all(self, kind: str) -> list[dict]:
            dead = {"course.check": "1-2"}
            return [
                {"Id": f"{kind}-dead", "Labels": dead},
                {"Id": f"{kind}-mine", "Labels": make_labels()},
                {"Id": f"{kind}-other", "Labels": None},
            ]

        def containers(self, all: bool, filters: dict) -> list[dict]:
            assert filters == {"label": "course.owner=check"}
            return self._all("container")

        def __call__(self, filters: dict | None = None) -> list[dict]:
            return self._all("image")

        def networks(self, filters: dict | None = None) -> list[dict]:
            return self._all("network")

    engine = Left()
    remove_leftovers(engine)  # type: ignore[arg-type]
    assert engine.gone == ["container-dead", "image-dead", "network-dead"]


def test_process_that_is_gone_has_no_beginning() -> None:
    assert temporary.read_start_time(os.getpid())
    assert temporary.read_start_time(2**22 + 1) == ""


def test_volumes_of_dead_runs_are_removed_and_of_living_ones_kept(engine: Engine) -> None:
    remove_leftovers(engine)  # type: ignore[arg-type]
    engine.volumes_there = {
        "dead": {"Name": "dead", "Labels": {"course.check": "1-2"}},
        "mine": {"Name": "mine", "Labels": make_labels()},
    }
    remove_leftovers(engine)  # type: ignore[arg-type]
    assert engine.gone == ["dead"]


def test_process_that_ended_and_was_not_asked_for_is_over() -> None:
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert temporary.has_ended({"course.check": f"{ended.pid}-1"})
    assert temporary.read_start_time(ended.pid) == ""
    ended.wait()
    assert temporary.read_start_time(os.getpid())
