"""What the emulator and the checks both know of health checks of target groups."""

from __future__ import annotations

FASTER = 5.0
"""Intervals and grace periods of health checks are that many times shorter here than on AWS."""


def matches_status(status: int, matcher: str) -> bool:
    """Tell whether a status is among those of a matcher, such as `200`, `200,202` or `200-299`."""
    parts = [part.strip().partition("-") for part in matcher.split(",")]
    return any(int(least) <= status <= int(most or least) for least, _, most in parts)
