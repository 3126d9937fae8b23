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


def task_definition(path: Path) -> Object:
    """Read a task definition: what register-task-definition takes, or describe prints.

    Raises:
        CourseError: It is not one.
    """
    given = _load(path)
    if isinstance(given.get("taskDefinition"), dict):
        inner = given.pop("taskDefinition")
        given = inner | {name: value for name, value in given.items() if name == "tags"}
    if "containerDefinitions" not in given and "family" not in given:
        raise CourseError(
            f"{path} holds no task definition.",
            expected="an object with family and containerDefinitions",
            found=", ".join(sorted(map(str, given))[:8]) or "an empty object",
            next_step=HOW,
        )
    shape = model.merged("RegisterTaskDefinitionRequest", "TaskDefinition")
    model.judge(given, shape, (), str(path))
    return given


def service(path: Path) -> Object:
    """Read a service: what create-service takes, or describe-services prints.

    Raises:
        CourseError: It is not one.
    """
    given = _load(path)
    if isinstance(given.get("services"), list):
        found = given["services"]
        if len(found) != 1:
            raise CourseError(f"{path} must hold one service.", found=f"{len(found)} of them")
        given = found[0]
    elif isinstance(given.get("service"), dict):
        given = given["service"]
    names = model.merged("CreateServiceRequest", "Service")["members"]
    if not isinstance(given, dict) or not {"serviceName", "taskDefinition"} & given.keys():
        raise CourseError(
            f"{path} holds no service.",
            expected=f"an object with serviceName; of {len(names)} fields that one can have",
            next_step=HOW_SERVICE,
        )
    model.judge(given, model.merged("CreateServiceRequest", "Service"), (), str(path))
    return given


def _load(path: Path) -> dict[str, Any]:
    try:
        given = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not JSON.", found=str(error), next_step=HOW) from None
    if not isinstance(given, dict):
        raise CourseError(
            f"{path} holds no task definition.", expected="an object", found=model.short(given)
        )
    return given


def _text(path: Path) -> str:
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
    return data.decode("utf-8-sig")
