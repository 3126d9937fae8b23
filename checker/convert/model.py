"""What ECS takes: the fields, their types and their values, from botocore's own service model."""

from __future__ import annotations

import difflib
import functools
from typing import Any

from checker.base.errors import CourseError
from checker.convert.tracked_input import Path, written

Shape = dict[str, Any]
MOST = 2**31 - 1
"""An Integer of the service model has 32 bits."""

WORDS: dict[str, str] = {
    "structure": "an object",
    "map": "an object",
    "list": "a list",
    "string": "a text",
}
WORDS |= {"integer": "a whole number", "boolean": "true or false", "double": "a number"}
TYPES: dict[str, type | tuple[type, ...]] = {"structure": dict, "map": dict, "list": list}
TYPES |= {"string": str, "integer": int, "long": int, "boolean": bool, "double": (int, float)}


@functools.cache
def shapes() -> dict[str, Shape]:
    """All shapes of the API of ECS (botocore, data/ecs/*/service-2.json)."""
    from botocore.loaders import Loader  # type: ignore[import-untyped]

    return dict(Loader().load_service_model("ecs", "service-2")["shapes"])


def merged(*names: str) -> Shape:
    """One structure with the members of several; the first has the say."""
    members: Shape = {}
    for name in reversed(names):
        members |= shapes()[name]["members"]
    return {"type": "structure", "members": members}


def judge(value: Any, shape: Shape, path: Path, file: str) -> None:
    """Whether a value is one of a shape, with all that is in it.

    Raises:
        CourseError: It is not; names the field.
    """
    kind = shape["type"]
    if kind in TYPES:
        _judge_type(value, shape, path, file)
    if kind == "structure":
        _judge_structure(value, shape, path, file)
    elif kind == "list":
        for n, each in enumerate(value):
            judge(each, shapes()[shape["member"]["shape"]], (*path, n), file)
    elif kind == "map":
        for name, each in value.items():
            judge(each, shapes()[shape["value"]["shape"]], (*path, name), file)


def _judge_type(value: Any, shape: Shape, path: Path, file: str) -> None:
    kind = shape["type"]
    wanted = shape.get("enum")
    good = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not good or (wanted and value not in wanted):
        raise CourseError(
            f"{file}: {written(path) or 'the whole'} is of the wrong kind.",
            expected=f"one of {', '.join(wanted)}" if wanted else WORDS[kind],
            found=short(value),
        )
    if kind == "integer" and abs(value) > MOST:
        raise CourseError(
            f"{file}: {written(path)} is out of reach.",
            expected=f"at most {MOST}",
            found=short(value),
        )


def _judge_structure(value: Shape, shape: Shape, path: Path, file: str) -> None:
    members = shape["members"]
    for name, each in value.items():
        if name not in members:
            raise unknown(name, members, path, file)
        if each is not None:
            judge(each, shapes()[members[name]["shape"]], (*path, name), file)


def unknown(name: str, members: Shape, path: Path, file: str) -> CourseError:
    """The error for a field that ECS does not know, with the nearest one that it does."""
    lower = {each.lower(): each for each in members}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return CourseError(
        f"{file}: unknown field {written((*path, name))!r}.",
        expected=f"{lower[near[0]]}, perhaps" if near else f"one of {', '.join(sorted(members))}",
        found=name,
        next_step="Field names are those of `aws ecs register-task-definition`, with small first "
        "letters.",
    )


def short(value: Any, most: int = 80) -> str:
    """A value as Python writes it, not too long."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
