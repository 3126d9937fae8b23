"""Settings as the engine writes them: KEY=value lists and their expectations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker.checks.core.failure import CheckFailed, describe_value, find_similar_names, join_names


def parse_environment(lines: Iterable[str] | None) -> dict[str, str]:
    """Parse `["KEY=value", ...]` into a dictionary."""
    pairs = (line.partition("=") for line in lines or ())
    return {key: value for key, _, value in pairs}


def expect_entry(
    what: str, found: Mapping[str, str], key: str, value: str | None, next_step: str
) -> None:
    """Expect that `found` has KEY, and that it is VALUE where one is given.

    `what` says whose entry of which kind it is, such as "web: variable".

    Raises:
        CheckFailed: It has not, or the value is another one.
    """
    expected = f"{what} {key}" if value is None else f"{what} {key}={value}"
    if key not in found:
        alike = find_similar_names(key, found)
        verb = "is" if len(alike) == 1 else "are"
        state = f"it is not set, but {join_names(alike)} {verb}" if alike else "it is not set"
        raise CheckFailed(expected, state, next_step)
    if value is not None and found[key] != value:
        raise CheckFailed(expected, f"{key}={describe_value(found[key])}", next_step)
