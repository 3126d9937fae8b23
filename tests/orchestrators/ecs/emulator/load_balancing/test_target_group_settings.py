"""Settings of a target group that AWS would refuse are named with their rule."""

from __future__ import annotations

import pytest

from checker.orchestrators.ecs.emulator.load_balancing import target_group_settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("HealthCheckIntervalSeconds", "4", "from 5 to 300"),
        ("HealthCheckIntervalSeconds", "often", "not 'often'"),
        ("HealthCheckTimeoutSeconds", "121", "from 2 to 120"),
        ("HealthyThresholdCount", "1", "from 2 to 10"),
        ("UnhealthyThresholdCount", "11", "from 2 to 10"),
        ("HealthCheckPath", "health", "must begin with"),
        ("Matcher.HttpCode", "ok", "'ok' must be within"),
        ("Matcher.HttpCode", "200-599", "must be within"),
    ],
)
def test_trouble_names_the_rule(name: str, value: str, said: str) -> None:
    assert said in target_group_settings.find_violation(
        lambda asked: value if asked == name else ""
    )


def test_good_settings_and_none_at_all_are_taken() -> None:
    good = {
        "HealthCheckIntervalSeconds": "5",
        "HealthCheckPath": "/health",
        "Matcher.HttpCode": "200,202-204",
    }
    assert target_group_settings.find_violation(lambda name: good.get(name, "")) == ""
    assert target_group_settings.find_violation(lambda _: "") == ""
