"""A file with a task definition or a service, as the AWS command line takes or prints it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.convert import model
from checker.convert.tracked_input import Object

HOW = "aws ecs describe-task-definition --task-definition NAME prints one."
HOW_SERVICE = "aws ecs describe-services --cluster CLUSTER --services NAME prints one."
LARGEST = 5_000_000
"""Bytes; ECS itself takes 64 KB."""


def read_task_definition(path: Path) -> Object:
    """Read a task definition: what register-task-definition takes, or describe prints.

    Raises:
        CourseError: It is not one.
    """
    content = load_object(path)
    if isinstance(content.get("taskDefinition"), dict):
        inner = content.pop("taskDefinition")
        content = inner | {name: value for name, value in content.items() if name == "tags"}
    if "containerDefinitions" not in content and "family" not in content:
        raise CourseError(
            f"{path} holds no task definition.",
            expected="an object with family and containerDefinitions",
            found=", ".join(sorted(map(str, content))[:8]) or "an empty object",
            next_step=HOW,
        )
    shape = model.merge_structures("RegisterTaskDefinitionRequest", "TaskDefinition")
    model.validate_value(content, shape, (), str(path))
    return content


def read_service(path: Path) -> Object:
    """Read a service: what create-service takes, or describe-services prints.

    Raises:
        CourseError: It is not one.
    """
    content = load_object(path)
    if isinstance(content.get("services"), list):
        found = content["services"]
        if len(found) != 1:
            raise CourseError(f"{path} must hold one service.", found=f"{len(found)} of them")
        content = found[0]
    elif isinstance(content.get("service"), dict):
        content = content["service"]
    shape = model.merge_structures("CreateServiceRequest", "Service")
    if not isinstance(content, dict) or not {"serviceName", "taskDefinition"} & content.keys():
        known = len(shape["members"])
        expected = f"an object with serviceName; of {known} fields that one can have"
        raise CourseError(f"{path} holds no service.", expected=expected, next_step=HOW_SERVICE)
    model.validate_value(content, shape, (), str(path))
    return content


def load_object(path: Path) -> dict[str, Any]:
    """Load an object of JSON from a file, or from standard input for `-`."""
    from_input = str(path) == "-"
    if from_input and sys.stdin is None:
        raise CourseError("- cannot be read.", found="standard input is closed")
    try:
        with sys.stdin.buffer if from_input else path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise CourseError(f"{path} cannot be read.", found=error.strerror or str(error)) from None
    if len(data) > LARGEST:
        raise CourseError(f"{path} is too large.", expected=f"at most {LARGEST} bytes")
    try:
        content = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not JSON.", found=str(error), next_step=HOW) from None
    if not isinstance(content, dict):
        message = f"{path} holds no task definition."
        raise CourseError(message, expected="an object", found=model.shorten_value(content))
    return content
