"""Settings as the engine writes them: KEY=value lists and their expectations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from checker.checks.core.failure import CheckFailed, near, shown


def environment_of(lines: Iterable[str] | None) -> dict[str, str]:
    """`["KEY=value", ...]` as a dictionary."""
    pairs = (line.partition("=") for line in lines or ())
    return {key: value for key, _, value in pairs}


def expect_entry(
    what: str, found: Mapping[str, str], key: str, value: str | None, next_step: str
) -> None:
    """`found` has KEY, and it is VALUE where one is given.

    Args:
        what: Whose entry of which kind it is, such as "web: variable".
    """
    if key not in found:
        alike = near(key, found)
        there = f"it is not set, but {', '.join(alike)}" if alike else "it is not set"
        raise CheckFailed(_entry(what, key, value), there, next_step)
    if value is not None and found[key] != value:
        raise CheckFailed(_entry(what, key, value), f"{key}={shown(found[key])}", next_step)


def _entry(what: str, key: str, value: str | None) -> str:
    return f"{what} {key}" if value is None else f"{what} {key}={value}"
