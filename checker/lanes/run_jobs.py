"""Runs jobs in lanes, side by side, and shows how far they are."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.settings import use_settings, with_settings
from checker.images import catalogue
from checker.lanes.engine import LaneEngine, ensure_lane_engine
from checker.lanes.lane import Lane, open_lane, remove_left_over
from checker.lanes.schedule import Job, JobResult, Schedule
from checker.lanes.store import copy_store, ensure_store
from checker.orchestrators import registry
from checker.orchestrators.kind import cluster_files

LANE_BYTES = 3 * 1024**3
"""Memory of a lane with a cluster of three nodes, and what a page runs in it."""

JOB_SECONDS = 30 * 60.0
NOT_RUN = "It was not run: "


def choose_lane_count() -> int:
    """Return how many lanes this machine can have.

    With more than one a core they only wait for each other: two lanes of a machine with two cores
    use four fifths of it, three all of it, and time-outs are missed.
    """
    room = psutil.virtual_memory().available // LANE_BYTES
    return max(1, min(os.cpu_count() or 1, room))


def run_jobs(jobs: list[Job], count: int) -> list[JobResult]:
    """Run jobs in at most `count` lanes, and return what became of each, in the order given.

    Raises:
        CouldNotFindOut: No lane can be had, or no image.
    """
    engine = ensure_lane_engine()
    remove_left_over()
    return LaneRun(jobs, count, engine).run()


class LaneRun:
    """Jobs under way in lanes, each of which is served by a thread."""

    def __init__(self, jobs: list[Job], count: int, engine: LaneEngine) -> None:
        self._jobs = jobs
        self._engine = engine
        self._wants_cluster = any(job.wants_cluster for job in jobs)
        self._count = min(count, len(jobs))
        self._schedule = Schedule(jobs, read_times(), self._count)
        self._results: dict[str, JobResult] = {}
        self._lock = threading.Lock()
        self._cluster_data: Future[Path] = Future()
        self._stopped = False

    def run(self) -> list[JobResult]:
        """Run all; Ctrl-C ends every lane at once."""
        plain, every = list_references()
        self._plain_data = ensure_store("images", plain, self._engine)
        title = f"{len(self._jobs)} jobs in {self._count} lanes"
        with console.step(title) as self._step, ThreadPoolExecutor(self._count + 1) as pool:
            try:
                if self._wants_cluster:
                    pool.submit(with_settings(self._have_cluster_images), every)
                serve = with_settings(self._serve_lane)
                lanes = [pool.submit(serve) for _ in range(self._count)]
                troubles = [str(each.exception()) for each in lanes if each.exception()]
            except BaseException:
                self._stop()
                write_times(self._results.values())
                raise
        for job in self._schedule.take_rest():
            why = troubles[0] if troubles else str(self._cluster_data.exception())
            self._note(JobResult(job, None, NOT_RUN + why, 0.0))
        if troubles and not any(each.lane >= 0 for each in self._results.values()):
            raise CouldNotFindOut("No lane can be had.", found=troubles[0])
        write_times(self._results.values())
        return [self._results[job.name] for job in self._jobs]

    def _stop(self) -> None:
        self._stopped = True
        self._schedule.stop()
        # lanes end with their first programs, whatever runs in them; and what builds images
        for child in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                child.kill()

    def _have_cluster_images(self, references: list[str]) -> None:
        try:
            self._cluster_data.set_result(
                ensure_store("cluster-images", references, self._engine, self._plain_data)
            )
        except BaseException as error:
            self._cluster_data.set_exception(error)

    def _serve_lane(self) -> None:
        """Open a lane, and another one when its engine ended or the next jobs want another."""
        goes_on = True
        while goes_on and not self._stopped:
            has_cluster = self._has_cluster_images()
            data = self._cluster_data.result() if has_cluster else self._plain_data
            with open_lane(self._engine, partial(copy_store, data)) as lane:
                try:
                    goes_on = self._run_in_lane(lane, has_cluster)
                finally:
                    keep_troubles(lane)

    def _run_in_lane(self, lane: Lane, has_cluster: bool) -> bool:
        """Run jobs in a lane as long as there are any; return whether another lane is wanted.

        Raises:
            CouldNotFindOut: Its engine ended before the first.
        """
        waits, job, runs_cluster = self._wants_cluster and not has_cluster, None, False
        try:
            while lane.answers:
                if waits and self._has_cluster_images():
                    return True
                job = self._schedule.take(has_cluster, runs_cluster)
                if job is None and runs_cluster:
                    return not self._schedule.is_empty  # what is left needs no cluster
                if job is None:
                    return waits and self._cluster_data.exception() is None  # which waits for it
                runs_cluster = runs_cluster or job.wants_cluster
                self._step.update(self._schedule.describe())
                try:
                    self._note(run_job(job, lane))
                finally:
                    self._schedule.end(job)
        finally:
            if runs_cluster:
                self._schedule.end_cluster()
        if job is None and not self._stopped:
            raise CouldNotFindOut("The engine of a lane has ended at once.")
        return not self._stopped

    def _has_cluster_images(self) -> bool:
        return self._cluster_data.done() and self._cluster_data.exception() is None

    def _note(self, result: JobResult) -> None:
        with self._lock:
            if self._stopped:
                return
            self._results[result.job.name] = result
            done = f"({len(self._results)}/{len(self._jobs)})"
            where = "not run"
            if result.lane >= 0:
                where = f"{result.worked:.0f} s of work, lane {result.lane}"
            console.err.print(f"{done} {result.job.name} ({result.seconds:.0f} s, {where})")


def keep_troubles(lane: Lane) -> None:
    """Keep what went wrong with a lane's cluster, for whoever looks for the reason of a failure."""
    with use_settings(lane.settings):
        file = cluster_files.troubles_file()
    if file.exists():
        kept = cluster_files.troubles_file()
        with (paths.ensure_folder(kept.parent) / kept.name).open("a") as target:
            target.write(file.read_text())


def run_job(job: Job, lane: Lane) -> JobResult:
    """Run a job in a lane to its end, or until JOB_SECONDS are over."""
    before = lane.group.read_seconds()
    try:
        done = process.run(
            lane.build_command(job.argv, job.folder),
            timeout=JOB_SECONDS,
            env={**lane.environment(), **job.env},
            check=False,
            on_line=lambda _: None,
        )
    except CourseError as error:
        return JobResult(job, None, str(error), JOB_SECONDS, lane.number)
    worked = lane.group.read_seconds() - before
    return JobResult(job, done.status, done.output, done.seconds, lane.number, worked)


def list_references() -> tuple[list[str], list[str]]:
    """Return the images of the catalogue: without those of clusters' machines, and all."""
    every = [image.reference for image in catalogue.load_catalogue()]
    machines = {name for each in registry.all_orchestrators() for name in each.own_images}
    return [each for each in every if each not in machines], every


def times_file() -> Path:
    """Return where it is written down how long jobs took the last time."""
    return paths.cache() / "lanes" / "times.json"


def read_times() -> dict[str, float]:
    """Return the seconds that jobs took the last time, by their names."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return dict(json.loads(times_file().read_text()))
    return {}


def write_times(results: Iterable[JobResult]) -> None:
    """Remember how long jobs took."""
    new = {each.job.name: round(each.seconds, 1) for each in results if each.lane >= 0}
    times = dict(sorted({**read_times(), **new}.items()))
    paths.write_atomically(times_file(), json.dumps(times, indent=2) + "\n")
