"""What is installed where something is missing, and that a kill leaves nothing half done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import pytest

from checker.base.errors import CouldNotFindOut
from checker.docker import apt, daemon, docker_client, install
from checker.docker.install import Step
from tests.engine_fakes import Programs


@pytest.fixture(autouse=True)
def debian(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian 12 with all programs but Docker's, without systemd."""
    become(monkeypatch, "bookworm")
    monkeypatch.setattr(install, "SYSTEMD", machine / "systemd")
    monkeypatch.setattr(apt, "has_apt", lambda: True)
    monkeypatch.setattr(docker_client, "list_missing_packages", lambda programs: [])
    monkeypatch.setattr(docker_client, "find_program", lambda program, *folders: None)


def become(monkeypatch: pytest.MonkeyPatch, codename: str) -> None:
    release = {"ID": "debian", "VERSION_CODENAME": codename}
    monkeypatch.setattr(apt, "read_release", lambda: release)


def with_dockerd(monkeypatch: pytest.MonkeyPatch, programs: Programs, version: str) -> None:
    monkeypatch.setattr(
        docker_client, "find_program", lambda program, *folders: f"/usr/sbin/{program}"
    )
    programs.answers["/usr/sbin/dockerd --version"] = (0, f"Docker version {version}, build x")


def said(engine_is_away: bool = True, client_is_good: bool = False) -> list[str]:
    return [step.description for step in install.plan_steps(engine_is_away, client_is_good)]


def test_nothing_missing_means_nothing_to_do() -> None:
    assert said(engine_is_away=False, client_is_good=True) == []


def test_bare_debian_12_gets_the_next_releases_packages_in_the_cache(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        docker_client, "list_missing_packages", lambda programs: asked.append(programs) or ["runc"]
    )
    lines = said()
    assert asked == [install.ENGINE_PROGRAMS]
    assert lines[0] == "install runc with apt-get"
    assert str(docker_client.client_root()) in lines[1]
    assert "(trixie)" in lines[1]
    assert str(install.engine_root()) in lines[2]
    assert lines[3:] == ["start the Docker Engine"]


def test_only_the_client_is_fetched_where_an_engine_answers() -> None:
    (line,) = said(engine_is_away=False)
    assert "Compose, buildx" in line


