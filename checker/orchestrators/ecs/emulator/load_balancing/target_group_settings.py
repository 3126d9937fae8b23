"""What AWS refuses in the settings of a target group's health checks, and MiniStack takes.

Ranges: docs.aws.amazon.com, Elastic Load Balancing API reference, CreateTargetGroup. The texts say
the rule; AWS words it otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable

RANGES = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}
CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")
LEAST_CODE, MOST_CODE = 200, 499


def find_violation(parameter: Callable[[str], str]) -> str:
    """Tell why AWS would refuse; "" where it would not. A parameter that is not given is ""."""
    for name, (least, most) in RANGES.items():
        value = parameter(name)
        if value and not (value.isdigit() and least <= int(value) <= most):
            return f"{name} must be a number from {least} to {most}, not '{value}'"
    path = parameter("HealthCheckPath")
    if path and not path.startswith("/"):
        return f"Health check path '{path}' must begin with a '/' character"
    codes = parameter("Matcher.HttpCode")
    numbers = [int(each) for each in re.findall(r"\d{3}", codes)]
    in_range = all(LEAST_CODE <= each <= MOST_CODE for each in numbers)
    if codes and not (CODES.fullmatch(codes) and in_range):
        return f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive"
    return ""
