"""The engine of a lane: this machine's own, or a newer one that is compiled where it is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.docker import apt, docker_engine, install
from checker.images import golang
from checker.lanes import engine
from checker.lanes.engine import LaneEngine, ensure_lane_engine


@pytest.fixture
def made(machine: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was installed and compiled, without doing it; the machine has a dockerd and gcc."""
    found: list[str] = []

    def compile_programs(wanted: list[golang.Program], progress: golang.Progress) -> None:
        for each in wanted:
            each.folder.mkdir(parents=True)
            each.file.touch()
        found.append("compiled " + " ".join(each.name for each in wanted))

    monkeypatch.setattr(docker_engine, "ensure_programs", lambda: found.append("programs"))
    monkeypatch.setattr(install, "find_dockerd", lambda: "/usr/sbin/dockerd")
    monkeypatch.setattr(install, "build_engine_path", lambda: "/usr/sbin:/usr/bin")
    monkeypatch.setattr(apt, "install_packages", lambda names: found.append(" ".join(names)))
    monkeypatch.setattr(golang, "compile_programs", compile_programs)
    monkeypatch.setattr(engine.shutil, "which", lambda name: name == "gcc" or None)
    return found


def test_it_is_the_machines_own_unless_another_is_asked_for(made: list[str]) -> None:
    assert ensure_lane_engine() == LaneEngine("/usr/sbin/dockerd", "/usr/sbin:/usr/bin")
    assert made == ["programs"]


def test_the_newer_one_is_compiled_once_and_found_before_the_own(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_TEST_ENGINE", "29")
    newer = ensure_lane_engine()
    libraries = "pkg-config libc6-dev libseccomp-dev"
    assert made == ["programs", libraries, "compiled dockerd docker-proxy runc"]
    assert ensure_lane_engine() == newer
    assert made[3:] == ["programs"]
    assert newer.suffix == "-29"
    first, *others = newer.path.split(":")
    assert newer.dockerd == f"{first}/dockerd"
    assert (Path(others[1]) / "runc").exists()
    assert others[-2:] == ["/usr/sbin", "/usr/bin"]


def test_an_engine_that_nobody_has_is_refused(made: list[str], monkeypatch) -> None:
    monkeypatch.setenv("COURSE_TEST_ENGINE", "17")
    with pytest.raises(CourseError, match="no engine '17'"):
        ensure_lane_engine()
    assert made == []


def test_parts_in_c_are_compiled_for_runc_alone() -> None:
    programs = golang.load_programs(golang.RECIPES / "docker-29")
    assert {each.name: each.cgo for each in programs} == {
        "dockerd": False,
        "docker-proxy": False,
        "runc": True,
    }
    assert golang.go_environment("linux", cgo=True)["CGO_ENABLED"] == "1"
    assert golang.go_environment("linux")["CGO_ENABLED"] == "0"
