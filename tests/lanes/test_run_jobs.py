"""Jobs in lanes that are faked: what becomes of each, whatever becomes of its lane."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed
from checker.base.settings import Settings
from checker.lanes import run_jobs as module
from checker.lanes.engine import LaneEngine
from checker.lanes.run_jobs import choose_lane_count, list_references, read_times, run_jobs
from checker.lanes.schedule import Job, JobResult
from checker.orchestrators.kind import cluster_files
from tests.engine_fakes import Programs

ENGINE = LaneEngine("/usr/bin/dockerd", "/usr/bin")


class FakeLane:
    """A lane that runs its programs on this machine; a program may end its engine."""

    def __init__(self, number: int, folder: Path, lanes: Lanes) -> None:
        self.number = number
        self.answers = True
        self.settings = Settings(folder, folder / "work", folder / "cache", folder / "state")
        self.group = SimpleNamespace(read_seconds=lambda: float(len(lanes.called)))
        self._lanes = lanes

    def build_command(self, argv: Sequence[str | Path], folder: Path) -> list[str | Path]:
        self._lanes.called.append((str(argv[0]), self.number, folder))
        self._lanes.programs.get(str(argv[0]), lambda _: None)(self)
        return ["in-lane", *argv]

    def environment(self) -> dict[str, str]:
        return {"LANE": str(self.number), "SAYS": "the lane"}


class Lanes:
    """Stands in for all that opens lanes and gets images; records what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made_ready: list[str] = []
        self.copied: list[str] = []
        """The store of each lane, in the order in which they were opened."""
        self.ended: list[int] = []
        self.called: list[tuple[str, int, Path]] = []
        self.refuses: Callable[[int], bool] = lambda number: False
        self.programs: dict[str, Callable[[FakeLane], None]] = {}
        self.stores: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def ensure_store(
        self,
        name: str,
        references: list[str],
        engine: LaneEngine,
        start_from: Path | None = None,
    ) -> Path:
        assert engine == ENGINE
        self.made_ready.append(f"{name} from {start_from.name}" if start_from else name)
        self.stores.get(name, lambda: None)()
        return self.folder / name

    def ensure_lane_engine(self) -> LaneEngine:
        self.made_ready.append("docker")
        return ENGINE

    def copy_store(self, data: Path, target: Path) -> None:
        self.copied.append(data.name)

    @contextlib.contextmanager
    def open_lane(self, engine: LaneEngine, prepare: Callable[[Path], None]) -> Iterator[FakeLane]:
        with self._lock:
            number = len(self.copied)
            prepare(self.folder / "target")
        if self.refuses(number):
            raise CouldNotFindOut("A lane's engine does not answer.", found="no space left")
        try:
            yield FakeLane(number, self.folder / str(number), self)
        finally:
            self.ended.append(number)


@pytest.fixture
def lanes(machine: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Lanes:
    fake = Lanes(machine)
    monkeypatch.setattr(module, "open_lane", fake.open_lane)
    monkeypatch.setattr(module, "ensure_store", fake.ensure_store)
    monkeypatch.setattr(module, "copy_store", fake.copy_store)
    monkeypatch.setattr(module, "remove_left_over", lambda: fake.made_ready.append("clean"))
    monkeypatch.setattr(module, "ensure_lane_engine", fake.ensure_lane_engine)
    return fake


def job(name: str, **options: Any) -> Job:
    return Job(name, (name,), Path("/folder"), **options)


def kind(name: str) -> Job:
    return job(name, wants_cluster=True)


def outcomes(results: list[JobResult]) -> list[tuple[str, int | None]]:
    return [(each.job.name, each.status) for each in results]


def test_results_are_in_the_order_given(lanes: Lanes, programs: Programs, capsys) -> None:
    programs.answers = {"in-lane b": (3, "wrong\n"), "in-lane c": (0, "good\n")}
    module.write_times([JobResult(job("c"), 0, "", 9.0, 0), JobResult(job("a"), 0, "", 1.0, 0)])
    results = run_jobs([job("a"), job("b"), job("c")], 2)
    assert outcomes(results) == [("a", 0), ("b", 3), ("c", 0)]
    assert [each.output for each in results] == ["", "wrong\n", "good\n"]
    assert {each.lane for each in results} <= {0, 1}
    assert sorted(lanes.ended) == list(range(len(lanes.copied)))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in lines if "/3)" in line] == ["(1/3)", "(2/3)", "(3/3)"]


def test_machine_is_made_ready_before_any_lane(lanes: Lanes) -> None:
    run_jobs([job("a")], 2)
    assert lanes.made_ready == ["docker", "clean", "images"]
    assert lanes.copied == ["images"]


