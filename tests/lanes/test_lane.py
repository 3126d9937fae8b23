"""A lane and its folders: where one can be had, what it is told, and that nothing of it is left."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import Settings, use_settings
from checker.docker import daemon, endpoint
from checker.docker.endpoint import Answer
from checker.lanes import control_groups, network
from checker.lanes import lane as module
from checker.lanes.engine import LaneEngine
from checker.lanes.lane import Lane, explain_absence, open_lane, remove_left_over, remove_traces

ENGINE = LaneEngine("/usr/bin/dockerd", "/usr/bin")


class Happened:
    """Stands in for namespaces, network and engine; records what was done, in order."""

    first = 4242

    def __init__(self) -> None:
        self.events: list[str] = []
        self.engine: list[str] = []
        self.state: Any = "running"
        self.refuses = ""

    def open_namespaces(
        self,
        engine: list[str],
        log: Path,
        env: dict[str, str],
        hidden: list[Path],
        join: Callable[[list[str]], list[str]],
    ) -> Happened:
        self.engine = engine
        assert join(engine)[-len(engine) :] == engine
        log.write_text("level=error no space left\n")
        self._note("open")
        return self

    def connect(self, number: int, first: int) -> None:
        self._note(f"connect {number} {first}")

    def disconnect(self, number: int) -> None:
        self._note(f"disconnect {number}")

    def begin(self) -> None:
        self._note("begin")

    def stop(self) -> None:
        self._note("stop")

    def end(self) -> None:
        self._note("end")

    def build_command(self, argv: list[str], folder: Path | None) -> list[str]:
        return ["enter", str(folder), *argv]

    def ask_host(self, host: str) -> Answer:
        return Answer(host, self.state)

    def _note(self, what: str) -> None:
        self.events.append(what)
        if what == self.refuses:
            raise CouldNotFindOut(f"no {what}")


@pytest.fixture(autouse=True)
def groups(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Control groups as plain folders: those of this machine may be a real lane's."""
    folder = machine / "cgroup"
    (folder / "pids").mkdir(parents=True)
    monkeypatch.setattr(control_groups, "GROUPS", folder)
    return folder


@pytest.fixture(autouse=True)
def happened(monkeypatch: pytest.MonkeyPatch) -> Happened:
    fake = Happened()
    monkeypatch.setattr(module, "open_namespaces", fake.open_namespaces)
    monkeypatch.setattr(network, "connect", fake.connect)
    monkeypatch.setattr(network, "disconnect", fake.disconnect)
    monkeypatch.setattr(endpoint, "ask_host", fake.ask_host)
    monkeypatch.setattr(module, "START_SECONDS", 0.0)
    return fake


@pytest.fixture
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that can have lanes."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(module.os, "geteuid", lambda: 0)
    monkeypatch.setattr(module, "list_missing_programs", lambda: [])


