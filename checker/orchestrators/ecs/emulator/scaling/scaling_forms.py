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


def make_target(name: str) -> dict[str, Any]:
    """Make the scalable target of a service such as `service/demo/web`, without its bounds."""
    return {
        **identify_resource(name),
        "CreationTime": time.time(),
        "ScalableTargetARN": f"{ARN}:scalable-target/{uuid.uuid4().hex[:20]}",
    }


def make_policy(resource: str, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Make a policy of target tracking for a service such as `service/demo/web`."""
    arn = f"{ARN}:scalingPolicy:{uuid.uuid4()}:resource/ecs/{resource}:policyName/{name}"
    return {
        **identify_resource(resource),
        "PolicyARN": arn,
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": settings,
        "CreationTime": time.time(),
    }


def make_activity(policy: dict[str, Any], count: int, which: str) -> dict[str, Any]:
    """Make the record of a desired count that was set by a policy, for its alarm high or low."""
    alarm = f"TargetTracking-{policy['ResourceId']}-Alarm{which.title()}"
    now = time.time()
    return {
        **identify_resource(policy["ResourceId"]),
        "ActivityId": str(uuid.uuid4()),
        "Description": f"Setting desired count to {count}.",
        "Cause": f"monitor alarm {alarm} in state ALARM triggered policy {policy['PolicyName']}",
        "StartTime": now,
        "EndTime": now,
        "StatusCode": "Successful",
        "StatusMessage": f"Successfully set desired count to {count}. Change successfully "
        "fulfilled by ecs.",
    }


def read_resource(parameters: dict[str, Any]) -> str:
    """Return the ResourceId of a call.

    Raises:
        AwsError: It names no service.
    """
    name = str(parameters.get("ResourceId", ""))
    if name.count("/") != 2 or not name.startswith("service/"):
        raise make_refusal("ResourceId must be service/CLUSTER/SERVICE")
    return name


def split_resource(target: dict[str, Any]) -> tuple[str, str]:
    """Return cluster and service of a target."""
    _, cluster, service = target["ResourceId"].split("/")
    return cluster, service


def make_refusal(text: str) -> aws_api.AwsError:
    """Make the refusal of a call that does not make sense."""
    return aws_api.AwsError("ValidationException", text)


def identify_resource(name: str) -> dict[str, Any]:
    """Return the fields that name a service in targets, policies and activities."""
    return {"ServiceNamespace": "ecs", "ResourceId": name, "ScalableDimension": DIMENSION}