def test_job_has_its_folder_and_its_own_variables_in_the_lane(
    lanes: Lanes, programs: Programs
) -> None:
    run_jobs([job("a", env={"SAYS": "the job"})], 1)
    assert lanes.called == [("a", 0, Path("/folder"))]
    assert programs.environments == [{"LANE": "0", "SAYS": "the job"}]


def test_work_of_a_job_is_what_its_lane_worked_meanwhile(lanes: Lanes, capsys) -> None:
    (result,) = run_jobs([job("a")], 1)  # the counter of the fake counts calls
    assert result.worked == 1.0
    assert "(1/1) a (0 s, 1 s of work, lane 0)" in capsys.readouterr().err


def test_no_more_lanes_than_jobs_are_opened(lanes: Lanes) -> None:
    run_jobs([job("a"), job("b")], 9)
    assert len(lanes.copied) == 2


def test_times_are_remembered_for_the_next_run(lanes: Lanes, monkeypatch) -> None:
    assert read_times() == {}
    run_jobs([job("a"), job("b")], 1)
    assert set(read_times()) == {"a", "b"}
    seconds = {"b": 3.25, "c": 1.0}
    module.write_times([JobResult(job(name), 0, "", each, 0) for name, each in seconds.items()])
    assert read_times() == {"a": 0.0, "b": 3.2, "c": 1.0}


def test_remembered_times_set_the_order(lanes: Lanes) -> None:
    seconds = {"a": 1.0, "b": 5.0, "c": 9.0}
    module.write_times([JobResult(job(name), 0, "", each, 0) for name, each in seconds.items()])
    results = run_jobs(list(map(job, "abc")), 1)
    assert [name for name, _, _ in lanes.called] == ["c", "b", "a"]
    assert [each.job.name for each in results] == ["a", "b", "c"]


@pytest.mark.parametrize("text", ["", "{"])
def test_times_that_cannot_be_read_are_forgotten(lanes: Lanes, text: str) -> None:
    paths.write_atomically(module.times_file(), text)
    assert outcomes(run_jobs([job("a")], 1)) == [("a", 0)]
    assert set(read_times()) == {"a"}


def die(lane: FakeLane) -> None:
    lane.answers = False


def test_lane_whose_engine_is_gone_is_replaced_and_others_go_on(
    lanes: Lanes, programs: Programs
) -> None:
    lanes.programs = {"deadly": die}
    programs.answers = {"in-lane deadly": (1, "the engine is gone\n")}
    results = run_jobs([job("deadly"), job("a"), job("b")], 1)
    assert [(each.job.name, each.status, each.lane) for each in results] == [
        ("deadly", 1, 0),
        ("a", 0, 1),
        ("b", 0, 1),
    ]
    assert lanes.ended == [0, 1]


def test_job_that_takes_too_long_has_no_status_and_stops_no_other(
    lanes: Lanes, programs: Programs
) -> None:
    programs.answers = {"in-lane slow": CommandFailed("nsenter took longer than 1800 s.")}
    slow, other = run_jobs([job("slow"), job("other")], 1)
    assert (slow.status, slow.output) == (None, "nsenter took longer than 1800 s.")
    assert (slow.seconds, slow.lane) == (module.JOB_SECONDS, 0)
    assert other.status == 0
    assert read_times()["slow"] == module.JOB_SECONDS


def test_job_may_take_only_so_long(lanes: Lanes, monkeypatch) -> None:
    given: list[float] = []

    def run(argv: list[str], *, timeout: float, **options: Any) -> Any:
        given.append(timeout)
        return SimpleNamespace(status=0, output="", seconds=0.0)

    monkeypatch.setattr(module.process, "run", run)
    run_jobs([job("a")], 1)
    assert given == [module.JOB_SECONDS]


def test_cluster_jobs_begin_when_their_images_are_there_and_others_before(lanes: Lanes) -> None:
    ran = threading.Event()

    def wait() -> None:
        assert ran.wait(10)

    lanes.stores = {"cluster-images": wait}
    lanes.programs = {"page": lambda lane: ran.set()}
    results = run_jobs([kind("kind"), job("page")], 1)
    assert outcomes(results) == [("kind", 0), ("page", 0)]
    assert lanes.copied == ["images", "cluster-images"]
    assert [(name, number) for name, number, _ in lanes.called] == [("page", 0), ("kind", 1)]
    assert lanes.made_ready[-1] == "cluster-images from images"


