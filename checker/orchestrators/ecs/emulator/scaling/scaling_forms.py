"""What Application Auto Scaling takes and tells: targets, policies and activities of services.

Shapes: docs.aws.amazon.com, Application Auto Scaling API reference.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from checker.orchestrators.ecs import aws_api, aws_settings

DIMENSION = "ecs:service:DesiredCount"
ARN = f"arn:aws:autoscaling:{aws_settings.REGION}:{aws_settings.ACCOUNT}"


def target(name: str) -> dict[str, Any]:
    """A new scalable target, still without its bounds.

    Args:
        name: As in `service/demo/web`.
    """
    return {
        **_of(name),
        "CreationTime": time.time(),
        "ScalableTargetARN": f"{ARN}:scalable-target/{uuid.uuid4().hex[:20]}",
    }


def policy(resource: str, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """A new policy of target tracking.

    Args:
        resource: As in `service/demo/web`.
        name: The policy's.
        settings: Its configuration, as it was given.
    """
    arn = f"{ARN}:scalingPolicy:{uuid.uuid4()}:resource/ecs/{resource}:policyName/{name}"
    return {
        **_of(resource),
        "PolicyARN": arn,
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": settings,
        "CreationTime": time.time(),
    }


def activity(policy: dict[str, Any], count: int, which: str) -> dict[str, Any]:
    """A count that was set.

    Args:
        policy: On whose behalf.
        count: The desired count from now on.
        which: The alarm, `high` or `low`.
    """
    alarm = f"TargetTracking-{policy['ResourceId']}-Alarm{which.title()}"
    now = time.time()
    return {
        **_of(policy["ResourceId"]),
        "ActivityId": str(uuid.uuid4()),
        "Description": f"Setting desired count to {count}.",
        "Cause": f"monitor alarm {alarm} in state ALARM triggered policy {policy['PolicyName']}",
        "StartTime": now,
        "EndTime": now,
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {count}. Change successfully "
        "fulfilled by ecs.",
    }


def resource(given: dict[str, Any]) -> str:
    """The ResourceId of a call.

    Raises:
        Refused: It names no service.
    """
    name = str(given.get("ResourceId", ""))
    if name.count("/") != 2 or not name.startswith("service/"):
        raise invalid("ResourceId must be service/CLUSTER/SERVICE")
    return name


def names(target: dict[str, Any]) -> tuple[str, str]:
    """Cluster and service of a target."""
    _, cluster, service = target["ResourceId"].split("/")
    return cluster, service


def invalid(text: str) -> aws_api.Refused:
    """A call that does not make sense."""
    return aws_api.Refused("ValidationException", text)


def _of(name: str) -> dict[str, Any]:
    return {"ServiceNamespace": "ecs", "ResourceId": name, "ScalableDimension": DIMENSION}
