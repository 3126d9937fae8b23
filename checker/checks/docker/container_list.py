"""Several containers that have something in common, and what can be expected of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.docker.containers import Container


class Containers:
    """Containers that have something in common: `what` says what."""

    def __init__(self, what: str, found: Iterable[Container]) -> None:
        self.what = what
        self._found = sorted(found, key=lambda each: each.name)

    def __iter__(self) -> Iterator[Container]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def names(self) -> list[str]:
        return [each.name for each in self._found]

    def expect_names(self, expected: Iterable[str], *, next_step: str = "") -> Containers:
        """Expect these and no others, in any order."""
        wanted = sorted(expected)
        more = [name for name in self.names if name not in wanted]
        missing = [name for name in wanted if name not in self.names]
        listing, removal = "docker container ls -a shows what there is", "docker rm -f removes one"
        steps = [f"Missing: {join_names(missing)}; {listing}."] if missing else []
        steps += [f"Too many: {join_names(more)}; {removal}."] if more else []
        if steps:
            step = next_step or " ".join(steps)
            raise CheckFailed(f"{self.what}: {join_names(wanted)}", join_names(self.names), step)
        return self

    def expect_count(self, expected: int, *, next_step: str = "") -> Containers:
        """Expect this number of them."""
        if len(self) != expected:
            what = f"{self.what}: {expected}"
            step = next_step or "See them: docker container ls -a"
            raise CheckFailed(what, f"{len(self)} ({join_names(self.names)})", step)
        return self
