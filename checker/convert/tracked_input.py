"""The input as the converter walks over it: every field that is used or warned of is remembered.

That is what makes the promise hold that nothing gets lost in silence: what nobody has asked for is
found at the end (`warn_of_unused`) and warned of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class FieldWarning:
    """What has no counterpart, or one that differs.

    Args:
        path: The field, as in containerDefinitions[0].ulimits.
        text: What becomes of it, and what to do by hand.
    """

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass
class FieldUsage:
    """What was used and what was warned of, in the order in which it happened."""

    used: set[Path] = field(default_factory=set)
    warnings: list[FieldWarning] = field(default_factory=list)
    warned: set[Path] = field(default_factory=set)

    def add_warning(self, path: Path, text: str) -> None:
        """Add a warning of a field, unless there is the same already."""
        warning = FieldWarning(format_path(path), text)
        self.warned.add(path)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def is_covered(self, path: Path) -> bool:
        """Tell whether a field, or what it is part of, was used or warned of."""
        return any(
            path[:n] in self.used or path[:n] in self.warned for n in range(1, len(path) + 1)
        )


class TrackedInput:
    """A structure of the input: its fields, of the types of the service model, and its path."""

    def __init__(self, value: Object, path: Path, usage: FieldUsage) -> None:
        self.value, self.path, self.usage = value, path, usage

    def has(self, name: str) -> bool:
        """Tell whether a field is there and says something."""
        return self.value.get(name) not in (None, [], {}, "")

    def take(self, name: str, default: Any = None) -> Any:
        """Return a field that goes into the manifests: a scalar, or a list or map of scalars."""
        self.usage.used.add((*self.path, name))
        value = self.value.get(name)
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            raise TypeError(f"{name} has structures: ask for its parts")
        return default if value is None else value

    def get_part(self, name: str) -> TrackedInput:
        """Return a structure in it, which may be empty."""
        return TrackedInput(self.value.get(name) or {}, (*self.path, name), self.usage)

    def get_parts(self, name: str) -> list[TrackedInput]:
        """Return the structures of a list in it."""
        each = enumerate(self.value.get(name) or [])
        return [TrackedInput(value, (*self.path, name, n), self.usage) for n, value in each]

    def omit(self, name: str, text: str) -> None:
        """Leave out a field that has no counterpart, with a warning if it is there."""
        if self.has(name):
            self.warn(name, text)
        else:
            self.usage.used.add((*self.path, name))

    def warn(self, name: str, text: str) -> None:
        """Warn of a field; of the whole structure if the name is empty."""
        self.usage.add_warning((*self.path, name) if name else self.path, text)


def find_leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Find the paths of all that says something: empty lists and structures and null do not."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from find_leaves(each, (*path, name))
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield from find_leaves(each, (*path, n))
    elif value is not None:
        yield path


def warn_of_unused(root: TrackedInput) -> None:
    """Warn of every field that nobody has asked for."""
    for path in find_leaves(root.value, root.path):
        if not root.usage.is_covered(path):
            root.usage.add_warning(path, "has no counterpart here, and was left out.")


def format_path(path: Path) -> str:
    """Return a path as people write it: containerDefinitions[0].image."""
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    return text.removeprefix(".")
