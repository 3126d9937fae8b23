"""What ECS takes: the fields, their types and their values, from botocore's own service model."""

from __future__ import annotations

import difflib
import functools
from typing import Any

from checker.base.errors import CourseError
from checker.convert.tracked_input import Path, format_path

Shape = dict[str, Any]
LARGEST_INTEGER = 2**31 - 1
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
def load_shapes() -> dict[str, Shape]:
    """Load all shapes of the API of ECS (botocore, data/ecs/*/service-2.json)."""
    from botocore.loaders import Loader  # type: ignore[import-untyped]

    return dict(Loader().load_service_model("ecs", "service-2")["shapes"])


def merge_structures(*names: str) -> Shape:
    """Merge the members of several structures into one; the first has the say."""
    members: Shape = {}
    for name in reversed(names):
        members |= load_shapes()[name]["members"]
    return {"type": "structure", "members": members}


def validate_value(value: Any, shape: Shape, path: Path, file: str) -> None:
    """Validate a value against a shape, with all that is in it; errors name file and path.

    Raises:
        CourseError: It does not fit; names the field.
    """
    kind = shape["type"]
    if kind in TYPES:
        _validate_type(value, shape, path, file)
    if kind == "structure":
        members = shape["members"]
        for name, each in value.items():
            if name not in members:
                raise explain_unknown_field(name, members, path, file)
            # null says as much as leaving the field out.
            if each is not None:
                validate_value(each, load_shapes()[members[name]["shape"]], (*path, name), file)
    elif kind == "list":
        for n, each in enumerate(value):
            validate_value(each, load_shapes()[shape["member"]["shape"]], (*path, n), file)
    elif kind == "map":
        for name, each in value.items():
            validate_value(each, load_shapes()[shape["value"]["shape"]], (*path, name), file)


def _validate_type(value: Any, shape: Shape, path: Path, file: str) -> None:
    kind = shape["type"]
    wanted = shape.get("enum")
    fits = isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not fits or (wanted and value not in wanted):
        message = f"{file}: {format_path(path) or 'the whole'} is of the wrong kind."
        expected = f"one of {', '.join(wanted)}" if wanted else WORDS[kind]
        raise CourseError(message, expected=expected, found=shorten_value(value))
    if kind == "integer" and abs(value) > LARGEST_INTEGER:
        message = f"{file}: {format_path(path)} is out of reach."
        found = shorten_value(value)
        raise CourseError(message, expected=f"at most {LARGEST_INTEGER}", found=found)


def explain_unknown_field(name: str, members: Shape, path: Path, file: str) -> CourseError:
    """Return the error for a field that ECS does not know, with the nearest one that it does."""
    lower = {each.lower(): each for each in members}
    near = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return CourseError(
        f"{file}: unknown field {format_path((*path, name))!r}.",
        expected=f"{lower[near[0]]}, perhaps" if near else f"one of {', '.join(sorted(members))}",
        found=name,
        next_step="Field names are those of `aws ecs register-task-definition`, with small first "
        "letters.",
    )


def shorten_value(value: Any, most: int = 80) -> str:
    """Return a value as Python writes it, cut to a length in characters."""
    text = ascii(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."