def test_without_cluster_images_those_jobs_are_not_run_and_others_are(lanes: Lanes, capsys) -> None:
    def fail() -> None:
        raise CouldNotFindOut("The node's image cannot be built.")

    lanes.stores = {"cluster-images": fail}
    results = run_jobs([kind("kind"), job("page"), kind("kind too")], 3)
    assert outcomes(results) == [("kind", None), ("page", 0), ("kind too", None)]
    why = "It was not run: The node's image cannot be built."
    assert [results[0].output, results[2].output] == [why, why]
    assert (results[0].lane, results[0].seconds) == (-1, 0.0)
    assert set(read_times()) == {"page"}
    assert "kind (0 s, not run)" in capsys.readouterr().err


def test_jobs_without_a_cluster_wait_for_no_cluster_images(lanes: Lanes) -> None:
    run_jobs([job("a")], 1)
    assert "cluster-images from images" not in lanes.made_ready


def test_without_any_lane_it_is_an_error_that_says_why(lanes: Lanes) -> None:
    lanes.refuses = lambda number: True
    with pytest.raises(CouldNotFindOut, match="No lane can be had") as caught:
        run_jobs([job("a"), job("b")], 2)
    assert "A lane's engine does not answer" in caught.value.found
    assert "no space left" in caught.value.found
    assert read_times() == {}


def test_without_images_it_is_an_error(lanes: Lanes) -> None:
    def fail() -> None:
        raise CouldNotFindOut("No image.")

    lanes.stores = {"images": fail}
    with pytest.raises(CouldNotFindOut, match="No image"):
        run_jobs([job("a")], 2)
    assert lanes.copied == []


def test_one_lane_does_all_where_the_other_cannot_be_had(lanes: Lanes) -> None:
    lanes.refuses = lambda number: number == 0
    results = run_jobs(list(map(job, "abc")), 2)
    assert [(each.status, each.lane) for each in results] == [(0, 1)] * 3


def test_lane_that_cannot_be_had_again_leaves_the_rest_not_run_with_its_reason(
    lanes: Lanes,
) -> None:
    lanes.programs = {"deadly": die}
    lanes.refuses = lambda number: number > 0
    deadly, other = run_jobs([job("deadly"), job("other")], 1)
    assert deadly.status == 0
    assert (other.status, other.lane) == (None, -1)
    assert other.output.startswith("It was not run: A lane's engine does not answer.")


def test_no_jobs_have_no_results(lanes: Lanes) -> None:
    assert run_jobs([], 3) == []
    assert lanes.copied == []


def test_interrupt_ends_all_and_begins_nothing_more(lanes: Lanes, monkeypatch) -> None:
    killed, begun = threading.Event(), threading.Event()

    class Pool(ThreadPoolExecutor):
        def submit(self, *args: Any, **options: Any) -> Any:
            super().submit(*args, **options)
            assert begun.wait(10)
            raise KeyboardInterrupt

    child = SimpleNamespace(kill=killed.set)
    own = SimpleNamespace(children=lambda recursive: [child])
    monkeypatch.setattr(module.psutil, "Process", lambda: own)
    monkeypatch.setattr(module, "ThreadPoolExecutor", Pool)

    def run_until_killed(lane: FakeLane) -> None:
        begun.set()
        assert killed.wait(10)

    lanes.programs = {"first": run_until_killed}
    with pytest.raises(KeyboardInterrupt):
        run_jobs([job("first"), job("second")], 1)
    assert [name for name, _, _ in lanes.called] == ["first"]
    assert lanes.ended == [0]
    assert read_times() == {}


def test_troubles_of_a_lane_s_cluster_are_kept(lanes: Lanes) -> None:
    def fall_ill(lane: FakeLane) -> None:
        with module.use_settings(lane.settings):
            cluster_files.record_trouble(f"no kube-proxy in {lane.number}")

    lanes.programs = {"kind": fall_ill}
    cluster_files.record_trouble("of yesterday")
    run_jobs([kind("kind"), job("page")], 1)
    kept = cluster_files.troubles_file().read_text()
    assert kept.count("no kube-proxy") == 1
    assert kept.index("of yesterday") < kept.index("no kube-proxy")


def test_images_of_machines_are_for_clusters_alone() -> None:
    plain, every = list_references()
    assert set(every) - set(plain) == {name for name in every if name.startswith("kindest/")}
    assert "debian:trixie-slim" in plain


@pytest.mark.parametrize(
    ("cores", "gigabytes", "count"),
    [(2, 24, 2), (8, 24, 8), (8, 20, 6), (4, 7, 2), (2, 1, 1), (None, 64, 1)],
)
def test_lanes_are_as_many_as_cores_where_memory_suffices(
    monkeypatch, cores: int | None, gigabytes: int, count: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    memory = SimpleNamespace(available=gigabytes * 1024**3 + 1)
    monkeypatch.setattr(module.psutil, "virtual_memory", lambda: memory)
    assert choose_lane_count() == count