@pytest.mark.usefixtures("good")
class TestWhereLanesCanBeHad:
    def test_good_machine_can_have_them(self) -> None:
        assert explain_absence() == ""

    def test_they_need_linux(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        assert explain_absence() == "lanes need Linux"

    def test_they_need_root(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
        assert explain_absence() == "lanes need root"

    def test_chosen_engine_is_used_instead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere:2375")
        assert explain_absence() == "DOCKER_HOST names an engine"

    def test_engine_that_the_course_handed_out_is_no_choice(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DOCKER_HOST", "unix:///run/course/docker.sock")
        monkeypatch.setenv(module.HANDED_OUT, "unix:///run/course/docker.sock")
        assert explain_absence() == ""

    def test_programs_that_are_missing_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "list_missing_programs", lambda: ["nsenter", "ip"])
        assert explain_absence() == "nsenter, ip missing"


def test_two_lanes_have_two_numbers_and_the_first_is_free_again() -> None:
    with open_lane(ENGINE) as first:
        with open_lane(ENGINE) as second, open_lane(ENGINE) as third:
            assert [each.number for each in (first, second, third)] == [0, 1, 2]
        with open_lane(ENGINE) as again:
            assert again.number == 1
    with open_lane(ENGINE) as again:
        assert again.number == 0


def test_two_lanes_share_no_folder() -> None:
    with open_lane(ENGINE) as one, open_lane(ENGINE) as other:
        for name in ("work", "cache", "state", "runtime"):
            assert getattr(one.settings, name) != getattr(other.settings, name)
        assert one.settings.root == other.settings.root == paths.root()


def test_there_are_only_so_many_lanes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LANES", 1)
    with open_lane(ENGINE):
        with pytest.raises(CouldNotFindOut, match="There are 1 lanes already"):
            with open_lane(ENGINE):
                pytest.fail("a second lane")


def test_lane_is_opened_step_by_step_and_ends(happened: Happened) -> None:
    with open_lane(ENGINE):
        assert happened.events == ["open", "connect 0 4242", "begin"]
    assert happened.events[3:] == ["end", "disconnect 0"]


def test_engine_has_its_own_folders_and_control_group() -> None:
    with open_lane(ENGINE) as opened, use_settings(opened.settings):
        [*words] = opened.namespaces.engine  # type: ignore[attr-defined]
        assert words[0] == ENGINE.dockerd
        options = dict(zip(words[1::2], words[2::2], strict=True))
        assert options["--host"] == endpoint.daemon_host()
        assert options["--data-root"] == str(daemon.data_root())
        assert daemon.data_root().is_relative_to(opened.settings.cache)
        assert daemon.data_root().is_dir()
        assert options["--cgroup-parent"] == "/course-lane0"
        assert options["--exec-opt"] == "native.cgroupdriver=cgroupfs"


def test_data_is_prepared_before_the_engine_begins(happened: Happened) -> None:
    seen: list[tuple[Path, list[str]]] = []
    with open_lane(
        ENGINE, prepare=lambda target: seen.append((target, list(happened.events)))
    ) as opened:
        with use_settings(opened.settings):
            assert seen == [(daemon.data_root(), [])]


def test_data_that_is_kept_is_that_of_an_engine_stopped_in_good_order(
    happened: Happened, machine: Path
) -> None:
    data = machine / "kept/docker-data"
    with open_lane(ENGINE, data=data) as opened, use_settings(opened.settings):
        assert daemon.data_root().samefile(data)
        (daemon.data_root() / "layer").write_text("kept")
    assert happened.events[3:] == ["stop", "end", "disconnect 0"]
    assert (data / "layer").read_text() == "kept"


def test_nothing_is_left_of_a_lane(machine: Path, groups: Path, numbers: Path) -> None:
    with open_lane(ENGINE) as opened:
        (groups / "pids/course-lane0/container").mkdir(parents=True)
        with use_settings(opened.settings):
            (paths.ensure_folder(paths.runtime()) / "socket").write_text("")
            folders = [endpoint.daemon_folder(), paths.runtime(), paths.cache().parent]
        assert (numbers / "0").read_text().endswith(f" {folders[-1]}")
        assert all(each.is_dir() for each in folders)
    assert not any(each.exists() for each in folders)
    assert not (groups / "pids/course-lane0").exists()
    assert (numbers / "0").read_text() == ""


def test_nothing_is_left_of_a_lane_in_which_something_failed(happened: Happened) -> None:
    with pytest.raises(KeyboardInterrupt), open_lane(ENGINE) as opened:
        raise KeyboardInterrupt
    assert happened.events[3:] == ["end", "disconnect 0"]
    assert not opened.settings.cache.parent.exists()


def test_engine_that_does_not_answer_is_told_with_its_log(happened: Happened) -> None:
    happened.state = "away"
    with pytest.raises(CouldNotFindOut, match="does not answer") as caught:
        with open_lane(ENGINE):
            pytest.fail("a lane")
    assert "no space left" in caught.value.found
    assert happened.events[3:] == ["end", "disconnect 0"]
    assert not (paths.cache() / "lanes/0").exists()


@pytest.mark.parametrize("refuses", ["open", "connect 0 4242", "begin"])
def test_nothing_is_left_of_a_lane_that_cannot_be_had(happened: Happened, refuses: str) -> None:
    happened.refuses = refuses
    with pytest.raises(CouldNotFindOut, match=f"no {refuses}"):
        with open_lane(ENGINE):
            pytest.fail("a lane")
    assert happened.events[-1] == "disconnect 0"
    assert ("end" in happened.events) == (refuses != "open")
    assert not (paths.cache() / "lanes/0").exists()


def test_lanes_share_what_is_the_same_for_all_and_leave_it(machine: Path) -> None:
    programs = paths.ensure_folder(paths.cache() / "programs")
    client = paths.ensure_folder(paths.cache() / "engines/docker-client")
    (programs / "kubectl").write_text("kubectl")
    with open_lane(ENGINE) as opened:
        cache = opened.settings.cache
        assert (cache / "programs/kubectl").read_text() == "kubectl"
        assert (cache / "engines/docker-client").samefile(client)
        assert not (cache / "go").exists()
        assert not (cache / "engines/docker-data").is_symlink()
    assert (programs / "kubectl").read_text() == "kubectl"
    assert client.is_dir()


@pytest.fixture
def lane(machine: Path, happened: Happened) -> Lane:
    folder = machine / "lane"
    settings = Settings(machine, folder / "work", folder / "cache", folder / "state")
    return Lane(3, settings, happened)  # type: ignore[arg-type]


def test_environment_leads_to_the_lane_and_nowhere_else(
    lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in module.HOST_VARIABLES:
        monkeypatch.setenv(name, "of this machine")
    monkeypatch.setenv("COURSE_CACHE", "of this machine")
    monkeypatch.setenv("ANOTHER", "kept")
    found = lane.environment()
    assert set(module.HOST_VARIABLES) >= {"DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG"}
    assert not set(module.HOST_VARIABLES) & set(found)
    assert "of this machine" not in found.values()
    assert found["ANOTHER"] == "kept"
    read = Settings.from_environment(found)
    assert (read.root, read.work, read.cache, read.state) == (
        lane.settings.root,
        lane.settings.work,
        lane.settings.cache,
        lane.settings.state,
    )
    assert read.engine == ""


def test_commands_are_run_in_its_namespaces(lane: Lane) -> None:
    command = lane.build_command(["true"], Path("/folder"))
    assert command[-3:] == ["enter", "/folder", "true"]
    assert (
        command[3]
        == control_groups.GROUPS / "cpuacct" / f"course-lane{lane.number}" / "cgroup.procs"
    )


@pytest.mark.parametrize(("state", "answers"), [("running", True), ("away", False)])
def test_lane_answers_as_its_engine_does(
    lane: Lane, happened: Happened, state: str, answers: bool
) -> None:
    happened.state = state
    assert lane.answers is answers


def leave_traces(folder: Path, number: int, groups: Path) -> Path:
    """Leave what a killed lane leaves, and return its folder of sockets."""
    (folder / "cache/engines/docker-data").mkdir(parents=True)
    state = Settings(folder, folder, folder, folder / "state")
    state.runtime.mkdir()
    (state.runtime / "socket").write_text("")
    for top in (groups, groups / "pids"):
        (top / f"course-lane{number}/container/init").mkdir(parents=True)
    return state.runtime


def test_all_traces_of_a_lane_are_removed(machine: Path, groups: Path, happened: Happened) -> None:
    runtime = leave_traces(machine / "left", 7, groups)
    endpoint.daemon_folder().mkdir()
    (groups / "pids/course-lane70").mkdir()
    remove_traces(7, machine / "left")
    assert happened.events == ["disconnect 7"]
    left = (machine / "left", runtime, endpoint.daemon_folder())
    assert not any(each.exists() for each in left)
    assert [each.name for each in groups.rglob("*")] == ["pids", "course-lane70"]


def test_traces_that_are_not_there_need_not_be_removed(machine: Path) -> None:
    remove_traces(7, machine / "nobody")


def leave_note(numbers: Path, number: int, folder: str, network: str = "") -> Path:
    numbers.mkdir(exist_ok=True)
    file = numbers / str(number)
    file.write_text(f"{network or module.own_network()} {folder}" if folder else "")
    return file


def test_what_was_left_in_another_network_is_left_to_that(
    machine: Path, numbers: Path, groups: Path, happened: Happened
) -> None:
    note = leave_note(numbers, 0, str(machine / "left"), network="net:[1]")
    before = note.read_text()
    remove_left_over()
    assert happened.events == []
    with open_lane(ENGINE) as opened:
        assert opened.number == 1
    assert note.read_text() == before


def test_what_a_killed_owner_left_is_removed_when_its_number_is_taken(
    machine: Path, numbers: Path, groups: Path, happened: Happened
) -> None:
    leave_traces(machine / "left", 0, groups)
    note = leave_note(numbers, 0, str(machine / "left"))
    with open_lane(ENGINE) as opened:
        assert opened.number == 0
        assert happened.events[0] == "disconnect 0"
        assert not (machine / "left").exists()
        folder = opened.settings.cache.parent
        assert note.read_text() == f"{module.own_network()} {folder}"


@pytest.mark.usefixtures("good")
def test_what_killed_owners_left_is_removed_and_lanes_in_use_are_not(
    machine: Path, numbers: Path, groups: Path, happened: Happened
) -> None:
    for number in (2, 10):
        leave_traces(machine / str(number), number, groups)
    left = leave_note(numbers, 10, str(machine / "10"))
    in_use = leave_note(numbers, 2, str(machine / "2"))
    leave_note(numbers, 3, "")
    with in_use.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        remove_left_over()
    assert happened.events == ["disconnect 10"]
    assert not (machine / "10").exists()
    assert left.read_text() == ""
    assert (machine / "2").is_dir()
    assert in_use.read_text().endswith(f" {machine / '2'}")


@pytest.mark.usefixtures("good")
def test_machine_that_never_had_a_lane_has_nothing_left(happened: Happened) -> None:
    remove_left_over()
    assert happened.events == []


def test_user_that_has_no_lanes_removes_nothing(
    machine: Path, numbers: Path, happened: Happened, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_note(numbers, 1, str(machine / "left"))
    monkeypatch.setattr(module.os, "geteuid", lambda: 1000)
    remove_left_over()
    assert happened.events == []
