"""Names: ECS is generous with letters, Kubernetes is not."""

from __future__ import annotations

import re

from checker.base.errors import CourseError

LONGEST = 63
LONGEST_PORT = 15
LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label (RFC 1035): what every kind of object can be called."""

ENV = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
KEY = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
PATH = re.compile(r"/[^\0]*")


def make_label(text: str, longest: int = LONGEST) -> str:
    """Return the nearest name that Kubernetes takes: Order_API is order-api."""
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    plain = plain if plain[:1].isalpha() else f"x-{plain}"
    return plain[:longest].strip("-")


def find_unused_name(wanted: str, taken: set[str], longest: int = LONGEST) -> str:
    """Find a name that is not taken yet, and take it: the wanted one, or it with a number."""
    name, n = wanted, 1
    while name in taken:
        n += 1
        name = f"{wanted[: longest - len(str(n)) - 1]}-{n}"
    taken.add(name)
    return name


def require_label(text: str, what: str) -> str:
    """Return a name that a person asked for; errors say what should be called so.

    Raises:
        CourseError: Kubernetes would refuse it.
    """
    if LABEL.fullmatch(text) is None:
        raise CourseError(
            f"This is no {what} for Kubernetes.",
            expected="small letters, digits and '-', beginning with a letter, at most 63",
            found=ascii(text),
            next_step=f"Perhaps {make_label(text)}",
        )
    return text


def is_annotation_key(text: str) -> bool:
    """Tell whether a text can be the key of an annotation: example.com/team."""
    prefix, slash, name = text.rpartition("/")
    fits = not slash or (len(prefix) <= 253 and PREFIX.fullmatch(prefix) is not None)
    return fits and KEY.fullmatch(name) is not None
