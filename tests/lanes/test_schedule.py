"""Which job a lane takes next: the longest, and none that would disturb a measurement."""

from __future__ import annotations

import queue
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.lanes import schedule as module
from checker.lanes.schedule import Job, Schedule


def job(name: str, **needs: Any) -> Job:
    return Job(name, ("true",), Path("/"), **needs)


def take_all(schedule: Schedule, has_images: bool = False) -> list[str]:
    """Take jobs as one lane does: each ends before the next."""
    names = []
    while found := schedule.take(has_images):
        names.append(found.name)
        schedule.end(found)
    return names


class Watched(threading.Condition):
    """A condition that tells when somebody waits for it."""

    begun = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.begun.set()
        return super().wait(timeout)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set as soon as a lane waits in a schedule made by this test."""
    monkeypatch.setattr(Watched, "begun", threading.Event())
    monkeypatch.setattr(module, "threading", SimpleNamespace(Condition=Watched))
    return Watched.begun


class OtherLane:
    """A lane in a thread, which asks for one job."""

    def __init__(self, schedule: Schedule) -> None:
        self.taken: queue.Queue[Job | None] = queue.Queue()
        self._schedule = schedule
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        self.taken.put(self._schedule.take(has_images=False))

    def wait(self) -> Job | None:
        return self.taken.get(timeout=10)


def test_longest_comes_first() -> None:
    expected = {"short": 1.0, "long": 9.0, "middle": 5.0}
    assert take_all(Schedule(map(job, expected), expected)) == ["long", "middle", "short"]


def test_job_that_never_ran_counts_as_the_longest() -> None:
    jobs = [job(name) for name in ("short", "new", "long")]
    schedule = Schedule(jobs, {"short": 1.0, "long": 9.0, "gone": 5.0})
    assert take_all(schedule) == ["new", "long", "short"]


def test_jobs_that_never_ran_keep_their_order() -> None:
    assert take_all(Schedule(map(job, "cab"), {})) == ["c", "a", "b"]


CLUSTER_JOBS = [job("kind", wants_cluster=True), job("page"), job("kind too", wants_cluster=True)]
SECONDS = {"page": 90.0, "kind": 1.0, "kind too": 20.0}


def test_first_lane_that_can_starts_a_cluster_and_stays_with_it() -> None:
    schedule = Schedule(CLUSTER_JOBS, SECONDS)
    first = schedule.take(has_images=True)
    assert first is not None
    assert first.name == "kind too"
    second = schedule.take(has_images=True, runs_cluster=True)
    assert second is not None
    assert second.name == "kind"
    assert schedule.take(has_images=True, runs_cluster=True) is None
    assert not schedule.is_empty


def test_next_lane_does_first_what_needs_no_cluster() -> None:
    schedule = Schedule(CLUSTER_JOBS, SECONDS)
    assert schedule.take(has_images=True) is not None
    assert take_all(schedule, has_images=True) == ["page", "kind"]
    assert schedule.is_empty


MANY = [
    *(job(f"kind {number}", wants_cluster=True) for number in range(4)),
    *(job(f"page {number}") for number in range(3)),
]


def take_second(seconds_each: float, lanes: int) -> str:
    """Return what the second lane takes where cluster jobs, and all others, take so long."""
    expected = {each.name: seconds_each if each.wants_cluster else 100.0 for each in MANY}
    schedule = Schedule(MANY, expected, lanes)
    assert schedule.take(has_images=True) is not None
    found = schedule.take(has_images=True)
    assert found is not None
    return found.name


def test_one_cluster_more_is_started_where_all_ends_sooner_by_that() -> None:
    # 900 s in one cluster beside 150 s in each of two lanes; or 450 beside 300
    assert take_second(300.0, lanes=3) == "kind 1"


def test_cluster_that_would_not_pay_for_itself_is_not_started() -> None:
    assert take_second(70.0, lanes=3) == "page 0"  # 210 beside 150; or 105 beside 300


def test_last_lane_without_a_cluster_stays_without() -> None:
    assert take_second(300.0, lanes=2) == "page 0"


def test_cluster_that_ended_with_its_lane_is_started_by_another() -> None:
    schedule = Schedule(CLUSTER_JOBS, SECONDS)
    assert schedule.take(has_images=True) is not None
    schedule.end_cluster()
    found = schedule.take(has_images=True)
    assert found is not None
    assert found.name == "kind"


def test_lane_without_a_cluster_never_gets_a_cluster_job() -> None:
    jobs = [job("kind", wants_cluster=True), job("page")]
    schedule = Schedule(jobs, {"kind": 9.0, "page": 1.0})
    assert take_all(schedule) == ["page"]
    assert take_all(schedule, has_images=True) == ["kind"]


MEASURES, BUILDS, PLAIN = {"measures": True}, {"builds": True}, {}


@pytest.mark.parametrize(
    ("running", "wanted"), [(MEASURES, MEASURES), (MEASURES, BUILDS), (BUILDS, MEASURES)]
)
def test_what_would_disturb_waits_for_the_end_of_the_other(
    waits: threading.Event, running: dict[str, bool], wanted: dict[str, bool]
) -> None:
    schedule = Schedule([job("first", **running), job("second", **wanted)], {})
    first = schedule.take(has_images=False)
    assert first is not None
    other = OtherLane(schedule)
    assert waits.wait(10)
    assert other.taken.empty()
    schedule.end(first)
    second = other.wait()
    assert second is not None
    assert second.name == "second"


@pytest.mark.parametrize(
    ("running", "wanted"),
    [(BUILDS, BUILDS), (PLAIN, MEASURES), (MEASURES, PLAIN), (PLAIN, BUILDS), (PLAIN, PLAIN)],
)
def test_what_disturbs_nothing_begins_at_once(
    running: dict[str, bool], wanted: dict[str, bool]
) -> None:
    schedule = Schedule([job("first", **running), job("second", **wanted)], {})
    assert schedule.take(has_images=False) == job("first", **running)
    assert schedule.take(has_images=False) == job("second", **wanted)


def test_another_job_goes_before_one_that_must_wait() -> None:
    jobs = [job("measure", measures=True), job("build", builds=True), job("page")]
    schedule = Schedule(jobs, {"measure": 9.0, "build": 5.0, "page": 1.0})
    measure = schedule.take(has_images=False)
    page = schedule.take(has_images=False)
    assert measure is not None
    assert page is not None
    assert (measure.name, page.name) == ("measure", "page")
    schedule.end(measure)
    assert take_all(schedule) == ["build"]


def test_measurement_waits_for_every_build(waits: threading.Event) -> None:
    builds = [job(name, builds=True) for name in ("one", "two")]
    schedule = Schedule([*builds, job("measure", measures=True)], {})
    for each in builds:
        assert schedule.take(has_images=False) == each
    other = OtherLane(schedule)
    assert waits.wait(10)
    waits.clear()
    schedule.end(builds[0])
    assert waits.wait(10)
    assert other.taken.empty()
    schedule.end(builds[1])
    assert other.wait() == job("measure", measures=True)


def test_lane_that_waits_gets_none_when_another_took_the_last_job(waits: threading.Event) -> None:
    schedule = Schedule([job("one", measures=True), job("two", measures=True)], {})
    first = schedule.take(has_images=False)
    assert first is not None
    other = OtherLane(schedule)
    assert waits.wait(10)
    assert [each.name for each in schedule.take_rest()] == ["two"]
    schedule.end(first)
    assert other.wait() is None


def test_stop_lets_nothing_begin_and_ends_the_waiting(waits: threading.Event) -> None:
    schedule = Schedule([job("one", measures=True), job("two", measures=True), job("page")], {})
    assert schedule.take(has_images=False) is not None
    assert schedule.take(has_images=False) == job("page")
    other = OtherLane(schedule)
    assert waits.wait(10)
    schedule.stop()
    assert other.wait() is None
    assert schedule.take(has_images=False) is None
    assert schedule.take(has_images=True) is None


def test_what_is_under_way_is_told() -> None:
    schedule = Schedule([job("one"), job("two"), job("three")], {})
    assert schedule.describe() == ""
    assert schedule.take(has_images=False) == job("one")
    assert schedule.take(has_images=False) == job("two")
    assert schedule.describe() == "one, two"
    schedule.end(job("one"))
    assert schedule.describe() == "two"


def test_rest_is_what_waits_and_is_taken_once() -> None:
    jobs = [job("page"), job("kind", wants_cluster=True), job("kind too", wants_cluster=True)]
    schedule = Schedule(jobs, {})
    assert schedule.take(has_images=False) == job("page")
    assert [each.name for each in schedule.take_rest()] == ["kind", "kind too"]
    assert schedule.take_rest() == []
    assert schedule.take(has_images=True) is None


def test_many_lanes_run_every_job_once_and_disturb_no_measurement() -> None:
    jobs = [
        job(str(number), measures=number % 5 == 0, builds=number % 3 == 0) for number in range(60)
    ]
    schedule, lock = Schedule(jobs, {}), threading.Lock()
    running: list[Job] = []
    ran: list[str] = []
    disturbed: list[list[Job]] = []

    def serve() -> None:
        while found := schedule.take(has_images=True):
            with lock:
                running.append(found)
                loud = [each for each in running if each.measures or each.builds]
                if len(loud) > 1 and any(each.measures for each in loud):
                    disturbed.append(list(running))
            with lock:
                running.remove(found)
                ran.append(found.name)
            schedule.end(found)

    lanes = [threading.Thread(target=serve, daemon=True) for _ in range(6)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join(30)
    assert disturbed == []
    assert sorted(ran) == sorted(each.name for each in jobs)
