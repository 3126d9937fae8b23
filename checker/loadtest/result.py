"""What came of a load: counts, latencies, and the object that `--json` prints."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, astuple, dataclass, field
from functools import cached_property
from typing import Any

from checker.loadtest.plan import Plan
from checker.loadtest.sample import OK, Sample

SCHEMA = 1
ROUNDING = 1e-6
"""Of a stretch: 0.3 seconds divided by 0.1 must be 3."""

UNKNOWN = "unknown"
"""What an answer is counted under that names no version."""


@dataclass(frozen=True)
class Bucket:
    """The requests whose time to be sent was in a stretch of the load.

    Args:
        start: Seconds since the load began.
        versions: Good answers by version.
        slowest: Seconds, of the good answers.
    """

    start: float
    versions: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    slowest: float = 0.0


@dataclass(frozen=True)
class Result:
    """A load that has ended.

    Args:
        started_at: When the first request was due, in seconds since the epoch (UTC).
        cpu_seconds: What the process of the probe used.
        complete: False where it was stopped before all was sent.
    """

    plan: Plan
    started_at: float
    samples: list[Sample]
    cpu_seconds: float
    complete: bool

    @property
    def sent(self) -> int:
        return len(self.samples)

    @cached_property
    def losses(self) -> list[Sample]:
        """Every request that had no good answer, in the order of sending."""
        return [each for each in self.samples if each.outcome != OK]

    @property
    def lost(self) -> int:
        return len(self.losses)

    @cached_property
    def seconds(self) -> float:
        """From the first request's time until the last one ended."""
        return max((each.ended for each in self.samples), default=0.0)

    @property
    def sending_seconds(self) -> float:
        """How long it was sending."""
        return self.plan.seconds if self.complete else self.sent / self.plan.rate

    @property
    def lost_how(self) -> str:
        """How requests were lost, the most frequent first, such as "30 refused, 7 closed"."""
        return ", ".join(f"{n} {name}" for name, n in self.outcomes.items() if name != OK)

    @cached_property
    def outcomes(self) -> dict[str, int]:
        """How often each outcome was, the most frequent first."""
        return dict(Counter(each.outcome for each in self.samples).most_common())

    @cached_property
    def versions(self) -> dict[str, int]:
        """Good answers by version, in the order in which versions were first seen."""
        return count_versions(self.samples)

    @property
    def last_version(self) -> str:
        """Of the good answer to the request that was sent last; "" without one."""
        good = (each.version or UNKNOWN for each in reversed(self.samples) if each.outcome == OK)
        return next(good, "")

    @cached_property
    def latencies(self) -> list[float]:
        """Seconds of the good answers, from the intended time of sending, fastest first."""
        return sorted(each.latency for each in self.samples if each.outcome == OK)

    @cached_property
    def delays(self) -> list[float]:
        """How late the probe itself sent, in seconds, least first."""
        return sorted(each.sent - each.intended for each in self.samples)

    def split_load(self, width: float) -> list[Bucket]:
        """Cut the load into stretches of `width` seconds."""
        count = max(1, math.ceil(self.plan.seconds / width))
        stretches: list[list[Sample]] = [[] for _ in range(count)]
        for each in self.samples:
            number = int(each.intended / width + ROUNDING)
            stretches[min(number, len(stretches) - 1)].append(each)
        while len(stretches) > 1 and not stretches[-1]:
            stretches.pop()
        buckets = []
        for number, samples in enumerate(stretches):
            good = [each.latency for each in samples if each.outcome == OK]
            lost = len(samples) - len(good)
            slowest = max(good, default=0.0)
            buckets.append(Bucket(number * width, count_versions(samples), lost, slowest))
        return buckets

    def build_report(self, width: float = 0.5) -> dict[str, Any]:
        """Return the object of `probe --json`; docs/contributing/write-a-check.md describes it.

        Args:
            width: Seconds of one of its buckets.
        """
        return {
            "schema": SCHEMA,
            "url": self.plan.url,
            "rate": self.plan.rate,
            "planned": self.plan.count,
            "connections": "fresh" if self.plan.fresh else "kept",
            "timeout": self.plan.timeout,
            "started_at": round(self.started_at, 6),
            "seconds": round(self.seconds, 3),
            "complete": self.complete,
            "sent": self.sent,
            "lost": self.lost,
            "outcomes": self.outcomes,
            "versions": self.versions,
            "last_version": self.last_version,
            "first_loss": round(self.losses[0].intended, 3) if self.losses else None,
            "last_loss": round(self.losses[-1].intended, 3) if self.losses else None,
            "latency_ms": summarize_spread(self.latencies),
            "send_delay_ms": summarize_spread(self.delays),
            "cpu_seconds": round(self.cpu_seconds, 3),
            "bucket_seconds": width,
            "buckets": [
                {**asdict(each), "start": round(each.start, 3), "slowest": round(each.slowest, 6)}
                for each in self.split_load(width)
            ],
        }


def pick_quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value that this share of all did not exceed: nearest rank; 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def summarize_spread(ordered: Sequence[float]) -> dict[str, float] | None:
    """Return the usual quantiles of ordered seconds, in milliseconds; None of nothing."""
    if not ordered:
        return None
    named = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(pick_quantile(ordered, share) * 1000, 3) for name, share in named.items()}


def count_versions(samples: Iterable[Sample]) -> dict[str, int]:
    """Count the good answers by version."""
    return dict(Counter(each.version or UNKNOWN for each in samples if each.outcome == OK))


def pack_samples(samples: Iterable[Sample]) -> list[list[Any]]:
    """Return samples as they travel from process to process."""
    return [
        [round(each, 6) if isinstance(each, float) else each for each in astuple(sample)]
        for sample in samples
    ]


def unpack_samples(rows: Iterable[Sequence[Any]]) -> list[Sample]:
    """Return the samples that `pack_samples` packed."""
    return [Sample(*row) for row in rows]
