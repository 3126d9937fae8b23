"""Lanes on the real machine: apart from each other and the learner's engine, and gone after."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import psutil
import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import use_settings
from checker.base.verdict import Verdict
from checker.devtools.prove import prove_in_lanes
from checker.docker import connection, docker_engine, endpoint
from checker.images import catalogue
from checker.labs.lab import load_lab
from checker.lanes import network
from checker.lanes.engine import ensure_lane_engine
from checker.lanes.lane import NUMBERS, Lane, open_lane, remove_left_over
from checker.lanes.run_jobs import run_jobs
from checker.lanes.schedule import Job
from checker.lanes.store import copy_store, ensure_store
from tests.live.commands import until

pytestmark = pytest.mark.live

IMAGE = "busybox:1.37"
OWNER = """
import sys, time
from checker.lanes.engine import ensure_lane_engine
from checker.lanes.lane import open_lane
with open_lane(ensure_lane_engine()) as lane:
    print(lane.number, lane.namespaces.first, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def prepare() -> Callable[[Path], None]:
    """Put one small image into a lane."""
    docker_engine.ensure_engine()
    return partial(copy_store, ensure_store("lanes-test", [IMAGE], ensure_lane_engine()))


@pytest.fixture
def lane(prepare: Callable[[Path], None]) -> Iterator[Lane]:
    with open_lane(ensure_lane_engine(), prepare) as made:
        yield made


def docker(lane: Lane, *words: str, check: bool = True) -> str:
    with use_settings(lane.settings):
        return connection.run_docker(*words, timeout=60, check=check).output.strip()


def run(lane: Lane, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        lane.build_command(argv), env=lane.environment(), capture_output=True, text=True, timeout=60
    )


def traces(number: int, folder: Path) -> list[str]:
    """What is left of a lane on this machine."""
    groups = [str(each) for each in Path("/sys/fs/cgroup").glob(f"**/course-lane{number}")]
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    left = [str(folder)] if folder.exists() else []
    return [*groups, *mounts, *left, *(["network"] if number in network.find_left() else [])]


def test_names_ports_and_containers_are_the_lanes_own(lane: Lane, prepare) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        open_lane(ensure_lane_engine(), prepare) as other,
    ):
        port = taken.getsockname()[1]
        serve = ("sh", "-c", f"echo $(hostname) > index.html; httpd -f -p {port}")
        for each, name in ((lane, "one"), (other, "two")):
            publish = f"127.0.0.1:{port}:{port}"
            run_it = ("run", "--detach", "--name", "suspect", "--hostname", name)
            docker(each, *run_it, "--publish", publish, IMAGE, *serve)
        found = {}
        for each in (lane, other):
            fetch = ("curl", "--silent", "--fail", f"http://127.0.0.1:{port}")
            until(lambda each=each, fetch=fetch: run(each, *fetch).returncode == 0)
            found[each.number] = run(each, *fetch).stdout.strip()
        assert found == {lane.number: "one", other.number: "two"}
    assert docker(lane, "ps", "--format", "{{.Names}}") == "suspect"
    own = connection.run_docker("ps", "--all", "--format", "{{.Names}}", timeout=60).output
    assert "suspect" not in own.split()


def test_processes_of_a_lane_see_its_processes_alone(lane: Lane) -> None:
    name = docker(lane, "run", "--detach", IMAGE, "sleep", "600")
    inside = int(docker(lane, "inspect", "--format", "{{.State.Pid}}", name))
    assert run(lane, "cat", f"/proc/{inside}/comm").stdout == "sleep\n"
    for kind in ("pid", "net", "mnt"):
        own = str(Path(f"/proc/self/ns/{kind}").readlink())
        assert run(lane, "readlink", f"/proc/self/ns/{kind}").stdout.strip() not in ("", own)
    links = [line.split("@")[0] for line in run(lane, "ip", "-brief", "link").stdout.splitlines()]
    assert links.count("eth0") == 1


def test_process_whose_parent_has_ended_does_not_stay_as_a_zombie(lane: Lane) -> None:
    first = psutil.Process(lane.namespaces.first)
    before = {each.pid for each in first.children()}
    run(lane, "sh", "-c", "setsid sleep 0.5 & exit")  # it waits for what they print
    until(lambda: {each.pid for each in first.children()} == before)


def test_a_lane_reaches_what_this_machine_reaches(lane: Lane) -> None:
    outside, _ = network.addresses(lane.number)
    with socket.create_server((outside, 0)) as server:
        server.settimeout(20)
        port = str(server.getsockname()[1])
        docker(lane, "run", "--detach", IMAGE, "nc", "-w", "20", outside, port)
        server.accept()[0].close()


