"""Packages come from this machine's own mirror, installed or unpacked."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed
from checker.docker import apt
from tests.engine_fakes import Programs

TARGETS = """\
http://mirror.example/debian/\tbookworm\tmain
http://mirror.example/debian/\tbookworm-updates\tmain
http://mirror.example/debian/\tbookworm-backports\tmain
http://security.example/debian/\tbookworm-security\tmain
http://other.example/apt\tstable\tmain
malformed
"""
MADISON = """\
 docker-cli | 26.1.5-9 | http://mirror.example/debian trixie/main amd64 Packages
 docker-cli | 26.1.5-8 | http://mirror.example/debian trixie-updates/main amd64 Packages
       tini | 0.19.0-3 | http://mirror.example/debian trixie/main amd64 Packages
"""


@pytest.fixture(autouse=True)
def bookworm(programs: Programs, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs.answers["apt-get indextargets"] = (0, TARGETS)
    monkeypatch.setattr(
        platform,
        "freedesktop_os_release",
        lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"},
    )
    monkeypatch.setattr(apt, "KEYRINGS", machine)
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_sources_are_the_machines_own_mirror_with_the_other_release(machine: Path) -> None:
    (machine / "debian-archive-keyring.gpg").touch()
    signed = f"deb [signed-by={machine}/debian-archive-keyring.gpg]"
    assert apt.list_sources("trixie").splitlines() == [
        f"{signed} http://mirror.example/debian/ trixie main",
        f"{signed} http://mirror.example/debian/ trixie-updates main",
        f"{signed} http://security.example/debian/ trixie-security main",
    ]


def test_without_a_keyring_apts_own_trust_decides() -> None:
    assert apt.list_sources("bookworm").startswith(
        "deb http://mirror.example/debian/ bookworm main\n"
    )


def test_machine_without_sources_is_told_to_set_a_mirror(programs: Programs) -> None:
    programs.answers["apt-get indextargets"] = (0, "")
    with pytest.raises(CouldNotFindOut, match="no source for bookworm"):
        apt.list_sources("trixie")


def test_system_without_a_release_file_has_no_release(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, str]:
        raise OSError("none")

    monkeypatch.setattr(platform, "freedesktop_os_release", fail)
    assert apt.read_release() == {}


def test_installing_updates_first_and_is_written_down(programs: Programs) -> None:
    apt.install_packages(["runc"])
    apt.install_packages(["curl", "runc"])
    assert "apt-get update" in programs.calls[0]
    assert programs.calls[-1].endswith("--no-install-recommends curl runc")
    assert apt.list_installed_packages() == ["curl", "runc"]


def test_failed_installation_is_not_written_down(programs: Programs) -> None:
    programs.answers["env DEBIAN_FRONTEND=noninteractive apt-get install"] = (100, "")
    with pytest.raises(CommandFailed):
        apt.install_packages(["runc"])
    assert apt.list_installed_packages() == []


def test_installing_nothing_does_nothing(programs: Programs) -> None:
    apt.install_packages([])
    assert programs.calls == []


def test_newest_offered_version_counts(programs: Programs, machine: Path) -> None:
    archive = apt.Archive(machine / "apt", "trixie")
    programs.answers["apt-cache"] = (0, MADISON)
    assert archive.find_versions(["docker-cli", "tini"]) == {
        "docker-cli": "26.1.5-9",
        "tini": "0.19.0-3",
    }


def test_lists_are_fetched_once_an_hour(programs: Programs, machine: Path) -> None:
    archive = apt.Archive(machine / "apt", "trixie")

    def updates() -> int:
        archive.update_lists()
        return sum(call.endswith("update -qq") for call in programs.calls)

    assert [updates(), updates()] == [1, 1]
    hour_ago = time.time() - apt.LISTS_AGE_SECONDS - 1
    os.utime(machine / "apt" / "updated", (hour_ago, hour_ago))
    assert updates() == 2


def test_second_apt_leaves_the_machines_alone(programs: Programs, machine: Path) -> None:
    apt.Archive(machine / "apt", "trixie").update_lists()
    call = programs.calls[-1]
    assert f"Dir::State::lists={machine}/apt/lists" in call
    assert f"Dir::Etc::sourcelist={machine}/apt/sources.list" in call
    assert "trixie main" in (machine / "apt" / "sources.list").read_text()


def test_packages_are_downloaded_and_unpacked(
    programs: Programs, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(argv: list[str], **options: Path) -> object:
        if "download" in argv:
            (options["cwd"] / "tini_1.deb").touch()
        return Programs.run(programs, argv, **options)

    monkeypatch.setattr("checker.base.process.run", run)
    apt.Archive(machine / "apt", "trixie").unpack_packages(["tini"], machine / "target")
    assert programs.calls[-1].startswith("dpkg-deb -x")
    assert programs.calls[-1].endswith(f"tini_1.deb {machine}/target")
    assert not (machine / "apt" / "downloads").exists()


def test_apt_is_there_only_with_both_programs(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(machine))
    assert not apt.has_apt()
    for name in ("apt-get", "dpkg-deb"):
        (machine / name).touch(mode=0o755)
    assert apt.has_apt()
