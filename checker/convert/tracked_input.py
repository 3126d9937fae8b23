"""The input as the converter walks over it: every field that is used or warned of is remembered.

That is what makes the promise hold that nothing gets lost in silence: what nobody has asked for is
found at the end (`rest`) and warned of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Note:
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
class Notes:
    """What was used and what was warned of, in the order in which it happened."""

    used: set[Path] = field(default_factory=set)
    warnings: list[Note] = field(default_factory=list)
    warned: set[Path] = field(default_factory=set)

    def warn(self, path: Path, text: str) -> None:
        warning = Note(written(path), text)
        self.warned.add(path)
        if warning not in self.warnings:
            self.warnings.append(warning)

    def covers(self, path: Path) -> bool:
        """Whether a field, or what it is part of, was used or warned of."""
        return any(
            path[:n] in self.used or path[:n] in self.warned for n in range(1, len(path) + 1)
        )


class Given:
    """A structure of the input.

    Args:
        value: Its fields, of the types that the service model wants.
        path: Where it stands.
    """

    def __init__(self, value: Object, path: Path, notes: Notes) -> None:
        self.value, self.path, self.notes = value, path, notes

    def has(self, name: str) -> bool:
        """Whether a field is there and says something."""
        return self.value.get(name) not in (None, [], {}, "")

    def take(self, name: str, default: Any = None) -> Any:
        """A field that goes into the manifests: a scalar, a list of scalars, or a map of them."""
        self.notes.used.add((*self.path, name))
        value = self.value.get(name)
        if isinstance(value, list) and any(isinstance(each, dict) for each in value):
            raise TypeError(f"{name} has structures: ask for its parts")
        return default if value is None else value

    def part(self, name: str) -> Given:
        """A structure in it, which may be empty."""
        return Given(self.value.get(name) or {}, (*self.path, name), self.notes)

    def parts(self, name: str) -> list[Given]:
        """The structures of a list in it."""
        each = enumerate(self.value.get(name) or [])
        return [Given(value, (*self.path, name, n), self.notes) for n, value in each]

    def leave(self, name: str, text: str) -> None:
        """Warn of a field that has no counterpart, if it is there."""
        if self.has(name):
            self.warn(name, text)
        else:
            self.notes.used.add((*self.path, name))

    def warn(self, name: str, text: str) -> None:
        self.notes.warn((*self.path, name) if name else self.path, text)


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of all that says something: empty lists and structures and null do not."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for n, each in enumerate(value):
            yield from leaves(each, (*path, n))
    elif value is not None:
        yield path


def rest(root: Given) -> None:
    """Warn of every field that nobody has asked for."""
    for path in leaves(root.value, root.path):
        if not root.notes.covers(path):
            root.notes.warn(path, "has no counterpart here, and was left out.")


def written(path: Path) -> str:
    """A path as people write it: containerDefinitions[0].image."""
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path)
    return text.removeprefix(".")