def test_nothing_is_left_of_a_lane(prepare) -> None:
    with open_lane(ensure_lane_engine(), prepare) as lane:
        docker(lane, "run", "--detach", "--volume", "kept:/data", IMAGE, "sleep", "600")
        folder = lane.settings.cache.parent
        with use_settings(lane.settings):
            run_folder = endpoint.daemon_folder()
        assert traces(lane.number, folder)
    until(lambda: not psutil.pid_exists(lane.namespaces.first))
    assert traces(lane.number, folder) == []
    assert not run_folder.exists()


def test_a_killed_owner_takes_its_lane_with_it(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-P", "-c", OWNER],
        env={**os.environ, "PYTHONPATH": str(paths.root())},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout
    number, first = map(int, owner.stdout.readline().split())
    inside = psutil.Process(first).children(recursive=True)
    assert any(each.name() == "dockerd" for each in inside)
    folder = Path((NUMBERS / str(number)).read_text().partition(" ")[2])
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    until(lambda: not any(each.is_running() for each in inside))
    assert folder.exists()
    remove_left_over()
    assert traces(number, folder) == []


def test_a_lane_whose_engine_is_killed_is_known_and_ends(prepare) -> None:
    with open_lane(ensure_lane_engine(), prepare) as lane:
        assert lane.answers
        inside = psutil.Process(lane.namespaces.first).children(recursive=True)
        next(each for each in inside if each.name() == "dockerd").kill()
        until(lambda: not lane.answers)
    assert traces(lane.number, lane.settings.cache.parent) == []


def test_what_a_lane_removes_stays_in_the_store(prepare) -> None:
    with open_lane(ensure_lane_engine(), prepare) as lane:
        docker(lane, "rmi", "--force", IMAGE, "busybox:latest", "debian:trixie-slim", check=False)
        docker(lane, "system", "prune", "--all", "--force", "--volumes")
        assert docker(lane, "images", "--quiet") == ""
    with open_lane(ensure_lane_engine(), prepare) as other:
        assert docker(other, "run", "--rm", IMAGE, "echo", "there") == "there"


def test_a_lane_that_cannot_be_had_says_why(monkeypatch) -> None:
    engine = replace(ensure_lane_engine(), dockerd="false")
    monkeypatch.setattr("checker.lanes.lane.START_SECONDS", 1.0)
    with pytest.raises(CouldNotFindOut, match="engine does not answer"), open_lane(engine):
        pass
    assert network.find_left() == set()


def test_a_learner_at_work_is_neither_used_nor_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = load_lab("docker/image-and-container")
    texts = [lab.source, lab.folder / "checks.py", *(lab.folder / "wrong").iterdir()]
    images = catalogue.find_mentioned("\n".join(each.read_text() for each in texts))
    names = [each.reference for each in catalogue.add_bases(images)]
    monkeypatch.setattr("checker.lanes.run_jobs.list_references", lambda: (names, names))
    docker_engine.ensure_engine()
    own = partial(connection.run_docker, timeout=60)
    own("run", "--detach", "--name", "suspect", IMAGE, "sleep", "600")
    try:
        with socket.create_server(("127.0.0.1", 8888)):
            _, (result,) = prove_in_lanes([], [lab], False, 1)
        assert result.problems == []
        assert result.verdict == Verdict.PASSED
        running = own("ps", "--filter", "name=suspect", "--format", "{{.State}}")
        assert running.output.strip() == "running"
    finally:
        own("rm", "--force", "suspect")


def test_jobs_go_on_when_the_engine_of_one_is_killed(monkeypatch) -> None:
    monkeypatch.setattr("checker.lanes.run_jobs.list_references", lambda: ([IMAGE], [IMAGE]))
    say = "from checker.docker.connection import engine_status as s; print(s().running)"
    kill = "import psutil\nfor p in psutil.process_iter():\n    p.name() == 'dockerd' and p.kill()"
    scripts = {"kills": kill, **{f"asks-{number}": say for number in range(4)}}
    env = {"PYTHONPATH": str(paths.root())}
    jobs = [
        Job(name, (sys.executable, "-P", "-c", script), Path("/"), env=env)
        for name, script in scripts.items()
    ]
    done = run_jobs(jobs, 2)
    assert [each.job.name for each in done] == list(scripts)
    assert [each.output for each in done[1:]] == ["True\n"] * 4
