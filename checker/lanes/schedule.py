"""Jobs in lanes: the longest first, and nothing that measures time beside another or a build.

Jobs that want a cluster go to a lane that runs one already, since a cluster keeps a quarter of a
core busy for as long as it is there. Another lane starts one where all ends sooner by that.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CLUSTER_SECONDS = 120.0
"""By so much sooner all must end for one cluster more: what it costs to make it, and to have it."""


@dataclass(frozen=True)
class Job:
    """A command to run in a lane.

    Args:
        name: Unique; under it the last run's time is remembered.
        argv: Program and arguments.
        folder: Where it runs.
        wants_cluster: It needs a lane that has the images of a cluster.
        measures: It measures time.
        builds: It builds images.
        env: Variables to set for it.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    wants_cluster: bool = False
    measures: bool = False
    builds: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JobResult:
    """How a job went.

    Args:
        job: The job.
        status: Its exit status; None where it did not come to an end.
        output: What it printed.
        seconds: How long it took.
        lane: Which one had it.
        worked: Processor seconds of all that ran in the lane meanwhile.
    """

    job: Job
    status: int | None
    output: str
    seconds: float
    lane: int = -1
    worked: float = 0.0


class Schedule:
    """Jobs that wait, that run and that are done; each lane takes its next one from here.

    Args:
        jobs: What is to be run.
        expected: Seconds that jobs took the last time, by their names.
        lanes: How many lanes take jobs from here.
    """

    def __init__(self, jobs: Iterable[Job], expected: Mapping[str, float], lanes: int = 1) -> None:
        unknown = max(expected.values(), default=0.0)
        every = list(jobs)
        self._seconds = {job.name: expected.get(job.name, unknown) for job in every}
        self._waiting = sorted(every, key=lambda job: -self._seconds[job.name])
        self._lanes = lanes
        self._running: list[Job] = []
        self._clusters = 0
        self._changed = threading.Condition()
        self._stopped = False

    def take(self, has_images: bool, runs_cluster: bool = False) -> Job | None:
        """Wait for a job that may begin now; None if there will be none for this lane.

        Args:
            has_images: The lane has the images of a cluster: only then it takes jobs that want one.
            runs_cluster: It runs a cluster by now, and takes nothing but such jobs.
        """
        with self._changed:
            while not self._stopped:
                mine = [job for job in self._waiting if self._fits(job, has_images, runs_cluster)]
                if not mine:
                    return None
                # the first lane that can starts the cluster; the next does what needs none
                wanted = runs_cluster or self._should_start_cluster()
                mine.sort(key=lambda job: job.wants_cluster != wanted)
                if found := next(filter(self._may_begin, mine), None):
                    self._waiting.remove(found)
                    self._running.append(found)
                    self._clusters += found.wants_cluster and not runs_cluster
                    return found
                self._changed.wait()
        return None

    def end_cluster(self) -> None:
        """Note that a lane with a cluster has ended."""
        with self._changed:
            self._clusters -= 1

    @property
    def is_empty(self) -> bool:
        """Whether no job waits."""
        with self._changed:
            return not self._waiting

    def take_rest(self) -> list[Job]:
        """Take all that wait: no lane is there for them."""
        with self._changed:
            rest, self._waiting = self._waiting, []
            return rest

    def end(self, job: Job) -> None:
        """Note that a job has ended."""
        with self._changed:
            self._running.remove(job)
            self._changed.notify_all()

    def describe(self) -> str:
        """Return what is under way."""
        with self._changed:
            return ", ".join(job.name for job in self._running)

    def stop(self) -> None:
        """Let no job begin any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _should_start_cluster(self) -> bool:
        now = self._clusters
        return not now or self._guess_rest(now + 1) + CLUSTER_SECONDS < self._guess_rest(now)

    def _guess_rest(self, clusters: int) -> float:
        """Guess how long all that waits will take, if so many lanes run a cluster."""
        in_clusters = sum(self._seconds[job.name] for job in self._waiting if job.wants_cluster)
        others = sum(self._seconds[job.name] for job in self._waiting if not job.wants_cluster)
        lanes_left = self._lanes - clusters
        if others and lanes_left < 1:
            return math.inf
        return max(in_clusters / clusters, others / lanes_left if others else 0.0)

    @staticmethod
    def _fits(job: Job, has_images: bool, runs_cluster: bool) -> bool:
        return job.wants_cluster if runs_cluster else has_images or not job.wants_cluster

    def _may_begin(self, job: Job) -> bool:
        if job.measures:
            return not any(each.measures or each.builds for each in self._running)
        return not (job.builds and any(each.measures for each in self._running))