def test_good_dockerd_of_the_machine_is_only_started(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dockerd(monkeypatch, programs, "27.5.1")
    assert said(client_is_good=True) == ["start the Docker Engine"]


def test_old_dockerd_of_the_machine_is_not_used(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dockerd(monkeypatch, programs, "20.10.24")
    assert "the Docker Engine" in said(client_is_good=True)[0]


@pytest.fixture
def systemd(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (machine / "systemd").mkdir()
    become(monkeypatch, "trixie")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(install.getpass, "getuser", lambda: "ada")
    (machine / "sudo").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(machine))


@pytest.mark.usefixtures("systemd")
def test_systemd_and_new_enough_packages_mean_the_usual_way() -> None:
    assert said() == [
        "install Docker, Compose and buildx with apt-get",
        "start the service docker",
        "let ada use it (group docker)",
    ]


@pytest.mark.usefixtures("systemd")
def test_stopped_service_is_started_without_apt(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dockerd(monkeypatch, programs, "26.1.5")
    monkeypatch.setattr(apt, "has_apt", lambda: False)
    assert said(client_is_good=True)[0] == "start the service docker"


@pytest.mark.usefixtures("systemd")
def test_usual_way_types_the_usual_commands(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = dict.fromkeys((*install.ENGINE, "docker-cli", "docker-compose", "docker-buildx"), "1")
    monkeypatch.setattr(apt.Archive, "update_lists", lambda self: None)
    monkeypatch.setattr(apt.Archive, "find_versions", lambda self, packages: offered)
    install.carry_out_steps(install.plan_steps(True, False), assume_yes=True)
    typed = [call.split("env ")[-1] for call in programs.calls]
    docker = "docker-buildx docker-cli docker-compose docker.io"
    install_line = (
        f"DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends {docker}"
    )
    assert install_line in typed
    assert "systemctl enable --now docker" in typed
    assert "usermod -aG docker ada" in typed


@pytest.mark.usefixtures("systemd")
def test_debian_12_with_systemd_still_takes_the_private_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    become(monkeypatch, "bookworm")
    assert said()[-1] == "start the Docker Engine"


def test_system_without_apt_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "has_apt", lambda: False)
    with pytest.raises(CouldNotFindOut) as refused:
        install.plan_steps(True, False)
    assert "Install Docker Desktop" in refused.value.next_step
    assert "the Docker Engine" in refused.value.found


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (
            "docker-cli docker-compose docker-buildx docker.io",
            "docker-cli docker-compose docker-buildx",
        ),
        (
            "docker-compose-v2 docker-compose docker-buildx docker.io",
            "docker-compose-v2 docker-buildx docker.io",
        ),
    ],
    ids=["debian", "ubuntu"],
)
def test_client_packages_of_each_distribution(offered: str, chosen: str) -> None:
    found = dict.fromkeys(offered.split(), "1")
    assert install.choose_packages(found, install.CLIENT) == chosen.split()


class Archive:
    """Unpacks one file, or is killed before it has unpacked the second."""

    def __init__(self, killed: bool = False) -> None:
        self.killed = killed

    def __call__(self, folder: Path, codename: str) -> Archive:
        return self

    def update_lists(self) -> None: ...

    def find_versions(self, packages: set[str]) -> dict[str, str]:
        return dict.fromkeys(packages, "1")

    def unpack_packages(self, packages: list[str], target: Path) -> None:
        (target / "usr/bin").mkdir(parents=True)
        (target / "usr/bin" / packages[0]).touch()
        if self.killed:
            raise KeyboardInterrupt


def test_killed_installation_leaves_nothing_and_the_next_one_completes(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = install.plan_steps(False, False)[0]
    monkeypatch.setattr(apt, "Archive", Archive(killed=True))
    with pytest.raises(KeyboardInterrupt):
        step.action()
    assert not docker_client.client_root().exists()
    monkeypatch.setattr(apt, "Archive", Archive())
    step.action()
    step.action()
    assert [path.name for path in (docker_client.client_root() / "usr/bin").iterdir()] == [
        "docker-cli"
    ]
    assert not docker_client.client_root().with_name("docker-client.new").exists()


def test_start_gives_dockerd_its_own_helpers_first(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_dockerd(monkeypatch, programs, "26.1.5")
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(
        daemon, "start_daemon", lambda dockerd, path: started.append((dockerd, path))
    )
    install.plan_steps(True, True)[-1].action()
    ((dockerd, path),) = started
    assert dockerd == "/usr/sbin/dockerd"
    assert path.split(":")[:2] == [
        f"{install.engine_root()}/usr/{part}" for part in ("sbin", "bin")
    ]
    assert "/usr/sbin" in path.split(":")


def test_start_without_dockerd_says_what_to_type() -> None:
    with pytest.raises(CouldNotFindOut, match=r"\./course up"):
        install.start_engine()


class Terminal:
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "assume_yes", "asks"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_question_is_asked_only_on_a_terminal_and_without_yes(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, assume_yes: bool, asks: bool
) -> None:
    asked: list[str] = []
    if terminal:
        monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "confirm", lambda text, **options: asked.append(text) or True)
    done: list[str] = []
    install.carry_out_steps([Step("do it", lambda: done.append("done"))], assume_yes)
    assert (bool(asked), done) == (asks, ["done"])


def test_nothing_is_begun_that_needs_root_where_nobody_is(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nonexistent")
    done: list[str] = []
    steps = [
        Step("fetch", lambda: done.append("fetched"), needs_root=False),
        Step("start", lambda: done.append("started")),
    ]
    with pytest.raises(CouldNotFindOut, match="This needs root"):
        install.carry_out_steps(steps, assume_yes=True)
    assert done == []


def test_no_means_that_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "confirm", lambda text, **options: False)
    done: list[str] = []
    with pytest.raises(CouldNotFindOut, match="Nothing was installed"):
        install.carry_out_steps([Step("do [it]", lambda: done.append("done"))], assume_yes=False)
    assert done == []
    assert "- do [it]" in capsys.readouterr().err
